using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>A generator of 3.8 that is resumed between the two copies of its frame; memory made up byte by byte.</summary>
public sealed class ResumedGeneratorTests
{
    private const ulong Generator = ForgedMemory.Base + 0x100;
    private const ulong Code = ForgedMemory.Base + 0x200;

    private readonly ForgedMemory _memory = new();
    private readonly FrameLayout _layout;
    private readonly StackWalk _walk;
    private readonly ulong _main;
    private readonly ulong _outer;
    private readonly ulong _inner;

    public ResumedGeneratorTests()
    {
        Assert.True(KnownLayouts.TryGet(new CPythonVersion(3, 8, 0), freeThreaded: false, out CPythonLayout? layout));
        _layout = layout.Frame;
        _walk = new StackWalk(layout);
        _main = Frame(0, 0);
        _outer = Frame(_main, Generator + 8);
        _inner = Frame(_outer, Generator);
        _walk.Prediction.Learn(_memory, _inner);
        Assert.Equal(3, _walk.Prediction.Regions.Length);
    }

    [Fact]
    public void Resumed_after_its_first_copy_it_is_the_newest_frame()
    {
        Suspend(_inner);

        Assert.Equal(LookStatus.Good, Follow(_inner, () => Resume(_inner, _outer)));
        Assert.Equal([_inner, _outer, _main], Walked());
        Assert.False(_walk.IsCut);
    }

    [Fact]
    public void Not_resumed_it_is_no_frame_of_the_stack()
    {
        Suspend(_inner);

        Assert.Equal(LookStatus.Torn, Follow(_inner, () => { }));
    }

    [Fact]
    public void What_was_another_generators_frame_before_proves_nothing()
    {
        Suspend(_inner);
        _memory.WriteUInt64(_inner + (ulong)_layout.Generator.Value, Generator + 16);

        Assert.Equal(LookStatus.Torn, Follow(_inner, () =>
        {
            Resume(_inner, _outer);
            _memory.WriteUInt64(_inner + (ulong)_layout.Generator.Value, Generator);
        }));
    }

    [Fact]
    public void What_was_other_code_before_proves_nothing()
    {
        Suspend(_inner);
        _memory.WriteUInt64(_inner + (ulong)_layout.Executable.Value, Code + 8);

        Assert.Equal(LookStatus.Torn, Follow(_inner, () =>
        {
            Resume(_inner, _outer);
            _memory.WriteUInt64(_inner + (ulong)_layout.Executable.Value, Code);
        }));
    }

    [Fact]
    public void A_frame_of_a_function_that_was_not_there_before_is_torn()
    {
        Suspend(_inner);
        _memory.WriteUInt64(_inner + (ulong)_layout.Generator.Value, 0);

        Assert.Equal(LookStatus.Torn, Follow(_inner, () => Resume(_inner, _outer)));
    }

    [Fact]
    public void Older_frames_must_have_stood_until_after_it_ran()
    {
        // Read as if the inner one still was the newest: the outer one's second copy comes after the inner one's.
        Suspend(_outer);
        _memory.WriteUInt64(_inner + (ulong)_layout.Previous.Value, _main);

        Assert.Equal(LookStatus.Torn, Follow(_outer, () => Resume(_outer, _inner)));
    }

    // Far enough apart to be regions of their own.
    private ulong Frame(ulong previous, ulong generator)
    {
        ulong frame = _memory.Allocate(12_000);
        _memory.WriteUInt64(frame + (ulong)_layout.Previous.Value, previous);
        _memory.WriteUInt64(frame + (ulong)_layout.Executable.Value, Code);
        _memory.WriteUInt64(frame + (ulong)_layout.Generator.Value, generator);
        _memory.WriteByte(frame + (ulong)_layout.State.Value, (byte)_layout.ExecutingState);
        return frame;
    }

    private void Suspend(ulong frame)
    {
        _memory.WriteByte(frame + (ulong)_layout.State.Value, (byte)(_layout.ExecutingState ^ 1));
        _memory.WriteUInt64(frame + (ulong)_layout.Previous.Value, 0);
    }

    private void Resume(ulong frame, ulong caller)
    {
        _memory.WriteByte(frame + (ulong)_layout.State.Value, (byte)_layout.ExecutingState);
        _memory.WriteUInt64(frame + (ulong)_layout.Previous.Value, caller);
    }

    // One read, in the middle of which something happens.
    private LookStatus Follow(ulong newest, Action inBetween)
    {
        ReadBatch first = new();
        _walk.Prediction.EnlistFirst(first);
        int half = first.Count;
        ReadBatch batch = new();
        _walk.Prediction.EnlistFirst(batch);
        _walk.Prediction.EnlistSecond(batch, isOnly: false);
        _memory.BeforeRange = index =>
        {
            if (index == half)
            {
                inBetween();
            }
        };
        Assert.True(batch.Read(_memory));
        _memory.BeforeRange = null;
        return _walk.Follow(batch.Bytes, newest, lastTry: false, out _);
    }

    private ulong[] Walked() => [.. Enumerable.Range(0, _walk.Depth).Select(index => _walk[index].Address)];
}
