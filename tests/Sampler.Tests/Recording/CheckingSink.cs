using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Tests.Recording;

/// <summary>Fails when events are not as <see cref="IRecordingSink"/> promises, whatever the recording was.</summary>
internal sealed class CheckingSink : CollectingSink, IRecordingSink
{
    private int _functions;
    private int _frames;
    private int _stacks;
    private int _threads;
    private long _lastNs;

    void IRecordingSink.OnFunction(in FunctionInfo function)
    {
        Assert.Equal(_functions++, function.Id);
        Assert.NotNull(function.Name);
        Assert.NotNull(function.File);
        OnFunction(function);
    }

    void IRecordingSink.OnFrame(in FrameInfo frame)
    {
        Assert.Equal(_frames++, frame.Id);
        Assert.InRange(frame.FunctionId, 0, _functions - 1);
        OnFrame(frame);
    }

    void IRecordingSink.OnStack(int stackId, int parentStackId, int frameId)
    {
        Assert.Equal(++_stacks, stackId);
        Assert.InRange(parentStackId, 0, stackId - 1);
        Assert.InRange(frameId, 0, _frames - 1);
        OnStack(stackId, parentStackId, frameId);
    }

    void IRecordingSink.OnThread(ThreadInfo thread)
    {
        Assert.InRange(thread.Id, 0, _threads);
        _threads = Math.Max(_threads, thread.Id + 1);
        OnThread(thread);
    }

    void IRecordingSink.OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        Assert.True(timeNs >= _lastNs);
        _lastNs = timeNs;
        var seen = new HashSet<int>();
        foreach (var stack in stacks)
        {
            Assert.InRange(stack.ThreadId, 0, _threads - 1);
            Assert.InRange(stack.StackId, 1, _stacks);
            Assert.True(seen.Add(stack.ThreadId));
        }
        OnSample(timeNs, stacks);
    }

    void IRecordingSink.OnMemory(in MemoryReading reading)
    {
        Assert.True(Enum.IsDefined(reading.Source));
        Assert.True(reading.TimeNs >= 0 && reading.AnonymousKib >= 0 && reading.FileKib >= 0);
        foreach (var thread in reading.Faults?.Threads ?? [])
            Assert.InRange(thread.ThreadId, 0, _threads - 1);
        OnMemory(reading);
    }

    void IRecordingSink.OnMilestone(Milestone milestone, long timeNs)
    {
        Assert.True(Enum.IsDefined(milestone));
        OnMilestone(milestone, timeNs);
    }
}
