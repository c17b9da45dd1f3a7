using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Live;

/// <summary>What a live view is asked for.</summary>
/// <param name="ThreadId">Only this thread; null for all of them together.</param>
/// <param name="CountWaiting">Whether looks at threads that wait count, too; else only those at threads that run.</param>
/// <param name="ByLine">Lines instead of functions.</param>
public readonly record struct LiveQuery(int? ThreadId, bool CountWaiting, bool ByLine);

/// <summary>Counted looks: those that found something on top of a stack, and those that found it anywhere on a stack.</summary>
/// <param name="Own">On top.</param>
/// <param name="Total">Anywhere; a function that calls itself counts once.</param>
public readonly record struct LiveCount(long Own, long Total);

/// <summary>A function, or a line of it.</summary>
/// <param name="Function">The function.</param>
/// <param name="Line">The line; 0 for the whole function, or where it is not known.</param>
/// <param name="Recent">In the last seconds.</param>
/// <param name="Overall">Since the beginning, or the last reset.</param>
public sealed record LiveRow(FunctionInfo Function, int Line, LiveCount Recent, LiveCount Overall);

/// <summary>A thread. All counts are of looks.</summary>
/// <param name="Info">The thread.</param>
/// <param name="Seen">Looks of the last seconds at which it had a stack.</param>
/// <param name="Running">Of those, at which it ran or was ready to.</param>
/// <param name="Holding">Of those, at which it held the GIL.</param>
/// <param name="OverallRunning">Since the beginning.</param>
/// <param name="OverallHolding">Since the beginning.</param>
/// <param name="Leaf">Where it was at the last look; null when it had no stack then, or its upper end was not read.</param>
public sealed record LiveThread(ThreadInfo Info, long Seen, long Running, long Holding, long OverallRunning, long OverallHolding, FunctionInfo? Leaf);

/// <summary>How the present looks. Shares are counts divided by looks: 2.0 are two threads at all looks.</summary>
public sealed record LiveSnapshot
{
    /// <summary>What was asked for.</summary>
    public required LiveQuery Query { get; init; }
    /// <summary>Looks of the last seconds.</summary>
    public required long RecentLooks { get; init; }
    /// <summary>Looks since the beginning or the last reset.</summary>
    public required long OverallLooks { get; init; }
    /// <summary>Looks of the last seconds at which it was known who holds the GIL; 0 for an interpreter without one.</summary>
    public required long RecentGilLooks { get; init; }
    /// <summary>Of those, at which somebody held it.</summary>
    public required long RecentGilHeld { get; init; }
    /// <summary>The time that the last seconds are, in nanoseconds.</summary>
    public required long RecentNs { get; init; }
    /// <summary>The time that was counted since the beginning or the last reset, in nanoseconds.</summary>
    public required long OverallNs { get; init; }
    /// <summary>Functions or lines that were counted, in no order.</summary>
    public required IReadOnlyList<LiveRow> Rows { get; init; }
    /// <summary>Threads with Python frames in the last seconds, in the order of their numbers.</summary>
    public required IReadOnlyList<LiveThread> Threads { get; init; }
    /// <summary>The interpreter; null before it was found.</summary>
    public required PythonInfo? Python { get; init; }
    /// <summary>The process image; null before the first one.</summary>
    public required ProcessImage? Image { get; init; }
    /// <summary>Quality since the beginning of the sampling, a second old at most; null before the first figures.</summary>
    public required SamplingStatistics? Statistics { get; init; }
    /// <summary>Looks asked for per second; 0 for as many as possible.</summary>
    public required double RateHz { get; init; }
    /// <summary>Whether what comes is not counted for the time being.</summary>
    public required bool IsPaused { get; init; }
}
