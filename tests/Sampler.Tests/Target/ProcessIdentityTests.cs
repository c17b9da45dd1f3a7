using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Target;

public sealed class ProcessIdentityTests
{
    [Fact]
    public void Reads_the_identity_of_a_live_process()
    {
        using TemporaryDirectory directory = new();
        PythonInterpreter interpreter = Interpreters.Any();
        string[] command = [interpreter.Path, "-c", "import os; print(os.getpid(), flush=True); input()", "", "two words", "ä"];
        using TargetProcess target = TargetProcess.Launch(command, new Dictionary<string, string?> { ["LIBPROF_X"] = "a=b" }, directory.Path);
        string pid = target.ReadLine()!;

        ProcessIdentity identity = ProcessIdentity.TryRead(target.Pid)!;

        Assert.Equal(command, identity.CommandLine);
        Assert.Equal(interpreter.Path, identity.Executable);
        Assert.Equal(directory.Path, identity.WorkingDirectory);
        Assert.Equal(Environment.ProcessId, identity.ParentPid);
        Assert.Equal(pid, identity.NamespacePid.ToString());
        Assert.Equal("a=b", ProcessIdentity.TryReadEnvironmentVariable(target.Pid, "LIBPROF_X"));
        Assert.Null(ProcessIdentity.TryReadEnvironmentVariable(target.Pid, "LIBPROF"));
    }

    [Fact]
    public void Reads_what_a_process_has_used()
    {
        using TargetProcess target = TargetProcess.Launch([Interpreters.Any().Path, "-c", """
            import time, threading
            def work():
                end = time.thread_time() + 0.05
                while time.thread_time() < end:
                    pass
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            print(time.process_time(), flush=True)
            input()
            """]);
        double reported = double.Parse(target.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
        target.WaitUntilItReadsInput();
        // join() is over before the thread has gone.
        ProcessUsage usage = default!;
        WaitUntil.True(() => ProcessUsage.TryRead(target.Pid, out usage) && usage.Threads == 1, "the thread is gone");

        // The thread that has ended counts.
        Assert.InRange(usage.Cpu.TotalSeconds, reported, double.MaxValue);
        Assert.True(usage.PeakResidentKiB >= usage.ResidentKiB && usage.ResidentKiB > 0);
        Assert.Equal(('S', 1), (usage.State, usage.Threads));
        Assert.False(ProcessUsage.TryRead(int.MaxValue, out _));
        Assert.Null(ProcessIdentity.TryRead(int.MaxValue));
    }

    [Fact]
    public void Knows_a_zombie_and_its_cpu_time()
    {
        using TargetProcess target = TargetProcess.Launch([Interpreters.Any().Path, "-c", """
            import os
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            print(child, flush=True)
            input()
            """]);
        int child = int.Parse(target.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);

        Assert.True(ProcessUsage.TryRead(child, out ProcessUsage usage));
        Assert.Equal('Z', usage.State);
        Assert.Null(usage.ResidentKiB);
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a\0", new[] { "a" })]
    [InlineData("a\0\0b\0", new[] { "a", "", "b" })]
    [InlineData("title without end", new[] { "title without end" })]
    public void Splits_strings(string text, string[] expected) =>
        Assert.Equal(expected, ProcessIdentity.SplitStrings(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Parses_a_status_of_a_container_and_survives_nonsense()
    {
        ProcessStatus status = ProcessStatus.Parse("""
            Name:	a: b
            State:	t (tracing stop)
            Tgid:	300
            PPid:	0
            TracerPid:	17
            Uid:	1	2	3	4
            NSpid:	300	12	1
            Cpus_allowed_list:	0-3,7,9-10
            Threads:	junk
            no colon
            VmHWM:	junk kB
            """);

        Assert.Equal("a: b", status.Name);
        Assert.Equal(('t', 300, 0, 17), (status.State, status.ProcessId, status.ParentId, status.TracerId));
        Assert.Equal(new ProcessOwner(1, 2, 3), status.User);
        Assert.Equal([300, 12, 1], status.NamespaceIds);
        Assert.Equal(7, status.AllowedCpus);
        Assert.Equal(0, status.Threads);
        Assert.Null(status.PeakResidentKiB);
    }
}
