using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Tests.Sampling;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>What is read from a target is untrusted: loops, torn links, freed and reused memory made up byte by byte.</summary>
public sealed class ForgedInterpreterTests
{
    private readonly ForgedInterpreter _python = new();
    private readonly StackSink _sink = new();
    private readonly InterpreterReader _reader;
    private long _now;
    private ulong _innerCode;
    private ulong _innerName;

    public ForgedInterpreterTests() =>
        _reader = new InterpreterReader(new PythonObjects(_python.Memory, _python.Layout), _python.Runtime, new StackInterner(_sink), (_, _, _) => 0);

    [Fact]
    public void Reads_a_stack_with_names_and_lines()
    {
        PushOuterAndInner();

        Assert.Equal(LookResult.Sample, Look());

        Assert.Equal(["outer f.py:10", "inner f.py:20"], Stack());
        Assert.False(_reader.IsCut);
    }

    [Fact]
    public void A_repeated_stack_takes_one_read_and_allocates_nothing()
    {
        PushOuterAndInner();
        for (int i = 0; i < 300; i++)
        {
            Look();
        }

        int reads = 0;
        _python.Memory.BeforeRead = () => reads++;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _reader.Look(_now += 1_000_000);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(100, reads);
    }

    [Fact]
    public void A_thread_whose_state_was_freed_is_noticed_by_its_neighbour()
    {
        (ulong outer, _) = PushOuterAndInner();
        ulong state = _python.BeginThread(outer);
        Assert.Equal(LookResult.Sample, Look());
        Assert.Equal(2, _reader.StackCount);

        _python.EndThread(state);

        Assert.Equal(LookResult.Sample, Look());
        Assert.Equal(1, _reader.ThreadCount);
        Assert.Equal(["outer f.py:10", "inner f.py:20"], Stack());
        Assert.False(_reader.IsCut);
    }

    [Fact]
    public void Many_new_functions_on_one_stack_are_resolved_in_a_few_reads()
    {
        ulong frame = _python.Root;
        for (int i = 0; i < 40; i++)
        {
            frame = _python.Push(frame, _python.Code(_python.Str($"function{i}"), _python.Str($"file{i}.py"), i + 1), owner: 0);
        }

        _python.SetNewest(frame);
        int reads = 0;
        _python.Memory.BeforeRead = () => reads++;

        Assert.Equal(LookResult.Sample, Look());

        Assert.Equal(40, Stack().Length);
        // The threads, the place of the frames, the code objects and their names, and the stack with all of it unchanged.
        Assert.InRange(reads, 1, 16);
    }

    [Fact]
    public void Another_instruction_of_the_newest_frame_is_another_line_and_no_other_read()
    {
        (_, ulong inner) = PushOuterAndInner();
        for (int i = 0; i < 300; i++)
        {
            Look();
        }

        int reads = 0;
        _python.Memory.BeforeRead = () =>
        {
            // While the frames are copied the target goes on.
            _python.SetInstruction(inner, reads++ % 8);
        };
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(LookResult.Sample, Look());
            Assert.Equal(["outer f.py:10", "inner f.py:20"], Stack());
        }

