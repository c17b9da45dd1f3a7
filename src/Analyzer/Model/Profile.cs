using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>
/// A whole recording in memory, as it was observed: nothing is attributed yet. The last Python image is the profiled one
/// (the last image when there was no Python); times are nanoseconds on the recording's clock.
/// </summary>
public sealed class Profile
{
    private const int FewMissed = 20;

    internal Profile()
    {
    }

    /// <summary>What the recording was made with; null when the recording does not say.</summary>
    public RecordingEnvironment? Environment { get; internal init; }

    /// <summary>The profiled image.</summary>
    public required ImageHistory Image { get; init; }

    /// <summary>The images that it replaced by exec, the first one first.</summary>
    public IReadOnlyList<ImageHistory> PreviousImages { get; internal init; } = [];

    /// <summary>How the process ended: the last image's end, which is another than the profiled one's when a Python execs something else.</summary>
    public ImageEnd? ProcessEnd { get; internal init; }

    /// <summary>Functions, frames and stacks.</summary>
    public required StackTable Stacks { get; init; }

    /// <summary>What each thread of the profiled image was seen doing, by thread number.</summary>
    public IReadOnlyList<ThreadTimeline> Threads { get; internal init; } = [];

    /// <summary>Its <c>sys.modules</c> in order of insertion; other interpreters' after the main one's, under the names that <see cref="ModuleKey"/> gives them.</summary>
    public IReadOnlyList<ModuleInfo> Modules { get; internal init; } = [];

    /// <summary>The distributions its modules belong to.</summary>
    public IReadOnlyList<DistributionInfo> Distributions { get; internal init; } = [];

    /// <summary>By module, what its file says about its imports; empty when the recording does not say.</summary>
    public IReadOnlyDictionary<string, ModuleSource> Sources { get; internal init; } = new Dictionary<string, ModuleSource>();

    /// <summary>Processor time used by then, in order of time; empty when it was not recorded.</summary>
    public IReadOnlyList<ProcessorTime> ProcessorTimes { get; internal init; } = [];

    /// <summary>When it collected garbage while importing: in order of time, apart from each other; empty where that is not known (CPython 3.6).</summary>
    public IReadOnlyList<TimeSpanNs> Collections { get; internal init; } = [];

    /// <summary>The time of <see cref="Collections"/>, all together.</summary>
    public long CollectedNs => Collections.Sum(span => span.LengthNs);

    /// <summary>Its resident memory in the order of time; empty when that was not recorded.</summary>
    public IReadOnlyList<MemoryReading> Memory { get; internal init; } = [];

    /// <summary>The calls of its serverless handler in their order; empty when it was not run by libprof's driver.</summary>
    public IReadOnlyList<Invocation> Invocations { get; internal init; } = [];

    /// <summary>Quality figures; null when the recording has none (it was cut early).</summary>
    public SamplingStatistics? Statistics { get; internal init; }

    /// <summary>Looks of the profiled image that are in the recording.</summary>
    public long Looks { get; internal init; }

    /// <summary>Those of them of which some stack was cut.</summary>
    public long CutLooks { get; internal init; }

    /// <summary>
    /// Whether looks came at the pace that was asked for, so that their numbers say the same as their times: not without a pace, and not
    /// where more than one in twenty of those due was missed.
    /// </summary>
    public bool HasEvenLooks =>
        Environment is null or { RateHz: > 0 } && (Statistics is not { } quality || quality.Missed <= (quality.Samples + quality.Missed) / FewMissed);

    /// <summary>Code objects of its functions whose executions were followed.</summary>
    public IReadOnlyList<CodeInfo> Codes { get; internal init; } = [];

    /// <summary>What they said of their executions, in order of time.</summary>
    public IReadOnlyList<UsageSnapshot> Usage { get; internal init; } = [];

    /// <summary>Which shared libraries were accessed in some stretch of time.</summary>
    public IReadOnlyList<NativePagesReading> NativePages { get; internal init; } = [];

    /// <summary>When the image's exec (or the attach) was.</summary>
    public long StartNs => Image.Image.StartNs;

    /// <summary>When the image ended, or sampling did when that was earlier, or the recording.</summary>
    public long EndNs { get; internal init; }

    /// <summary>From <see cref="StartNs"/> to <see cref="EndNs"/>.</summary>
    public long DurationNs => EndNs - StartNs;

    /// <summary>
    /// The end of the cold start: with a handler, when its first call was over; else <see cref="EndNs"/>. Shares are of the time from
    /// <see cref="StartNs"/> to here.
    /// </summary>
    public long ColdStartEndNs => Invocations.Count > 0 ? Math.Clamp(Invocations[0].EndNs, StartNs, EndNs) : EndNs;

    /// <summary>
    /// From <see cref="StartNs"/> to <see cref="ColdStartEndNs"/>, but for the time between the handler's import and its first call: there the driver
    /// waits for libprof, and no other runtime does.
    /// </summary>
    public long ColdStartNs => ColdStartEndNs - StartNs - DriverWaitNs;

    private long DriverWaitNs => Invocations.Count > 0 && Image.At(Milestone.HandlerReady) is { } readyNs
        ? Math.Clamp(Invocations[0].BeginNs - readyNs, 0, Math.Max(0, ColdStartEndNs - readyNs)) : 0;

    /// <summary>Whether it was recorded by attaching: what came before is not known.</summary>
    public bool Attached => Image.Image.Attached;

    /// <summary>The timeline of the process's main thread; null when it was never seen.</summary>
    public ThreadTimeline? MainThread => Threads.FirstOrDefault(timeline => timeline.Thread.IsMain);
}
