using System.Text.Json;
using System.Text.Json.Nodes;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests;

/// <summary>Signals while libprof records a process that it did not start: libprof ends well, the process goes on.</summary>
public sealed class AttachSignalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TargetProcess _target = TargetProcess.Launch(Launching.Script("tells_signals.py"));

    public AttachSignalTests() => Assert.StartsWith("ready ", _target.ReadLine(), StringComparison.Ordinal);

    private string Recording => _directory["out.libprof"];

    public void Dispose()
    {
        _target.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("QUIT")]
    public void SignalEndsTheRecordingWell(string name)
    {
        // From here on only a signal ends it; env, since this test's own parent may ignore some.
        string[] command = ["/usr/bin/env", "--default-signal", LibProfProgram.Binary, "attach", "-q", "-o", Recording, Pid];
        using TargetProcess libprof = TargetProcess.Launch(command);
        WaitForSamples();
        libprof.Signal(name);

        Assert.Equal((0, ""), (libprof.WaitForExit(), libprof.ReadErrorsToEnd()));
        LibProfResult report = LibProfProgram.Run("report", "-f", "json", Recording);
        Assert.Equal((0, ""), (report.Status, report.Errors));
        Assert.True((int)JsonNode.Parse(report.Output)!["sampling"]!["samples"]! > 0, report.Output);
        AssertTargetGoesOn();
    }

    [Fact]
    public void IgnoredSignalStaysIgnored()
    {
        using TargetProcess libprof = TargetProcess.Launch(
            Launching.StartedWith(["--ignore", "1,2", "--exec"], LibProfProgram.Binary, "attach", "-q", "-o", Recording, Pid));
        WaitForSamples();
        libprof.Signal("HUP");
        libprof.Signal("INT");
        libprof.Signal("TERM");

        // Had one of the first two counted, this would be the second, which ends libprof at once with 143.
        Assert.Equal(0, libprof.WaitForExit());
        AssertTargetGoesOn();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TargetOutlivesLibProf(bool blocking)
    {
        using (TargetProcess libprof = TargetProcess.Launch(
            [LibProfProgram.Binary, "attach", "-q", "-r", "max", .. blocking ? (string[])["--blocking"] : [], "-o", Recording, Pid]))
        {
            WaitForSamples();
            libprof.Signal("KILL");
            Assert.Equal(128 + 9, libprof.WaitForExit());
        }

        AssertTargetGoesOn();
        Assert.Equal(0, LibProfProgram.Run("report", Recording).Status);
    }

    [Fact]
    public void KeysStopContinueAndEndIt()
    {
        string line = $"'{LibProfProgram.Binary}' attach -o '{Recording}' {Pid}; echo status=$?\n";
        object[][] steps =
        [
            ["expect", "# "], ["send", line], ["growing", Recording], ["send", "\x1a"], ["expect", "Stopped"], ["expect", "status=\\d"],
            ["send", "fg; echo status=$?\n"], ["growing", Recording], ["send", "\x03"], ["expect", "Recorded in"], ["expect", "status=0"],
            ["send", "exit 0\n"], ["end"],
        ];
        var played = Launching.Run(
            [Launching.Python, TargetScripts.PathOf("on_terminal.py"), JsonSerializer.Serialize(steps), "--", "/usr/bin/env", "PS1=# ", "TERM=dumb", "/bin/bash", "--norc", "--noprofile", "-i"]);

        Assert.Equal(0, played.Status);
        JsonNode result = JsonNode.Parse(played.Output)!;
        Assert.True(result["failed"] is null, played.Output);
        Assert.True((bool)result["settings"]!);
        AssertTargetGoesOn();
    }

    private string Pid => _target.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void WaitForSamples()
    {
        long first = 0;
        WaitUntil.True(
            () =>
            {
                long length = File.Exists(Recording) ? new FileInfo(Recording).Length : 0;
                first = first == 0 ? length : first;
                return length > first;
            },
            "the recording grows");
    }

    private void AssertTargetGoesOn()
    {
        _target.WriteLine("still there");
        Assert.Equal("echo still there", _target.ReadLine());
        Assert.Equal(0, _target.Finish());
    }
}
