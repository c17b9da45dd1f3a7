using System.Diagnostics;
using System.Globalization;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.BadInput;

/// <summary>Dumps of what does not simply run: core files, stopped processes, those of another root directory.</summary>
public sealed class DumpTests : IDisposable
{
    private readonly BadInputBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void CoreShowsWhatTheProcessShowed(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "many_threads.py", "3");
        target.WaitUntilItReadsInput();
        string core = MakeCore(target.Pid);
        LibProfResult live = _bench.Run("dump", "-q", BadInputBench.Id(target));
        Assert.Equal(0, target.Finish());

        LibProfResult dump = _bench.Run("dump", "-q", "--core", core);

        Assert.Equal(live, dump);
        Assert.Contains("\"MainThread\" (most recent call first)", dump.Output, StringComparison.Ordinal);
        Assert.Contains("    park_2 (", dump.Output, StringComparison.Ordinal);
        Assert.StartsWith($"Core of process {target.Pid}: ", _bench.Run("dump", "--core", core).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNoCoreOfAPythonIsRefused()
    {
        _bench.Work.Write("text", new string('x', 10_000));
        _bench.Work.Write("empty", "");
        BadInputBench.AssertRefused(_bench.Run("dump", "--core", "none"), 2, "there is no file none");
        BadInputBench.AssertRefused(_bench.Run("dump", "--core", "text"), 2, "text cannot be read as a core file");
        BadInputBench.AssertRefused(_bench.Run("dump", "--core", "empty"), 2, "empty cannot be read as a core file");
        BadInputBench.AssertRefused(_bench.Run("dump", "--core", "/bin/cat"), 2, "/bin/cat cannot be read as a core file");
        BadInputBench.AssertRefused(_bench.Run("dump", "--core", "."), 2, ". is a directory, not a core file");
        using TargetProcess target = TargetProcess.Launch(["cat"]);
        target.WaitUntilItReadsInput();
        string core = MakeCore(target.Pid);
        BadInputBench.AssertRefused(_bench.Run("dump", "--core", core), 2, "without a CPython that can be found");
    }

    [Fact]
    public void CutCoreIsShownOrRefused()
    {
        using TargetProcess target = BadInputBench.StartIdle();
        string core = MakeCore(target.Pid);
        byte[] whole = File.ReadAllBytes(core);
        foreach (int share in (int[])[1, 10, 30, 50, 70, 90, 99])
        {
            File.WriteAllBytes(core, whole.AsSpan(0, (int)((long)whole.Length * share / 100)));
            LibProfResult result = _bench.Run("dump", "--core", core);
            if (result.Status == 0)
            {
                Assert.Equal("", result.Errors);
                Assert.Contains("Thread ", result.Output, StringComparison.Ordinal);
            }
            else
            {
                BadInputBench.AssertRefused(result, 2, "");
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StoppedProcessIsShownAndStaysStopped(bool blocking)
    {
        using TargetProcess target = BadInputBench.StartIdle();
        target.WaitUntilItReadsInput();
        string[] dump = ["dump", .. blocking ? (string[])["--blocking"] : [], BadInputBench.Id(target)];
        LibProfResult before = _bench.Run(dump);
        target.Signal("STOP");
        WaitUntil.True(() => target.State == 'T', "it is stopped");

        LibProfResult result = _bench.Run(dump);

        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Equal(before.Output, result.Output);
        WaitUntil.True(() => target.State == 'T', "it still stands, or does again");
        target.Signal("CONT");
        Assert.Equal(0, target.Finish());
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void ProcessOfAnotherRootIsShown(PythonInterpreter interpreter)
    {
        Assert.SkipUnless(interpreter.IsInOtherRoot, "runs in the tests' own root directory");
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        target.WaitUntilItReadsInput();

        LibProfResult result = _bench.Run("dump", BadInputBench.Id(target));

        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains($"\nPython {interpreter.Version}\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("idle.py:", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, target.Finish());
    }

    private string MakeCore(int pid)
    {
        try
        {
            using Process gcore = Process.Start(new ProcessStartInfo("gcore", ["-o", _bench.Work["core"], pid.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = gcore.StandardError.ReadToEndAsync();
            string output = gcore.StandardOutput.ReadToEnd();
            gcore.WaitForExit();
            string core = $"{_bench.Work["core"]}.{pid}";
            Assert.True(File.Exists(core), output + errors.Result);
            // Not in the core: a thread's stack whose guard page lies in the same mapping (glibc 2.42).
            Assert.SkipWhen(errors.Result.Split('\n').Any(line => line.Contains("Memory read failed", StringComparison.Ordinal) && !line.Contains("0xffffffffff600000", StringComparison.Ordinal)),
                "this gdb leaves out stacks of threads of this C library");
            return core;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no gcore(1) (gdb) on this machine");
            throw;
        }
    }
}
