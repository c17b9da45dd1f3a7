using System.Diagnostics;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>Processes that are followed from their start on.</summary>
public sealed class RuntimeSearchTests
{
    private const string Wait = "print('ready', flush=True); input()";

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void Finds_an_interpreter_that_is_just_starting(PythonInterpreter interpreter)
    {
        // env execs the interpreter (in another root: chroot does): one image or more pass before.
        using TargetProcess target = TargetProcess.Launch([.. interpreter.Command, "-S", "-c", Wait]);
        LiveProcessMemory memory = new(target.Pid);
        using RuntimeSearch search = new(target.Pid, memory);

        PollUntil(search, RuntimeSearchState.Found);

        Assert.Equal(interpreter.Version, search.Runtime!.Version);
        target.WaitForReady();
        Assert.Equal(RuntimeSearchState.Found, search.Poll());
        RuntimeLocatorTests.AssertInterpreterIsThere(memory, search.Runtime);
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void Finds_it_before_the_first_line_of_Python_runs(PythonInterpreter interpreter)
    {
        // The shell waits for a line, so the search is at work when it execs.
        using TargetProcess target = TargetProcess.Launch(["sh", "-c", "read line; exec \"$@\"", "sh", .. interpreter.Command, "-I", "-S", "-c", Wait]);
        LiveProcessMemory memory = new(target.Pid);
        using RuntimeSearch search = new(target.Pid, memory);
        PollUntil(search, RuntimeSearchState.NotPython);
        target.WriteLine();

        Deadline deadline = Deadline.In();
        while (search.Poll() != RuntimeSearchState.Found)
        {
            Assert.False(deadline.HasPassed);
        }

        // A machine under load may have let it run on; normally there is no interpreter yet, and never one that cannot be read.
        Assert.True(search.Runtime!.TryReadFirstInterpreter(memory, out _));
        target.WaitForReady();
        RuntimeLocatorTests.AssertInterpreterIsThere(memory, search.Runtime);
    }

    [Fact]
    public void Follows_a_Python_that_execs_another()
    {
        IReadOnlyList<PythonInterpreter> found = [.. Interpreters.All.Where(interpreter => !interpreter.IsInOtherRoot)];
        Assert.SkipWhen(found.Count < 2, "fewer than two supported CPythons on this machine");
        using TargetProcess target = TargetProcess.Launch([found[0].Path, "-c",
            "import os, sys; print('ready', flush=True); os.read(0, 1); os.execv(sys.argv[1], sys.argv[1:])", found[1].Path, "-c", Wait]);
        target.WaitForReady();
        using RuntimeSearch search = new(target.Pid, new LiveProcessMemory(target.Pid));
        PollUntil(search, RuntimeSearchState.Found);
        Assert.Equal(found[0].Version, search.Runtime!.Version);
        Assert.Equal(1, search.Images);

        target.WriteLine();
        target.WaitForReady();
        PollUntil(search, RuntimeSearchState.Found);

        Assert.Equal(found[1].Version, search.Runtime!.Version);
        Assert.Equal(2, search.Images);
    }

    [Fact]
    public void Notices_the_end_and_never_throws()
    {
        using TargetProcess target = TargetProcess.Launch([Interpreters.Any().Path, "-c", Wait]);
        target.WaitForReady();
        using RuntimeSearch search = new(target.Pid, new LiveProcessMemory(target.Pid));
        PollUntil(search, RuntimeSearchState.Found);

        target.Signal("KILL");
        PollUntil(search, RuntimeSearchState.Ended);
        target.WaitForExit();

        Assert.Equal(RuntimeSearchState.Ended, search.Poll());
    }

    [Fact]
    public void An_unsupported_version_is_said_once_and_again()
    {
        Assert.SkipWhen(Interpreters.Unsupported.Count == 0, "no unsupported CPython on this machine");
        using TargetProcess target = TargetProcess.Launch([Interpreters.Unsupported[0].Path, "-c", "import sys; sys.stdin.read()"]);
        using RuntimeSearch search = new(target.Pid, new LiveProcessMemory(target.Pid));

        PollUntil(search, RuntimeSearchState.Unsupported);

        Assert.Equal(RuntimeSearchState.Unsupported, search.Poll());
        Assert.Equal(AttachFailure.UnsupportedVersion, search.Failure!.Reason);
    }

    [Fact]
    public void A_program_that_is_not_Python_is_known_as_that_and_costs_little()
    {
        using TargetProcess target = TargetProcess.Launch(["cat"]);
        target.WaitUntilItReadsInput();
        LiveProcessMemory memory = new(target.Pid);
        using RuntimeSearch search = new(target.Pid, memory);
        PollUntil(search, RuntimeSearchState.NotPython);

        long before = memory.Calls;
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(RuntimeSearchState.NotPython, search.Poll());
        }

        Assert.InRange(memory.Calls - before, 0, 3000); // the loader's record and its last library
    }

