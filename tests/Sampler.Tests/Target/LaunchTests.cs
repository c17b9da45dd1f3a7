using System.Text;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Target;

public sealed class LaunchTests
{
    [Fact]
    public void ArgumentsAreTakenApartAtZeroBytes()
    {
        IReadOnlyList<byte[]> arguments = LaunchArguments.Split("libprof\0run\0\0--\0a\xff\0\0"u8);
        Assert.Equal(["libprof"u8.ToArray(), "run"u8.ToArray(), [], "--"u8.ToArray(), "a\xff"u8.ToArray(), []], arguments);
    }

    [Theory]
    [InlineData("dotnet|libprof.dll|run|--|a", 3, "a")]
    [InlineData("dotnet|exec|--|libprof.dll|run|--|a|--|b", 5, "a|--|b")] // A separator of the host's is none of ours.
    [InlineData("libprof|run|a", 2, "")]
    [InlineData("libprof|run|--", 2, "")]
    public void CommandFollowsTheFirstSeparatorOfOurs(string line, int count, string expected)
    {
        IReadOnlyList<byte[]> command = LaunchArguments.AfterSeparator(Bytes(line.Split('|')), count);
        Assert.Equal(expected, string.Join('|', command.Select(Encoding.UTF8.GetString)));
    }

    [Fact]
    public void ExitStatusAndProcessorTimeAreKnown()
    {
        ChildProcess child = ChildProcess.Launch(Bytes("/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 3"));
        Assert.True(child.WaitForExit(Deadline.Patience));

        Assert.True(child.HasExited);
        Assert.Equal(3, child.ExitStatus);
        Assert.Null(child.DeathSignal);
        Assert.True(child.CpuNs > 0 && child.CpuNs <= child.ExitedAtNs - child.SpawnedAtNs, $"{child.CpuNs} of {child.ExitedAtNs - child.SpawnedAtNs}");
    }

    [Fact]
    public void ProcessorTimeOfChildrenDoesNotCount()
    {
        const string Work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        ChildProcess own = ChildProcess.Launch(Bytes("/bin/sh", "-c", Work));
        ChildProcess childs = ChildProcess.Launch(Bytes("/bin/sh", "-c", $"({Work}); exit 0"));
        Assert.True(own.WaitForExit(Deadline.Patience) && childs.WaitForExit(Deadline.Patience));

        Assert.True(childs.CpuNs < own.CpuNs / 2, $"{childs.CpuNs} without the work of the child, {own.CpuNs} with it");
    }

    [Fact]
    public void DeathBySignalIsKnown()
    {
        ChildProcess child = ChildProcess.Launch(Bytes("/bin/sh", "-c", "kill -9 $$"));
        Assert.True(child.WaitForExit(Deadline.Patience));

        Assert.Equal(137, child.ExitStatus);
        Assert.Equal(9, child.DeathSignal);
    }

    [Fact]
    public void UnknownCommandIsTold()
    {
        LaunchException e = Assert.Throws<LaunchException>(() => ChildProcess.Launch(Bytes("no-such-command-anywhere")));
        Assert.Equal((LaunchFailure.NotFound, 127), (e.Reason, e.ExitStatus));
    }

    [Fact]
    public void ForeignFormatIsNotGivenToTheShell()
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("foreign", "\0binary\nof another machine");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        LaunchException e = Assert.Throws<LaunchException>(() => ChildProcess.Launch(Bytes(file)));
        Assert.Equal((LaunchFailure.NotExecutable, 126), (e.Reason, e.ExitStatus));
    }

    [Fact]
    public void TracerOfTheSameProcessMeetsTheEnd()
    {
        // Stopped for a look again and again until it ends: tracer and waiter see the same child, and one of them its end.
        for (int i = 0; i < 20; i++)
        {
            ChildProcess child = ChildProcess.Launch(Bytes("/bin/sh", "-c", "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; exit 5"));
            TargetPause pause = new(child.Pid, child.TracerReaped);
            while (!child.HasExited)
            {
                _ = pause.TryPause();
                pause.Resume();
            }

            Assert.Equal(5, child.ExitStatus);
        }
    }

    private static List<byte[]> Bytes(params string[] words) => [.. words.Select(Encoding.UTF8.GetBytes)];
}
