using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>Consecutive looks at one thread that gave the same stack.</summary>
/// <param name="Stack">The stack; <see cref="StackId.None"/> while the thread had no Python frame.</param>
/// <param name="Cut">Whether the leaf side was lost: the real stack began with these frames.</param>
/// <param name="Samples">How many looks; 0 while the thread had no Python frame.</param>
/// <param name="EndNs">When it ends: midway between its last look and the next one. It begins where the run before ends.</param>
public readonly record struct StackRun(StackId Stack, bool Cut, int Samples, long EndNs);

/// <summary>What one thread was seen doing, without gaps, in nanoseconds on the recording's clock.</summary>
/// <param name="Thread">The thread.</param>
/// <param name="StartNs">When the first run begins.</param>
/// <param name="Runs">In order of time; each begins where the one before ends.</param>
public sealed record ThreadTimeline(ThreadInfo Thread, long StartNs, IReadOnlyList<StackRun> Runs)
{
    /// <summary>When the last run ends.</summary>
    public long EndNs => Runs.Count == 0 ? StartNs : Runs[^1].EndNs;

    /// <summary>How many looks gave a stack of this thread.</summary>
    public long Samples => Runs.Sum(run => (long)run.Samples);
}
