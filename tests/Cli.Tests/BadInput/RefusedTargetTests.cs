using System.Diagnostics;
using System.Globalization;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.BadInput;

/// <summary>Processes that cannot be looked at: status 2, one line of why, one of what to do, no file.</summary>
public sealed class RefusedTargetTests : IDisposable
{
    private const string Nobody = "65534";

    private readonly BadInputBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void NoSuchProcess()
    {
        using TargetProcess ended = TargetProcess.Launch(["true"]);
        string pid = BadInputBench.Id(ended);
        ended.WaitForExit();
        AssertRefused(pid, $"there is no process {pid}");
    }

    [Fact]
    public void NotAPython()
    {
        using TargetProcess target = TargetProcess.Launch(["cat"]);
        target.WaitUntilItReadsInput();
        AssertRefused(BadInputBench.Id(target), $"process {target.Pid} (cat) runs no CPython", "child");
        Assert.Equal(0, target.Finish());
    }

    [Fact]
    public void UnsupportedVersion()
    {
        PythonInterpreter? old = Interpreters.Unsupported.FirstOrDefault();
        Assert.SkipWhen(old is null, "no CPython of an unsupported version on this machine");
        using TargetProcess target = TargetProcess.Launch([.. old.Command, "-c", "import sys; print('ready'); sys.stdout.flush(); sys.stdin.read()"]);
        target.WaitForReady();

        AssertRefused(BadInputBench.Id(target), $"is CPython {old.Version}, which libprof does not support", "3.6 to 3.15");
        LibProfResult run = _bench.Run(["run", "-o", "x.libprof", "--", .. old.Command, "-c", "raise SystemExit(3)"]);
        Assert.Equal(3, run.Status);
        Assert.Single(run.Errors.Split('\n'), line => line.StartsWith("libprof: warning: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Zombie()
    {
        const string Program = """
            import os, sys
            child = os.fork()
            if child == 0:
                os._exit(3)
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            print(child, flush=True)
            sys.stdin.read()
            """;
        using TargetProcess parent = TargetProcess.Launch([Launching.Python, "-c", Program]);
        AssertRefused(parent.ReadLine()!, "has already ended and waits for its parent (zombie)");
    }

    [Fact]
    public void AnotherUsers()
    {
        using TargetProcess target = BadInputBench.StartIdle();
        string[] user = As("--reuid", Nobody, "--regid", Nobody, "--clear-groups");
        foreach (string verb in (string[])["attach", "dump"])
        {
            LibProfResult result = _bench.RunCommand([.. user, LibProfProgram.Binary, verb, BadInputBench.Id(target)]);
            BadInputBench.AssertRefused(result, 2, "belongs to user root (uid 0), libprof runs as ", "Run libprof as that user");
        }

        Assert.Equal(0, target.Finish());
    }

    [Fact]
    public void AnotherUsersForRootWithoutTheCapability()
    {
        string[] user = As("--reuid", Nobody, "--regid", Nobody, "--clear-groups");
        using TargetProcess target = StartAs(user, "import sys; print('ready', flush=True); sys.stdin.read()");
        string[] root = As("--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace");
        LibProfResult result = _bench.RunCommand([.. root, LibProfProgram.Binary, "attach", BadInputBench.Id(target)]);
        BadInputBench.AssertRefused(result, 2, "libprof runs as user root (uid 0) without CAP_SYS_PTRACE", "Run libprof as that user");
    }

    [Fact]
    public void OnesOwnThatIsNotDumpable()
    {
        string[] user = As("--reuid", Nobody, "--regid", Nobody, "--clear-groups");
        const string Program = "import ctypes, sys; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); print('ready', flush=True); sys.stdin.read()";
        using TargetProcess target = StartAs(user, Program);
        LibProfResult result = _bench.RunCommand([.. user, LibProfProgram.Binary, "attach", "--blocking", BadInputBench.Id(target)]);
        BadInputBench.AssertRefused(result, 2, "is not dumpable");
    }

    [Fact]
    public void OneThatEndsWhileLibProfAttaches()
    {
        // Whatever moment it ends at: a recording that can be read, or one line and no file.
        for (int i = 0; i < 12; i++)
        {
            string seconds = (i * 0.02).ToString(CultureInfo.InvariantCulture);
            using TargetProcess target = TargetProcess.Launch([Launching.Python, "-S", "-c", $"import time; print('ready', flush=True); time.sleep({seconds})"]);
            target.WaitForReady();
            LibProfResult result = _bench.Run("attach", "-q", "-o", "x.libprof", BadInputBench.Id(target));
            Assert.True(result.Status is 0 or 2, result.ToString());
            if (result.Status == 0)
            {
                Assert.Equal("", result.Errors);
                _bench.ReadReport("x.libprof");
                File.Delete(_bench.Work["x.libprof"]);
            }
            else
            {
                BadInputBench.AssertErrors(result.Errors, "process");
            }

            _bench.AssertFiles();
        }
    }

    [Theory]
    [InlineData("attach")]
    [InlineData("dump")]
    public void TracedByAnother(string verb)
    {
        const string Tracer = """
            import ctypes, os, sys
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.ptrace(0x4206, int(sys.argv[1]), None, None) != 0:  # PTRACE_SEIZE
                print(os.strerror(ctypes.get_errno()))
            print("ready", flush=True)
            sys.stdin.read()
            """;
        using TargetProcess target = BadInputBench.StartIdle();
        using TargetProcess tracer = TargetProcess.Launch([Launching.Python, "-c", Tracer, BadInputBench.Id(target)]);
        string? said = tracer.ReadLine();
        Assert.SkipWhen(said != "ready", $"no process can be traced here: {said}");

        LibProfResult blocking = _bench.Run(verb, "--blocking", BadInputBench.Id(target));
        BadInputBench.AssertRefused(blocking, 2, $"is already traced by process {tracer.Pid}", "without --blocking");
        _bench.AssertFiles();

        string[] bounded = verb == "attach" ? ["-q", "-d", "0.3", "-o", "x.libprof"] : [];
        LibProfResult result = _bench.Run([verb, .. bounded, BadInputBench.Id(target)]);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        if (verb == "attach")
        {
            Assert.True((int)_bench.ReadReport("x.libprof")["sampling"]!["samples"]! > 0);
        }

        Assert.Equal(0, tracer.Finish());
        Assert.Equal(0, target.Finish());
    }

    [Fact]
    public void StackTraceIsForVerboseOnly()
    {
        using TargetProcess ended = TargetProcess.Launch(["true"]);
        ended.WaitForExit();
        LibProfResult plain = _bench.Run("attach", BadInputBench.Id(ended));
        LibProfResult quiet = _bench.Run("attach", "-q", BadInputBench.Id(ended));
        LibProfResult verbose = _bench.Run("attach", "-v", BadInputBench.Id(ended));
        Assert.Equal(plain, quiet);
        Assert.DoesNotContain("Exception", plain.Errors, StringComparison.Ordinal);
        Assert.StartsWith(plain.Errors, verbose.Errors, StringComparison.Ordinal);
        Assert.Contains("AttachException", verbose.Errors, StringComparison.Ordinal);
    }

    private void AssertRefused(string pid, string message, string hint = "")
    {
        foreach (string[] arguments in (string[][])[["attach"], ["dump"], ["attach", "--blocking", "-q"], ["attach", "-o", "x.libprof"]])
        {
            BadInputBench.AssertRefused(_bench.Run([.. arguments, pid]), 2, message, hint);
            _bench.AssertFiles();
        }
    }

    // setpriv(1) execs: the pid is the command's.
    private static string[] As(params string[] options)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become another user");
        string[] user = ["setpriv", .. options];
        try
        {
            using Process probe = Process.Start(new ProcessStartInfo("setpriv", [.. options, LibProfProgram.Binary, "--version"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            probe.StandardOutput.ReadToEnd();
            probe.WaitForExit();
            Assert.SkipUnless(probe.ExitCode == 0, "libprof stands where that user cannot start it");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no setpriv(1) on this machine");
        }

        return user;
    }

    private static TargetProcess StartAs(string[] user, string program)
    {
        TargetProcess target = TargetProcess.Launch([.. user, Launching.Python, "-c", program]);
        if (target.ReadLine() != "ready")
        {
            target.Dispose();
            Assert.Skip($"that user cannot start {Launching.Python}");
        }

        return target;
    }
}
