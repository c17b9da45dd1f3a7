namespace LibProf.Sampler.Recording;

/// <summary>Hands each event to one sink and then to a second one, on the thread that hands them over.</summary>
/// <param name="first">Whose work matters; told of time passing when it is an <see cref="IPeriodicSink"/>.</param>
/// <param name="second">Who looks on.</param>
public sealed class SinkPair(IRecordingSink first, IRecordingSink second) : IPeriodicSink
{
    private readonly IPeriodicSink? _periodic = first as IPeriodicSink;

    /// <inheritdoc/>
    public void Tick(long nowNs) => _periodic?.Tick(nowNs);

    /// <inheritdoc/>
    public void OnEnvironment(RecordingEnvironment environment)
    {
        first.OnEnvironment(environment);
        second.OnEnvironment(environment);
    }

    /// <inheritdoc/>
    public void OnImage(ProcessImage image)
    {
        first.OnImage(image);
        second.OnImage(image);
    }

    /// <inheritdoc/>
    public void OnPython(PythonInfo python)
    {
        first.OnPython(python);
        second.OnPython(python);
    }

    /// <inheritdoc/>
    public void OnMilestone(Milestone milestone, long timeNs)
    {
        first.OnMilestone(milestone, timeNs);
        second.OnMilestone(milestone, timeNs);
    }

    /// <inheritdoc/>
    public void OnThread(ThreadInfo thread)
    {
        first.OnThread(thread);
        second.OnThread(thread);
    }

    /// <inheritdoc/>
    public void OnFunction(in FunctionInfo function)
    {
        first.OnFunction(function);
        second.OnFunction(function);
    }

    /// <inheritdoc/>
    public void OnFrame(in FrameInfo frame)
    {
        first.OnFrame(frame);
        second.OnFrame(frame);
    }

    /// <inheritdoc/>
    public void OnStack(int stackId, int parentStackId, int frameId)
    {
        first.OnStack(stackId, parentStackId, frameId);
        second.OnStack(stackId, parentStackId, frameId);
    }

    /// <inheritdoc/>
    public void OnModule(ModuleInfo module)
    {
        first.OnModule(module);
        second.OnModule(module);
    }

    /// <inheritdoc/>
    public void OnDistribution(DistributionInfo distribution)
    {
        first.OnDistribution(distribution);
        second.OnDistribution(distribution);
    }

    /// <inheritdoc/>
    public void OnModuleSource(ModuleSource source)
    {
        first.OnModuleSource(source);
        second.OnModuleSource(source);
    }

    /// <inheritdoc/>
    public void OnProcessorTime(long timeNs, long cpuNs)
    {
        first.OnProcessorTime(timeNs, cpuNs);
        second.OnProcessorTime(timeNs, cpuNs);
    }

    /// <inheritdoc/>
    public void OnCollection(long beginNs, long endNs)
    {
        first.OnCollection(beginNs, endNs);
        second.OnCollection(beginNs, endNs);
    }

    /// <inheritdoc/>
    public void OnInvocation(in Invocation invocation)
    {
        first.OnInvocation(invocation);
        second.OnInvocation(invocation);
    }

    /// <inheritdoc/>
    public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        first.OnSample(timeNs, stacks);
        second.OnSample(timeNs, stacks);
    }

    /// <inheritdoc/>
    public void OnIdle(long untilNs, long looks)
    {
        first.OnIdle(untilNs, looks);
        second.OnIdle(untilNs, looks);
    }

    /// <inheritdoc/>
    public void OnMemory(in MemoryReading reading)
    {
        first.OnMemory(reading);
        second.OnMemory(reading);
    }

    /// <inheritdoc/>
    public void OnStatistics(SamplingStatistics statistics)
    {
        first.OnStatistics(statistics);
        second.OnStatistics(statistics);
    }

    /// <inheritdoc/>
    public void OnCode(in CodeInfo code)
    {
        first.OnCode(code);
        second.OnCode(code);
    }

    /// <inheritdoc/>
    public void OnUsage(UsageSnapshot usage)
    {
        first.OnUsage(usage);
        second.OnUsage(usage);
    }

    /// <inheritdoc/>
    public void OnNativePages(NativePagesReading pages)
    {
        first.OnNativePages(pages);
        second.OnNativePages(pages);
    }

    /// <inheritdoc/>
    public void OnImageEnd(ImageEnd end)
    {
        first.OnImageEnd(end);
        second.OnImageEnd(end);
    }
}
