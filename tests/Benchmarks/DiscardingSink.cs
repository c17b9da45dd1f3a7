using LibProf.Sampler.Recording;

namespace LibProf.Benchmarks;

/// <summary>Takes events and keeps nothing; those that have a default are left to it.</summary>
internal sealed class DiscardingSink : IRecordingSink
{
    public void OnEnvironment(RecordingEnvironment environment) { }
    public void OnImage(ProcessImage image) { }
    public void OnPython(PythonInfo python) { }
    public void OnMilestone(Milestone milestone, long timeNs) { }
    public void OnThread(ThreadInfo thread) { }
    public void OnFunction(in FunctionInfo function) { }
    public void OnFrame(in FrameInfo frame) { }
    public void OnStack(int stackId, int parentStackId, int frameId) { }
    public void OnModule(ModuleInfo module) { }
    public void OnDistribution(DistributionInfo distribution) { }
    public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks) { }
    public void OnStatistics(SamplingStatistics statistics) { }
    public void OnImageEnd(ImageEnd end) { }
    public void OnInvocation(in Invocation invocation) { }
}
