using System.Diagnostics;
using System.Globalization;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Target;

public sealed class AttachDiagnosisTests
{
    private const int Eperm = 1;
    private const int Esrch = 3;
    private const int Eacces = 13;
    private const string PidVariable = "LIBPROF_TEST_FORBIDDEN_PID";

    private const string Alice = """
        Name:	python3
        State:	S (sleeping)
        Tgid:	4711
        PPid:	1
        TracerPid:	0
        Uid:	1000	1000	1000	1000
        Gid:	1000	1000	1000	1000
        VmHWM:	    2048 kB
        VmRSS:	    1024 kB
        CapPrm:	0000000000000000
        CapEff:	0000000000000000
        """;

    private static readonly ProcessStatus s_alice = ProcessStatus.Parse(Alice);
    private static readonly ProcessStatus s_root = Change("Uid:\t1000\t1000\t1000\t1000", "Uid:\t0\t0\t0\t0");
    private static readonly ProcessStatus s_capable = Change("CapEff:\t0000000000000000", "CapEff:\t0000000000080000");

    [Fact]
    public void No_such_process() =>
        Check(new() { Own = s_alice }, Esrch, AttachFailure.NoSuchProcess, "there is no process 4711");

    [Fact]
    public void Ended_meanwhile()
    {
        AttachException error = AttachDiagnosis.Explain(4711, Esrch, seenBefore: true, new() { Own = s_alice });

        Assert.Equal(AttachFailure.EndedMeanwhile, error.Reason);
        Check(new() { Own = s_alice, Target = s_alice }, Esrch, AttachFailure.EndedMeanwhile, "ended");
    }

    [Theory]
    [InlineData("Z (zombie)")]
    [InlineData("X (dead)")]
    public void Zombie(string state) =>
        Check(new() { Own = s_alice, Target = Change("S (sleeping)", state) }, Eacces, AttachFailure.Zombie, "zombie");

    [Fact]
    public void Kernel_thread() => Check(
        new() { Own = s_root, Target = ProcessStatus.Parse("Name:\tkthreadd\nState:\tS (sleeping)\nUid:\t0\t0\t0\t0\n") },
        Eacces, AttachFailure.NotPython, "(kthreadd) is a thread of the kernel");

    [Fact]
    public void Already_traced() => Check(
        new() { Own = s_alice, Target = Change("TracerPid:\t0", "TracerPid:\t99"), TracerName = "gdb" },
        Eperm, AttachFailure.AlreadyTraced, "process 4711 (python3) is already traced by process 99 (gdb)", "--blocking");

    [Fact]
    public void Another_user() => Check(
        new() { Own = s_alice, Target = s_root, UserName = id => id == 0 ? "root" : null },
        Eacces, AttachFailure.NoPermission, "belongs to user root (uid 0), libprof runs as uid 1000", "sudo");

    [Fact]
    public void Another_user_in_a_container() => Check(
        new() { Own = s_alice, Target = s_root, InContainer = true },
        Eperm, AttachFailure.NoPermission, "without CAP_SYS_PTRACE", "--cap-add SYS_PTRACE", "securityContext");

    [Fact]
    public void A_program_that_changed_its_user() => Check(
        new() { Own = s_alice, Target = Change("Uid:\t1000\t1000", "Uid:\t1000\t0"), UserName = id => id == 0 ? "root" : "alice" },
        Eperm, AttachFailure.NoPermission, "belongs to user root (uid 0), libprof runs as user alice (uid 1000)");

    [Fact]
    public void Another_group() => Check(
        new() { Own = s_alice, Target = Change("Gid:\t1000\t1000", "Gid:\t1000\t42") }, Eperm, AttachFailure.NoPermission, "group");

    [Fact]
    public void More_capabilities() => Check(
        new() { Own = s_alice, Target = Change("CapPrm:\t0000000000000000", "CapPrm:\t0000000000000400") },
        Eperm, AttachFailure.NoPermission, "has capabilities that libprof lacks");

    [Fact]
    public void Yama_1() => Check(new() { Own = s_alice, Target = s_alice, YamaScope = 1 }, Eperm, AttachFailure.NoPermission,
        "ptrace_scope is 1", "sudo sysctl kernel.yama.ptrace_scope=0", "libprof run --");

    [Fact]
    public void Yama_2() => Check(new() { Own = s_alice, Target = s_alice, YamaScope = 2 }, Eperm, AttachFailure.NoPermission,
        "ptrace_scope is 2", "sudo");

    [Fact]
    public void Yama_3_forbids_it_to_root_too() => Check(new() { Own = s_capable, Target = s_alice, YamaScope = 3 }, Eperm,
        AttachFailure.NoPermission, "ptrace_scope is 3", "boot");

    [Fact]
    public void Not_dumpable() => Check(new() { Own = s_alice, Target = s_alice, YamaScope = 0 }, Eperm, AttachFailure.NoPermission,
        "not dumpable", "sudo");

