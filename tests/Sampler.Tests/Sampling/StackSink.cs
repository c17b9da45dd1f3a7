using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Tests.Sampling;

/// <summary>Keeps what a session found: the definitions, and how often each thread had each stack.</summary>
internal sealed class StackSink : IRecordingSink
{
    private readonly List<FunctionInfo> _functions = [];
    private readonly List<FrameInfo> _frames = [];
    private readonly List<(int Parent, int Frame)> _stacks = [(0, 0)];

    public Dictionary<int, ThreadInfo> Threads { get; } = [];

    public Dictionary<string, ModuleInfo> Modules { get; } = [];

    public List<(Milestone Milestone, long TimeNs)> Milestones { get; } = [];

    public Dictionary<(int Thread, int Stack), long> Counts { get; } = [];

    public List<ProcessImage> Images { get; } = [];

    public PythonInfo? Python { get; private set; }

    public long Samples { get; private set; }

    public long Idle { get; private set; }

    public long LastTimeNs { get; private set; } = -1;

    public bool TimesGoForward { get; private set; } = true;

    /// <summary>The frames of a stack, root first.</summary>
    public IReadOnlyList<(FunctionInfo Function, int Line, string? Importing)> Frames(int stack)
    {
        List<(FunctionInfo, int, string?)> frames = [];
        for (int id = stack; id != 0; id = _stacks[id].Parent)
        {
            FrameInfo frame = _frames[_stacks[id].Frame];
            frames.Add((_functions[frame.FunctionId], frame.Line, frame.Importing));
        }

        frames.Reverse();
        return frames;
    }

    public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        Samples++;
        TimesGoForward &= timeNs >= LastTimeNs;
        LastTimeNs = timeNs;
        foreach (ThreadStack stack in stacks)
        {
            Counts[(stack.ThreadId, stack.StackId)] = Counts.GetValueOrDefault((stack.ThreadId, stack.StackId)) + 1;
        }
    }

    public void OnIdle(long untilNs, long looks)
    {
        Idle += looks;
        TimesGoForward &= untilNs >= LastTimeNs;
        LastTimeNs = untilNs;
    }

    public void OnFunction(in FunctionInfo function) => _functions.Add(function);
    public void OnFrame(in FrameInfo frame) => _frames.Add(frame);
    public void OnStack(int stackId, int parentStackId, int frameId) => _stacks.Add((parentStackId, frameId));
    public void OnThread(ThreadInfo thread) => Threads[thread.Id] = thread;
    public void OnModule(ModuleInfo module) => Modules[module.Name] = module;
    public void OnMilestone(Milestone milestone, long timeNs) => Milestones.Add((milestone, timeNs));
    public void OnPython(PythonInfo python) => Python = python;
    public void OnImage(ProcessImage image) => Images.Add(image);
    public void OnEnvironment(RecordingEnvironment environment) { }
    public void OnDistribution(DistributionInfo distribution) { }
    public void OnStatistics(SamplingStatistics statistics) { }
    public void OnImageEnd(ImageEnd end) { }
    public void OnInvocation(in Invocation invocation) { }
}
