namespace LibProf.Sampler.Recording;

/// <summary>What a thread did at a look, beside its stack.</summary>
/// <param name="ThreadId">The thread's number, as in <see cref="ThreadStack"/>.</param>
/// <param name="IsRunning">
/// Whether it ran or was ready to run (state R of <c>/proc/PID/task/TID/stat</c>, proc(5)); null when not known.
/// </param>
/// <param name="HoldsGil">Whether it held the GIL of its interpreter.</param>
public readonly record struct ThreadActivity(int ThreadId, bool? IsRunning, bool HoldsGil);

/// <summary>
/// Told of what threads did at each look that gave stacks: more than a recording has, for views of the present. Called on the sampling
/// thread, before the sample of the same time reaches the sink; the sample may never come, when its names turn out to be doubtful.
/// </summary>
public interface ILookObserver
{
    /// <summary>A look gave stacks.</summary>
    /// <param name="timeNs">The sample's time.</param>
    /// <param name="threads">One entry for each thread of the sample; valid only during the call.</param>
    /// <param name="isGilKnown">Whether it was known who holds the GIL; false for builds without one.</param>
    void OnLook(long timeNs, ReadOnlySpan<ThreadActivity> threads, bool isGilKnown);
}