    [Fact]
    public void Refused_although_capable() => Check(new() { Own = s_capable, Target = s_alice }, Eperm, AttachFailure.NoPermission,
        "although libprof has CAP_SYS_PTRACE");

    [Fact]
    public void No_such_system_call() => Check(new() { Own = s_alice, Target = s_alice }, 38, AttachFailure.NoPermission, "process_vm_readv");

    [Fact]
    public void Live_no_such_process() => Assert.Equal(AttachFailure.NoSuchProcess, Locate(int.MaxValue).Reason);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Live_nonsense(int pid) => Assert.Equal(AttachFailure.NoSuchProcess, Locate(pid).Reason);

    [Fact]
    public void Live_zombie()
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
        int child = int.Parse(target.ReadLine()!, CultureInfo.InvariantCulture);

        Assert.Equal(AttachFailure.Zombie, Locate(child).Reason);
    }

    [Fact]
    public void Live_kernel_thread()
    {
        Assert.SkipUnless(ProcessStatus.TryRead(2) is { Name: "kthreadd" }, "no kernel threads to be seen in this PID namespace");

        Assert.Equal(AttachFailure.NotPython, Locate(2).Reason);
    }

    [Fact]
    public void Live_stopped_process_is_read_like_any_other()
    {
        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "idle.py");
        target.Signal("STOP");
        WaitUntil.True(() => target.State == 'T', "it is stopped");

        Assert.NotEqual(0UL, RuntimeLocator.Locate(target.Pid, new LiveProcessMemory(target.Pid)).InterpretersHeadAddress);
    }

    [Fact]
    public void Live_process_of_another_user_is_refused_with_both_names()
    {
        if (IsAnotherUser(out int forbidden))
        {
            AttachException error = Locate(forbidden);
            Assert.Equal(AttachFailure.NoPermission, error.Reason);
            Assert.Contains("belongs to user root (uid 0), libprof runs as ", error.Message, StringComparison.Ordinal);
            Assert.NotEmpty(error.Hint);
            return;
        }

        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "idle.py");
        RunAsNobody(nameof(Live_process_of_another_user_is_refused_with_both_names), target.Pid);
    }

    [Fact]
    public void Live_process_that_is_not_dumpable_is_refused()
    {
        if (IsAnotherUser(out int forbidden))
        {
            AttachException error = Locate(forbidden);
            Assert.Equal(AttachFailure.NoPermission, error.Reason);
            Assert.NotEmpty(error.Hint);
            return;
        }

        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can start a process as another user");
        // prctl(PR_SET_DUMPABLE, 0)
        const string Script = "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); print('ready', flush=True); input()";
        using TargetProcess target = TargetProcess.Launch(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", (Interpreters.System ?? Interpreters.Any()).Path, "-c", Script]);
        target.WaitForReady();
        RunAsNobody(nameof(Live_process_that_is_not_dumpable_is_refused), target.Pid);
    }

    /// <summary>
    /// The process that such a test is about, when the test runs again as another user: started by itself with <see cref="RunAsNobody"/>.
    /// </summary>
    private static bool IsAnotherUser(out int pid) =>
        int.TryParse(Environment.GetEnvironmentVariable(PidVariable), NumberStyles.None, CultureInfo.InvariantCulture, out pid);

    private static void RunAsNobody(string method, int pid)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become another user");
        string program = Environment.ProcessPath!;
        ProcessStartInfo start = new("setpriv")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        string[] arguments = ["--reuid=65534", "--regid=65534", "--clear-groups", program, "--filter-method", $"*{method}",
            "--results-directory", "/tmp", "--no-progress"];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[PidVariable] = pid.ToString(CultureInfo.InvariantCulture);
        start.Environment["HOME"] = "/nonexistent";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.SkipWhen(process.ExitCode is 126 or 127, $"another user cannot start {program}");
        Assert.True(process.ExitCode == 0, output + errors.Result);
        Assert.Contains("succeeded: 1", output, StringComparison.Ordinal);
    }

    private static AttachException Locate(int pid) =>
        Assert.Throws<AttachException>(() => RuntimeLocator.Locate(pid, new LiveProcessMemory(pid)));

    private static ProcessStatus Change(string from, string to)
    {
        Assert.Contains(from, Alice, StringComparison.Ordinal);
        return ProcessStatus.Parse(Alice.Replace(from, to, StringComparison.Ordinal));
    }

    private static void Check(AttachCircumstances facts, int error, AttachFailure reason, string message, params string[] hints)
    {
        AttachException found = AttachDiagnosis.Explain(4711, error, seenBefore: false, facts);

        Assert.Equal(reason, found.Reason);
        Assert.Contains(message, found.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', found.Message + found.Hint);
        Assert.All(hints, hint => Assert.Contains(hint, found.Hint, StringComparison.Ordinal));
    }
}
