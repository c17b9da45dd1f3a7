using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Launch;

public sealed class LaunchStatusTests
{
    /// <summary>Every status with the native binary; some with the one that takes a tenth of a second to start.</summary>
    public static TheoryData<int> Statuses =>
        LibProfProgram.IsNative ? [.. Enumerable.Range(0, 256)] : [0, 1, 2, 3, 125, 126, 127, 128, 130, 255];

    [Theory]
    [MemberData(nameof(Statuses), DisableDiscoveryEnumeration = true)]
    public void ExitStatusIsTheCommands(int status)
    {
        using TemporaryDirectory directory = new();
        var run = Launching.Run([.. Launching.LibProf(directory), "/bin/sh", "-c", $"exit {status}"]);

        Assert.Equal((status, "", ""), run);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void ExitStatusIsTheCommandsAlsoWhenItsTracerTakesIt(int status)
    {
        using TemporaryDirectory directory = new();
        for (int i = 0; i < (LibProfProgram.IsNative ? 20 : 3); i++)
        {
            var run = Launching.Run([.. Launching.LibProf(directory, "--blocking"), Launching.Python, "-c", $"raise SystemExit({status})"]);
            Assert.Equal((status, "", ""), run);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(40)]
    public void DeathBySignalIsToldAsShellsDo(int signal)
    {
        using TemporaryDirectory directory = new();
        var run = Launching.Run(Launching.StartedWith([], [.. Launching.LibProf(directory), "/bin/sh", "-c", $"ulimit -c 0; kill -{signal} $$"]));

        Assert.Equal(128 + signal, run.Status);
    }

    [Fact]
    public void StatusIsKnownAlthoughChildSignalsAreIgnored()
    {
        // The kernel throws away the status of a child that ends while its parent ignores SIGCHLD, and this one ends at once.
        using TemporaryDirectory directory = new();
        for (int i = 0; i < (LibProfProgram.IsNative ? 50 : 3); i++)
        {
            var run = Launching.Run(Launching.StartedWith(["--ignore", "17"], [.. Launching.LibProf(directory), "/bin/sh", "-c", "exit 9"]));
            Assert.Equal((9, "", ""), run);
        }
    }

    [Fact]
    public void UnknownCommandIs127()
    {
        using TemporaryDirectory directory = new();
        var run = Launching.Run([.. Launching.LibProf(directory), "no-such-command-anywhere"]);

        Assert.Equal((127, "", "libprof: no-such-command-anywhere: command not found\n"), run);
    }

    [Fact]
    public void UnknownPathIs127()
    {
        using TemporaryDirectory directory = new();
        var run = Launching.Run([.. Launching.LibProf(directory), directory["none"]]);

        Assert.Equal((127, "", $"libprof: {directory["none"]}: no such file\n"), run);
    }

    [Fact]
    public void WhatCannotBeExecutedIs126()
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("data", "no program");
        var notExecutable = Launching.Run([.. Launching.LibProf(directory), file]);
        var isDirectory = Launching.Run([.. Launching.LibProf(directory), directory.Path]);

        Assert.Equal((126, "", $"libprof: cannot execute {file}: Permission denied\n"), notExecutable);
        Assert.Equal((126, "", $"libprof: cannot execute {directory.Path}: it is a directory\n"), isDirectory);
    }

    [Fact]
    public void MissingInterpreterIs126AndSaysSo()
    {
        using TemporaryDirectory directory = new();
        string script = directory.Write("script", "#!/no/such/interpreter\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var run = Launching.Run([.. Launching.LibProf(directory), script]);

        Assert.Equal(126, run.Status);
        Assert.StartsWith($"libprof: cannot execute {script}: the interpreter that it names does not exist\n", run.Errors, StringComparison.Ordinal);
    }
}
