using System.Text.Json.Nodes;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.BadInput;

/// <summary>Processes that end, become another program or stand still while libprof records them.</summary>
public sealed class ChangingTargetTests : IDisposable
{
    private readonly BadInputBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EndsWhileItIsSampled(bool blocking)
    {
        using TargetProcess target = BadInputBench.StartIdle();
        using TargetProcess libprof = _bench.Start(["attach", "-q", "-o", "x.libprof", .. blocking ? (string[])["--blocking"] : [], BadInputBench.Id(target)]);
        WaitForRecording("x.libprof");

        Assert.Equal(0, target.Finish());
        Assert.Equal((0, ""), (libprof.WaitForExit(), libprof.ReadErrorsToEnd()));
        Assert.True(Samples(_bench.ReadReport("x.libprof")) > 0);
        _bench.AssertFiles("x.libprof");
    }

    [Fact]
    public void IsKilledWhileItIsSampled()
    {
        using TargetProcess target = BadInputBench.StartIdle();
        using TargetProcess libprof = _bench.Start("attach", "-o", "x.libprof", BadInputBench.Id(target));
        WaitForRecording("x.libprof");
        target.Signal("KILL");

        Assert.Equal(128 + 9, target.WaitForExit());
        Assert.Equal(0, libprof.WaitForExit());
        Assert.DoesNotContain("libprof: ", libprof.ReadErrorsToEnd(), StringComparison.Ordinal);
        Assert.True(Samples(_bench.ReadReport("x.libprof")) > 0);
    }

    [Theory]
    [InlineData("/bin/sh", "-c", "read line; exit 5")]
    [InlineData("PYTHON", "-c", "import sys; sys.stdin.readline(); sys.exit(5)")]
    public void BecomesAnotherProgramWhileItIsSampled(params string[] next)
    {
        string[] program = [next[0] == "PYTHON" ? Launching.Python : next[0], .. next[1..]];
        using TargetProcess target = TargetProcess.Launch(
            [Launching.Python, "-c", "import os, sys; print('ready', flush=True); sys.stdin.readline(); os.execv(sys.argv[1], sys.argv[1:])", .. program]);
        target.WaitForReady();
        target.WaitUntilItReadsInput();
        using TargetProcess libprof = _bench.Start("attach", "-q", "-o", "x.libprof", BadInputBench.Id(target));
        WaitForRecording("x.libprof");
        target.WriteLine();
        WaitUntil.True(() => CommandLine(target.Pid).StartsWith(string.Join('\0', program), StringComparison.Ordinal), "it has become the other program");
        target.WaitUntilItReadsInput();
        target.WriteLine();

        Assert.Equal(5, target.WaitForExit());
        Assert.Equal((0, ""), (libprof.WaitForExit(), libprof.ReadErrorsToEnd()));
        JsonNode report = _bench.ReadReport("x.libprof");
        Assert.True(Samples(report) > 0);
    }

    [Fact]
    public void BecomesAnotherProgramUnderRun()
    {
        LibProfResult result = _bench.Run("run", "-q", "-o", "x.libprof", "--", Launching.Python, "-c",
            "import os, json; os.execv('/bin/sh', ['sh', '-c', 'exit 5'])");

        Assert.Equal((5, "", ""), (result.Status, result.Output, result.Errors));
        Assert.Equal(5, (int)_bench.ReadReport("x.libprof")["process"]!["exit_status"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StandsStill(bool blocking)
    {
        using TargetProcess target = BadInputBench.StartIdle();
        target.Signal("STOP");
        WaitUntil.True(() => target.State == 'T', "it is stopped");

        LibProfResult result = _bench.Run(["attach", "-q", "-d", "0.5", "-o", "x.libprof", .. blocking ? (string[])["--blocking"] : [], BadInputBench.Id(target)]);

        Assert.Equal((0, "", ""), (result.Status, result.Output, result.Errors));
        Assert.True(Samples(_bench.ReadReport("x.libprof")) > 0);
        WaitUntil.True(() => target.State == 'T', "it still stands, or does again");
        target.Signal("CONT");
        Assert.Equal(0, target.Finish());
    }

    [Theory]
    [InlineData("recording")]
    [InlineData("json")]
    public void IsOverBeforeItCouldBeLookedAt(string format)
    {
        // Here and there one is: a recording and a report there must be in any case.
        for (int i = 0; i < 10; i++)
        {
            LibProfResult result = _bench.Run("run", "-q", "-f", format, "-o", "x", "--", "/bin/true");
            Assert.Equal((0, "", ""), (result.Status, result.Output, result.Errors));
            JsonNode report = format == "json" ? JsonNode.Parse(File.ReadAllText(_bench.Work["x"]))! : _bench.ReadReport("x");
            Assert.Equal("/bin/true", (string)report["process"]!["command_line"]![0]!);
            Assert.Null(report["process"]!["python_version"]);
        }

        _bench.AssertFiles("x");
    }

    [Fact]
    public void IsNoPython()
    {
        LibProfResult result = _bench.Run("run", "-o", "x.libprof", "--", "/bin/sh", "-c", "echo out; exit 6");
        Assert.Equal((6, "out\n"), (result.Status, result.Output));
        string line = Assert.Single(result.Errors.Split('\n'), line => line.StartsWith("libprof: ", StringComparison.Ordinal));
        Assert.Equal("libprof: warning: no Python was seen in sh: the recording has no stacks", line);

        LibProfResult quiet = _bench.Run("run", "-q", "-o", "x.libprof", "--", "/bin/sh", "-c", "echo out; exit 6");
        Assert.Equal((6, "out\n", ""), (quiet.Status, quiet.Output, quiet.Errors));
        Assert.Equal(0, _bench.Run("report", "x.libprof").Status);
    }

    [Fact]
    public void OutlivesTheDuration()
    {
        using TargetProcess libprof = _bench.Start("run", "-q", "-d", "0.2", "-o", "x.libprof", "--", Launching.Python,
            "-c", "import sys; print('ready', flush=True); sys.stdin.readline(); print('went on', flush=True); sys.exit(9)");
        libprof.WaitForReady();
        // The recording is whole before the command is.
        WaitUntil.True(() => IsWhole("x.libprof"), "the recording is complete");
        Assert.False(libprof.HasExited);
        libprof.WriteLine();

        Assert.Equal("went on", libprof.ReadLine());
        Assert.Equal((9, ""), (libprof.WaitForExit(), libprof.ReadErrorsToEnd()));
        Assert.Equal(0, _bench.Run("report", "x.libprof").Status);
    }

    private bool IsWhole(string name)
    {
        LibProfResult report = _bench.Run("report", "-f", "json", name);
        return report.Status == 0 && report.Errors.Length == 0;
    }

    private void WaitForRecording(string name)
    {
        long first = 0;
        WaitUntil.True(
            () =>
            {
                long length = File.Exists(_bench.Work[name]) ? new FileInfo(_bench.Work[name]).Length : 0;
                first = first == 0 ? length : first;
                return length > first;
            },
            "the recording grows");
    }

    private static int Samples(JsonNode report) => (int)report["sampling"]!["samples"]!;

    private static string CommandLine(int pid) => File.ReadAllText($"/proc/{pid}/cmdline");
}
