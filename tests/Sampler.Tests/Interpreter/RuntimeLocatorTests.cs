using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Interpreter;

public sealed class RuntimeLocatorTests
{
    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void Finds_a_running_interpreter_and_its_version(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        LiveProcessMemory memory = new(target.Pid);

        LocatedRuntime runtime = RuntimeLocator.Locate(target.Pid, memory);

        Assert.Equal(interpreter.Version, runtime.Version);
        Assert.False(runtime.FreeThreaded);
        Assert.Equal(interpreter.Version.Minor == 6, runtime.RuntimeAddress == 0);
        AssertInterpreterIsThere(memory, runtime);
    }

    [Fact]
    public void Refuses_an_unsupported_version_and_names_it()
    {
        Assert.SkipWhen(Interpreters.Unsupported.Count == 0, "no unsupported CPython on this machine");
        PythonInterpreter old = Interpreters.Unsupported[0];
        using TargetProcess target = TargetProcess.Start(old, "idle.py");

        AttachException error = Assert.Throws<AttachException>(() => RuntimeLocator.Locate(target.Pid, new LiveProcessMemory(target.Pid)));

        Assert.Equal(AttachFailure.UnsupportedVersion, error.Reason);
        Assert.Contains($"CPython {old.Version}", error.Message, StringComparison.Ordinal);
        Assert.Contains(KnownLayouts.SupportedVersionsText, error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_a_program_is_not_python()
    {
        using TargetProcess target = TargetProcess.Launch(["/bin/cat"]);

        AttachException error = Assert.Throws<AttachException>(() => RuntimeLocator.Locate(target.Pid, new LiveProcessMemory(target.Pid)));

        Assert.Equal(AttachFailure.NotPython, error.Reason);
    }

    internal static void AssertInterpreterIsThere(LiveProcessMemory memory, LocatedRuntime runtime)
    {
        Assert.True(runtime.TryReadFirstInterpreter(memory, out ulong interpreter));
        Assert.NotEqual(0UL, interpreter);
        Span<byte> head = stackalloc byte[8];
        Assert.True(memory.TryRead(interpreter + (ulong)runtime.Layout.Interpreter.ThreadsHead.Value, head));
        ulong thread = BitConverter.ToUInt64(head);
        Assert.True(memory.TryRead(thread + (ulong)runtime.Layout.Thread.Interpreter.Value, head));
        Assert.Equal(interpreter, BitConverter.ToUInt64(head));
    }
}