    [Fact]
    public void Finds_an_interpreter_that_is_loaded_later_as_a_library()
    {
        using TemporaryDirectory directory = new();
        PythonInterpreter[] shared = [.. Interpreters.All.Where(interpreter => !interpreter.IsInOtherRoot && interpreter.Version.Minor >= 8)];
        string library = shared.Select(LibraryOf).FirstOrDefault(path => path.Length > 0) ?? "";
        Assert.SkipWhen(library.Length == 0, "no CPython with a shared library on this machine");
        string source = directory.Write("host.c", """
            #include <dlfcn.h>
            #include <stdio.h>
            int main(int argc, char **argv) {
                getchar();
                void *library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
                if (!library) { puts(dlerror()); return 1; }
                ((void (*)(int))dlsym(library, "Py_InitializeEx"))(0);
                puts("ready"); fflush(stdout);
                getchar();
                return 0;
            }
            """);
        Compile(source, directory["host"]);
        string home = Path.GetDirectoryName(Path.GetDirectoryName(library))!;
        using TargetProcess target = TargetProcess.Launch([directory["host"], library], new Dictionary<string, string?> { ["PYTHONHOME"] = home });
        LiveProcessMemory memory = new(target.Pid);
        using RuntimeSearch search = new(target.Pid, memory);
        PollUntil(search, RuntimeSearchState.NotPython);

        target.WriteLine();
        target.WaitForReady();
        PollUntil(search, RuntimeSearchState.Found);

        Assert.Equal(library, search.Runtime!.ModulePath);
        RuntimeLocatorTests.AssertInterpreterIsThere(memory, search.Runtime);
    }

    [Fact]
    public void Finds_an_interpreter_that_the_dynamic_linker_was_told_to_run()
    {
        PythonInterpreter? interpreter = Interpreters.System;
        const string Linker = "/lib64/ld-linux-x86-64.so.2";
        Assert.SkipWhen(interpreter is null || !File.Exists(Linker), "no python3 of the system or no glibc for x86-64");
        using TargetProcess target = TargetProcess.Launch([Linker, interpreter.Path, "-S", "-c", Wait]);
        using RuntimeSearch search = new(target.Pid, new LiveProcessMemory(target.Pid));

        PollUntil(search, RuntimeSearchState.Found);

        Assert.Equal(interpreter.Version, search.Runtime!.Version);
    }

    [Fact]
    public void A_process_that_was_never_there_has_ended()
    {
        using RuntimeSearch search = new(int.MaxValue, new LiveProcessMemory(int.MaxValue));

        Assert.Equal(RuntimeSearchState.Ended, search.Poll());
    }

    [Fact]
    public void An_image_watch_tells_exec_and_end_from_going_on()
    {
        using TargetProcess target = TargetProcess.Launch(["sh", "-c", "echo ready; read line; exec cat"]);
        target.WaitForReady();
        using ProcessImageWatch shell = ProcessImageWatch.TryOpen(target.Pid, out _)!;
        Assert.True(shell.IsSame);
        Assert.False(shell.IsOwn);

        target.WriteLine();
        target.WriteLine("ready");
        target.WaitForReady(); // cat's echo
        Assert.False(shell.IsSame);

        using ProcessImageWatch cat = ProcessImageWatch.TryOpen(target.Pid, out _)!;
        Assert.True(cat.IsSame);
        target.Finish();
        Assert.False(cat.IsSame);
        Assert.Null(ProcessImageWatch.TryOpen(int.MaxValue, out int error));
        Assert.Equal(2, error); // ENOENT
    }

    [Fact]
    public void The_own_image_is_recognised()
    {
        using ProcessImageWatch own = ProcessImageWatch.TryOpen(Environment.ProcessId, out _)!;

        Assert.True(own.IsOwn);
    }

    private static void PollUntil(RuntimeSearch search, RuntimeSearchState wanted) =>
        WaitUntil.True(() => search.Poll() == wanted, $"process {search.Pid} is {wanted}");

    private static string LibraryOf(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        string module = RuntimeLocator.Locate(target.Pid, new LiveProcessMemory(target.Pid)).ModulePath;
        return module == interpreter.HostPath ? "" : module;
    }

    private static void Compile(string source, string output)
    {
        try
        {
            using Process compiler = Process.Start("cc", [source, "-o", output, "-ldl"]);
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no C compiler on this machine");
        }
    }
}
