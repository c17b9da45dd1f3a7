namespace LibProf.Sampler.Recording;

/// <summary>
/// Takes a recording's events in order. Implemented by the writer of recordings and by the Analyzer's profile builder;
/// called by the sampler's draining thread or by the reader of recordings, always from one thread at a time.
/// Whatever an event refers to by number (function, frame, stack, thread) was announced before.
/// Times are nanoseconds on the recording's clock, whose zero is the start of the recording.
/// </summary>
public interface IRecordingSink
{
    /// <summary>First of all.</summary>
    void OnEnvironment(RecordingEnvironment environment);

    /// <summary>A process image begins; the one before, if any, has ended.</summary>
    void OnImage(ProcessImage image);

    /// <summary>The newest image is a Python. Reported again when more of it is known.</summary>
    void OnPython(PythonInfo python);

    /// <summary>A moment in the newest image's life.</summary>
    void OnMilestone(Milestone milestone, long timeNs);

    /// <summary>A thread appeared, or more of it is known.</summary>
    void OnThread(ThreadInfo thread);

    /// <summary>A function is referred to for the first time.</summary>
    void OnFunction(in FunctionInfo function);

    /// <summary>A frame is referred to for the first time.</summary>
    void OnFrame(in FrameInfo frame);

    /// <summary>A stack: its caller's stack (0 for none) and its leaf frame. Numbers go up by one, from 1.</summary>
    void OnStack(int stackId, int parentStackId, int frameId);

    /// <summary>An entry of <c>sys.modules</c> appeared, or more of it is known (same name again).</summary>
    void OnModule(ModuleInfo module);

    /// <summary>A distribution and its modules, near the end of an image.</summary>
    void OnDistribution(DistributionInfo distribution);

    /// <summary>What a loaded module's file says about its imports, near the end of an image.</summary>
    void OnModuleSource(ModuleSource source)
    {
    }

    /// <summary>Processor time that the process had used by then, all threads together; from time to time.</summary>
    /// <param name="timeNs">When it was read.</param>
    /// <param name="cpuNs">User and system time in nanoseconds.</param>
    void OnProcessorTime(long timeNs, long cpuNs)
    {
    }

    /// <summary>The main interpreter collected garbage while something was being imported. In the order of time.</summary>
    /// <param name="beginNs">Midway between the last look before it and the first one in it.</param>
    /// <param name="endNs">Midway between the last look in it and the first one after it.</param>
    void OnCollection(long beginNs, long endNs)
    {
    }

    /// <summary>A call of a serverless handler is over. In the order of their numbers, from 1.</summary>
    void OnInvocation(in Invocation invocation)
    {
    }

    /// <summary>A look at the newest image and every stack it gave.</summary>
    /// <param name="timeNs">When it was taken; never less than the sample before.</param>
    /// <param name="stacks">One entry for each thread with Python frames; valid only during the call.</param>
    void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks);

    /// <summary>
    /// The process has not run since the last sample: looks that were due were left out, since they would have shown the same stacks.
    /// A sink that only follows changes leaves it out.
    /// </summary>
    /// <param name="untilNs">When the last of them was due; later than the last sample.</param>
    /// <param name="looks">How many; at least 1.</param>
    void OnIdle(long untilNs, long looks)
    {
    }

    /// <summary>The newest image's resident memory. A sink that has no use for it leaves it out.</summary>
    void OnMemory(in MemoryReading reading)
    {
    }

    /// <summary>The quality so far.</summary>
    void OnStatistics(SamplingStatistics statistics);

    /// <summary>A code object whose executions are followed. A sink that does not tell use leaves it out, like the next two.</summary>
    void OnCode(in CodeInfo code)
    {
    }

    /// <summary>What code objects say of their executions.</summary>
    void OnUsage(UsageSnapshot usage)
    {
    }

    /// <summary>Which shared libraries were accessed.</summary>
    void OnNativePages(NativePagesReading pages)
    {
    }

    /// <summary>The newest image ended (or, at the end of an attach, sampling did).</summary>
    void OnImageEnd(ImageEnd end);
}