        Assert.Equal(20, reads);
    }

    [Fact]
    public void A_circle_of_frames_is_a_failed_look()
    {
        (ulong outer, ulong inner) = PushOuterAndInner();
        _python.SetPrevious(outer, inner);

        Assert.Equal(LookResult.Failed, Look());
        Assert.Equal(SampleFailure.Torn, _reader.Failure);
    }

    [Fact]
    public void A_link_to_nowhere_is_a_failed_look()
    {
        (ulong outer, _) = PushOuterAndInner();
        _python.SetPrevious(outer, 0x1234_5678_0000);

        Assert.Equal(LookResult.Failed, Look());
    }

    [Fact]
    public void A_stack_that_does_not_reach_the_root_is_not_shown()
    {
        (ulong outer, _) = PushOuterAndInner();
        _python.SetPrevious(outer, 0);

        Assert.Equal(LookResult.Failed, Look());
    }

    [Fact]
    public void A_thread_without_frames_is_no_sample()
    {
        Assert.Equal(LookResult.NoFrames, Look());
    }

    [Fact]
    public void Another_name_at_the_same_address_is_noticed_at_once()
    {
        ulong name = _python.Str("first");
        ulong code = _python.Code(name, _python.Str("f.py"), 1);
        _python.SetNewest(_python.Push(_python.Root, code, owner: 0));
        Look();
        Assert.Equal(["first f.py:1"], Stack());

        _python.Rename(name, "other");
        Look();

        Assert.Equal(["other f.py:1"], Stack());
    }

    [Fact]
    public void Another_name_at_an_address_that_was_stable_makes_the_samples_since_then_doubtful()
    {
        ulong name = _python.Str("first");
        ulong code = _python.Code(name, _python.Str("f.py"), 1);
        _python.SetNewest(_python.Push(_python.Root, code, owner: 0));
        for (int i = 0; i < 300; i++)
        {
            Look();
        }

        List<Doubt> doubtful = [];
        _reader.VerifyNames(_now, doubtful);
        Assert.Empty(doubtful);

        _python.Rename(name, "other");
        Look();
        _reader.VerifyNames(_now, doubtful);

        Assert.Single(doubtful);
        Look();
        Assert.Equal(["other f.py:1"], Stack());
    }

    [Fact]
    public void A_frame_whose_code_can_never_be_read_costs_that_frame_only()
    {
        ulong code = _python.Code(_python.Str(new string('x', 5000)), _python.Str("f.py"), 1);
        ulong outer = _python.Push(_python.Root, _python.Code(_python.Str("outer"), _python.Str("f.py"), 10), owner: 0);
        ulong middle = _python.Push(outer, code, owner: 0);
        _python.SetNewest(_python.Push(middle, _python.Code(_python.Str("inner"), _python.Str("f.py"), 20), owner: 0));
        for (int i = 0; i < 100; i++)
        {
            Look();
        }

        Assert.Equal(["outer f.py:10", "inner f.py:20"], Stack());
    }

    [Fact]
    public void Calls_and_returns_during_the_read_give_a_stack_that_existed()
    {
        (ulong outer, ulong inner) = PushOuterAndInner();
        Look();
        int reads = 0;
        // The target returns and calls again, again and again: each read finds another newest frame.
        _python.Memory.BeforeRead = () => _python.SetNewest(reads++ % 2 == 0 ? outer : inner);

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(LookResult.Sample, Look());
            Assert.Contains(string.Join(" ", Stack()), (string[])["outer f.py:10", "outer f.py:10 inner f.py:20"]);
        }
    }

    [Fact]
    public void Random_damage_never_throws_and_never_hangs()
    {
        PushOuterAndInner();
        Look();
        Random random = new(7);
        byte[] noise = new byte[64];
        for (int i = 0; i < 2000; i++)
        {
            random.NextBytes(noise);
            _python.Memory.Write(_python.Thread + (ulong)random.Next(0, 200), noise.AsSpan(0, random.Next(1, 16)));
            _python.Memory.Write(_python.Root + (ulong)random.Next(0, 300), noise.AsSpan(0, random.Next(1, 16)));
            Look();
        }
    }

    [Fact]
    public void What_is_unreadable_for_good_costs_its_frame()
    {
        PushOuterAndInner();
        _python.SetName(_innerCode, ForgedMemory.Base + 64);
        for (int i = 0; i < 100; i++)
        {
            Look();
        }

        Assert.Equal(LookResult.Sample, Look());
        Assert.Equal(["outer f.py:10"], Stack());
        Assert.False(_reader.IsCut);
    }

    [Fact]
    public void What_is_unreadable_now_and_then_costs_no_frame()
    {
        // As in a program that makes and frees the same code over and over.
        PushOuterAndInner();
        for (int i = 0; i < 100; i++)
        {
            _python.SetName(_innerCode, _innerName);
            Assert.Equal(LookResult.Sample, Look());
            Assert.Equal(["outer f.py:10", "inner f.py:20"], Stack());

            _python.SetName(_innerCode, ForgedMemory.Base + 64);
            Look();
            Assert.True(_reader.IsCut || _reader.StackCount == 0);
        }
    }

    [Fact]
    public void A_name_that_took_the_place_of_a_long_known_one_is_read_anew_for_a_new_import()
    {
        ulong outer = _python.Push(_python.Root, _python.Code(_python.Str("outer"), _python.Str("f.py"), 10), owner: 0);
        ulong machinery = _python.Code(_python.Str("_find_and_load"), _python.Str("<frozen importlib._bootstrap>"), 1000);
        ulong name = _python.Str("alpha");
        ulong import = _python.Push(outer, machinery, owner: 0);
        _python.SetLocal(import, name);
        _python.SetNewest(import);
        for (int i = 0; i < 2000; i++)
        {
            Look();
        }

        Assert.Equal("alpha", Importing());
        _python.SetNewest(outer);
        Look();
        _python.Rename(name, "omega");
        ulong next = _python.Push(outer, machinery, owner: 0);
        _python.SetLocal(next, name);
        _python.SetNewest(next);

        Assert.Equal(LookResult.Sample, Look());

        Assert.Equal("omega", Importing());
    }

    private string? Importing() => _sink.Frames(_reader.Stacks[0].StackId).Last().Importing;

    private (ulong Outer, ulong Inner) PushOuterAndInner()
    {
        ulong file = _python.Str("f.py");
        ulong outer = _python.Push(_python.Root, _python.Code(_python.Str("outer"), file, 10), owner: 0);
        _innerName = _python.Str("inner");
        _innerCode = _python.Code(_innerName, file, 20);
        ulong inner = _python.Push(outer, _innerCode, owner: 0);
        _python.SetNewest(inner);
        return (outer, inner);
    }

    private LookResult Look() => _reader.Look(_now += 1_000_000);

    private string[] Stack() =>
        [.. _sink.Frames(_reader.Stacks[0].StackId).Select(frame => $"{frame.Function.Name} {frame.Function.File}:{frame.Line}")];
}
