using System.Diagnostics;
using System.Globalization;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Memory;

public sealed class CoreDumpMemoryTests
{
    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void A_core_made_by_gdb_has_the_same_interpreter_as_the_process(PythonInterpreter interpreter)
    {
        using TemporaryDirectory directory = new();
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        target.WaitUntilItReadsInput();
        LiveProcessMemory live = new(target.Pid);
        LocatedRuntime expected = RuntimeLocator.Locate(target.Pid, live);
        MakeCore(target.Pid, directory["core"]);

        using CoreDumpMemory core = CoreDumpMemory.Open(directory["core"] + "." + target.Pid.ToString(CultureInfo.InvariantCulture));

        Assert.Contains(target.Pid, core.ThreadIds);
        LocatedRuntime found = RuntimeLocator.Locate(core);
        Assert.Equal(expected.Version, found.Version);
        Assert.Equal(expected.InterpretersHeadAddress, found.InterpretersHeadAddress);
        Assert.Equal(expected.LoadBias, found.LoadBias);
        Assert.True(expected.TryReadFirstInterpreter(live, out ulong interpreterLive));
        Assert.True(found.TryReadFirstInterpreter(core, out ulong interpreterInCore));
        Assert.Equal(interpreterLive, interpreterInCore);
        AssertSameBytes(live, core, interpreterLive, 512);
        // The code, which the core lacks, and across the end of what it has.
        AssertSameBytes(live, core, found.LoadBias == 0 ? 0x400000 : found.LoadBias, 1 << 20);
    }

    [Fact]
    public void A_core_made_by_the_kernel_can_be_read()
    {
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern").Trim();
        Assert.SkipUnless(pattern == "core", $"cores of the kernel go elsewhere: {pattern}");
        PythonInterpreter interpreter = Interpreters.Any();
        using TemporaryDirectory directory = new();
        using TargetProcess target = TargetProcess.Launch(
            ["sh", "-c", "ulimit -c unlimited && exec \"$@\"", "sh", interpreter.Path, TargetScripts.PathOf("idle.py")], workingDirectory: directory.Path);
        target.WaitForReady();
        LocatedRuntime expected = RuntimeLocator.Locate(target.Pid, new LiveProcessMemory(target.Pid));
        target.Signal("ABRT");
        target.WaitForExit();
        string? file = Directory.GetFiles(directory.Path).FirstOrDefault();
        Assert.SkipWhen(file is null, "the kernel wrote no core (limited, or switched off)");

        using CoreDumpMemory core = CoreDumpMemory.Open(file!);
        LocatedRuntime found = RuntimeLocator.Locate(core);

        Assert.Equal(expected, found);
        Assert.True(found.TryReadFirstInterpreter(core, out ulong head));
        Assert.NotEqual(0UL, head);
    }

    [Fact]
    public void A_file_that_has_changed_since_is_not_taken_for_the_one_that_ran()
    {
        PythonInterpreter? interpreter = Interpreters.System;
        Assert.SkipWhen(interpreter is null, "no supported python3 of the system");
        using TemporaryDirectory directory = new();
        string copy = directory["python3"];
        File.Copy(interpreter.Path, copy);
        using TargetProcess target = TargetProcess.Launch(
            [copy, TargetScripts.PathOf("idle.py")], new Dictionary<string, string?> { ["PYTHONHOME"] = "/usr" });
        target.WaitForReady();
        LocatedRuntime expected = RuntimeLocator.Locate(target.Pid, new LiveProcessMemory(target.Pid));
        MakeCore(target.Pid, directory["core"]);
        string file = $"{directory["core"]}.{target.Pid}";
        using (CoreDumpMemory whole = CoreDumpMemory.Open(file))
        {
            Assert.Equal(expected.Version, RuntimeLocator.Locate(whole).Version);
        }

        File.Delete(copy);
        File.Copy("/bin/cat", copy);
        using CoreDumpMemory core = CoreDumpMemory.Open(file);

        try
        {
            // 3.13 and later say all that is needed in the data that the core has.
            Assert.Equal(expected.InterpretersHeadAddress, RuntimeLocator.Locate(core).InterpretersHeadAddress);
        }
        catch (AttachException error)
        {
            Assert.Contains(copy, error.Hint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_core_of_another_program_has_no_CPython()
    {
        using TemporaryDirectory directory = new();
        using TargetProcess target = TargetProcess.Launch(["cat"]);
        target.WaitUntilItReadsInput();
        MakeCore(target.Pid, directory["core"]);

        using CoreDumpMemory core = CoreDumpMemory.Open(Directory.GetFiles(directory.Path).Single());

        Assert.Equal(AttachFailure.NotPython, Assert.Throws<AttachException>(() => RuntimeLocator.Locate(core)).Reason);
        Assert.False(core.TryRead(8, new byte[8]));
        Assert.Equal(0, core.ReadRanges([new RemoteRange(8, 8)], new byte[8]));
    }

    [Fact]
    public void What_is_no_core_is_refused_in_one_line()
    {
        using TemporaryDirectory directory = new();
        string core = CoreOfCat(directory);
        byte[] whole = File.ReadAllBytes(core);
        Refused(directory["missing"], "there is no file");
        Refused(directory.Write("empty", ""), "cannot be read as a core file");
        Refused(directory.Write("text", new string('x', 10_000)), "cannot be read as a core file");
        Refused("/bin/cat", "cannot be read as a core file");
        Refused(directory.Path, directory.Path);
        Refused("/dev/null", "/dev/null");
        foreach (int length in (int[])[4, 16, 63, 64, 100, 1000, whole.Length / 2, whole.Length - 100])
        {
            File.WriteAllBytes(directory["cut"], whole[..length]);
            try
            {
                using CoreDumpMemory cut = CoreDumpMemory.Open(directory["cut"]);
                Assert.Throws<AttachException>(() => RuntimeLocator.Locate(cut));
            }
            catch (AttachException error)
            {
                Assert.Equal(AttachFailure.UnusableCore, error.Reason);
            }
        }
    }

    private static void Refused(string path, string message)
    {
        AttachException error = Assert.Throws<AttachException>(() => CoreDumpMemory.Open(path));
        Assert.Equal(AttachFailure.UnusableCore, error.Reason);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static string CoreOfCat(TemporaryDirectory directory)
    {
        using TargetProcess target = TargetProcess.Launch(["cat"]);
        target.WaitUntilItReadsInput();
        MakeCore(target.Pid, directory["core"]);
        return Directory.GetFiles(directory.Path).Single();
    }

    private static void AssertSameBytes(LiveProcessMemory live, CoreDumpMemory core, ulong address, int length)
    {
        byte[] expected = new byte[length];
        byte[] actual = new byte[length];
        Assert.True(live.TryRead(address, expected));
        Assert.True(core.TryRead(address, actual));
        Assert.Equal(expected, actual);
    }

    /// <summary>Writes PREFIX.PID with gcore(1).</summary>
    private static void MakeCore(int pid, string prefix)
    {
        try
        {
            ProcessStartInfo start = new("gcore") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string argument in (string[])["-o", prefix, pid.ToString(CultureInfo.InvariantCulture)])
            {
                start.ArgumentList.Add(argument);
            }

            using Process gcore = Process.Start(start)!;
            Task<string> errors = gcore.StandardError.ReadToEndAsync();
            string output = gcore.StandardOutput.ReadToEnd();
            gcore.WaitForExit();
            Assert.True(File.Exists($"{prefix}.{pid}"), output + errors.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no gcore(1) (gdb) on this machine");
        }
    }
}
