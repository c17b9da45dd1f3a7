using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Launch;

/// <summary>Signals sent to libprof by kill(2), and its own death.</summary>
public sealed class LaunchSignalTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    [InlineData("USR1")]
    [InlineData("USR2")]
    [InlineData("ALRM")]
    [InlineData("WINCH")]
    [InlineData("URG")]
    [InlineData("PWR")]
    public void SignalIsPassedOn(string name)
    {
        using TargetProcess libprof = StartTarget(out _);
        libprof.Signal(name);
        Assert.Equal("got SIG" + name, libprof.ReadLine());
        libprof.WriteLine("exit 5");
        Assert.Equal(5, libprof.WaitForExit());
    }

    [Fact]
    public void SignalThatKillsTheTargetIsItsStatus()
    {
        using TargetProcess libprof = TargetProcess.Launch([.. Launching.LibProf(directory), "/bin/sh", "-c", "echo ready; read line"]);
        libprof.WaitForReady();
        libprof.Signal("TERM");
        Assert.Equal(128 + 15, libprof.WaitForExit());
    }

    [Fact]
    public void SignalIgnoredFromTheStartStaysIgnored()
    {
        string[] command = [.. Launching.LibProf(directory), .. Launching.Script("tells_signals.py")];
        using TargetProcess libprof = TargetProcess.Launch(Launching.StartedWith(["--ignore", "1,2", "--exec"], command));
        _ = ReadPid(libprof);
        libprof.Signal("HUP");
        libprof.Signal("INT");
        libprof.Signal("USR1");
        Assert.Equal("got SIGUSR1", libprof.ReadLine());
        Assert.Equal(0, libprof.Finish());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TargetOutlivesLibProf(bool blocking)
    {
        string[] options = blocking ? ["--blocking", "--rate", "max"] : [];
        string[] command = [LibProfProgram.Binary, "run", "-q", "-o", directory["run.libprof"], .. options, "--", .. Launching.Script("tells_signals.py")];
        using TargetProcess libprof = TargetProcess.Launch(command);
        int pid = ReadPid(libprof);
        libprof.Signal("KILL");
        libprof.WriteLine("still there");
        Assert.Equal("echo still there", libprof.ReadLine());
        libprof.WriteLine("exit 0");
        Assert.Null(libprof.ReadLine());
        WaitUntil.True(() => ProcFiles.State(pid) is null or 'Z', "the target has ended");
    }

    [Fact]
    public void TargetStoppedOnPurposeIsWaitedFor()
    {
        using TargetProcess libprof = StartTarget(out int pid);
        Signals.Send(pid, "STOP");
        WaitUntil.True(() => ProcFiles.State(pid) == 'T', "the target is stopped");
        Assert.NotEqual('T', libprof.State);
        Signals.Send(pid, "CONT");
        Assert.Equal("got SIGCONT", libprof.ReadLine());
        Assert.Equal(0, libprof.Finish());
    }

    [Fact]
    public void ContinuingLibProfContinuesTheTarget()
    {
        using TargetProcess libprof = StartTarget(out int pid);
        Signals.Send(pid, "STOP");
        WaitUntil.True(() => ProcFiles.State(pid) == 'T', "the target is stopped");
        libprof.Signal("CONT");
        Assert.Equal("got SIGCONT", libprof.ReadLine());
        Assert.Equal(0, libprof.Finish());
    }

    [Fact]
    public void TimerThatTheParentSetStillEndsTheCommand()
    {
        // An alarm survives exec but not fork: without libprof it would be the command's own.
        const string Alarm = "import os, signal, sys; signal.setitimer(signal.ITIMER_REAL, 0.01); os.execv(sys.argv[1], sys.argv[1:])";
        string[] command = [Launching.Python, "-c", Alarm, .. Launching.LibProf(directory), "/bin/sh", "-c", "read line"];
        using TargetProcess libprof = TargetProcess.Launch(command);
        Assert.Equal(128 + 14, libprof.WaitForExit());
    }

    private TargetProcess StartTarget(out int pid)
    {
        TargetProcess libprof = TargetProcess.Launch([.. Launching.LibProf(directory), .. Launching.Script("tells_signals.py")]);
        pid = ReadPid(libprof);
        return libprof;
    }

    private static int ReadPid(TargetProcess process)
    {
        string line = process.ReadLine() ?? throw new InvalidOperationException("it ended: " + process.Errors);
        Assert.StartsWith("ready ", line, StringComparison.Ordinal);
        return int.Parse(line["ready ".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
