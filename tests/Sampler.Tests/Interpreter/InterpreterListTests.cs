using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>The list of interpreters is the target's: it may be torn, go in a circle, or never end.</summary>
public sealed class InterpreterListTests
{
    private readonly ForgedMemory _memory = new();
    private readonly ForgedInterpreter _python = new();
    private readonly List<InterpreterEntry> _entries = [];

    [Fact]
    public void The_newest_is_first_and_each_has_its_id()
    {
        ulong main = Interpreter(id: 0, next: 0);
        ulong newest = Interpreter(id: 7, next: main);

        InterpreterList.Read(_memory, _python.Layout, newest, _entries);

        Assert.Equal([new InterpreterEntry(newest, 7), new InterpreterEntry(main, 0)], _entries);
    }

    [Fact]
    public void A_circle_ends()
    {
        ulong one = Interpreter(id: 1, next: 0);
        ulong two = Interpreter(id: 2, next: one);
        _memory.WriteUInt64(one + (ulong)_python.Layout.Interpreter.Next.Value, two);

        InterpreterList.Read(_memory, _python.Layout, two, _entries);

        Assert.Equal(ReadLimits.MaxInterpreters, _entries.Count);
    }

    [Fact]
    public void What_cannot_be_read_ends_the_list()
    {
        ulong one = Interpreter(id: 1, next: 0x10);

        InterpreterList.Read(_memory, _python.Layout, one, _entries);

        Assert.Equal([new InterpreterEntry(one, 1)], _entries);
    }

    [Fact]
    public void The_main_interpreter_is_the_last_and_a_circle_has_none()
    {
        LocatedRuntime runtime = _python.Runtime;
        ulong head = runtime.InterpretersHeadAddress;
        Assert.True(InterpreterList.TryFindMain(_python.Memory, runtime, out ulong main));
        ulong newer = _python.Memory.Allocate(4096);
        ulong next = (ulong)_python.Layout.Interpreter.Next.Value;
        _python.Memory.WriteUInt64(head, newer);
        _python.Memory.WriteUInt64(newer + next, main);

        Assert.True(InterpreterList.TryFindMain(_python.Memory, runtime, out ulong again));
        Assert.Equal(main, again);

        _python.Memory.WriteUInt64(newer + next, newer);
        Assert.False(InterpreterList.TryFindMain(_python.Memory, runtime, out _));
    }

    private ulong Interpreter(ulong id, ulong next)
    {
        InterpreterLayout layout = _python.Layout.Interpreter;
        ulong address = _memory.Allocate(Math.Max(layout.Id.Value, layout.Next.Value) + 16);
        _memory.WriteUInt64(address + (ulong)layout.Id.Value, id);
        _memory.WriteUInt64(address + (ulong)layout.Next.Value, next);
        return address;
    }
}
