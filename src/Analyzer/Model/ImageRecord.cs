using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>What <see cref="ProfileBuilder"/> knows of one process image.</summary>
internal sealed class ImageRecord(ProcessImage image)
{
    private readonly List<TimelineBuilder> _active = [];
    private readonly SortedSet<long> _emptyLooks = [];
    private long _look;
    private long _firstLookNs;
    private long _lastLookNs;

    public ProcessImage Image { get; } = image;

    public PythonInfo? Python { get; set; }

    public List<CodeInfo> Codes { get; } = [];

    public List<UsageSnapshot> Usage { get; } = [];

    public List<NativePagesReading> NativePages { get; } = [];

    public ImageEnd? End { get; set; }

    public Dictionary<Milestone, long> Milestones { get; } = [];

    public Dictionary<int, TimelineBuilder> Timelines { get; } = [];

    public Dictionary<string, ModuleInfo> Modules { get; } = new(StringComparer.Ordinal);

    public List<DistributionInfo> Distributions { get; } = [];

    public Dictionary<string, ModuleSource> Sources { get; } = new(StringComparer.Ordinal);

    public List<ProcessorTime> ProcessorTimes { get; } = [];
    public List<TimeSpanNs> Collections { get; } = [];

    public List<MemoryReading> Memory { get; } = [];

    public List<Invocation> Invocations { get; } = [];

    public long Looks { get; private set; }

    public long CutLooks { get; private set; }

    /// <summary>Mean time between looks in nanoseconds; 0 with fewer than two.</summary>
    public long MeanPeriodNs => Looks < 2 ? 0 : (_lastLookNs - _firstLookNs) / (Looks - 1);

    /// <summary>Adds a look to the timelines of all threads.</summary>
    /// <param name="timeNs">When.</param>
    /// <param name="halfPeriodNs">How far a look reaches back when there is none before it.</param>
    /// <param name="stacks">What it gave.</param>
    /// <param name="threads">The threads known so far.</param>
    public void AddLook(long timeNs, long halfPeriodNs, ReadOnlySpan<ThreadStack> stacks, Dictionary<int, ThreadInfo> threads)
    {
        AddEmptyLooks(timeNs);
        timeNs = Math.Max(timeNs, _lastLookNs);
        long boundaryNs;
        if (_look == 0)
        {
            long earliestNs = Milestones.GetValueOrDefault(Milestone.InterpreterCreated, Image.StartNs);
            boundaryNs = Math.Min(timeNs, Math.Max(earliestNs, timeNs - halfPeriodNs));
        }
        else
        {
            boundaryNs = Midway(timeNs);
            if (_active.Count == 0)
            {
                // Looks that find no frames are not all reported: frames were there since this look's period only.
                boundaryNs = Math.Max(boundaryNs, timeNs - halfPeriodNs);
            }
        }

        bool cut = false;
        _look++;
        foreach (ref readonly ThreadStack stack in stacks)
        {
            cut |= stack.Cut;
            if (!Timelines.TryGetValue(stack.ThreadId, out TimelineBuilder? timeline))
            {
                ThreadInfo thread = threads.GetValueOrDefault(stack.ThreadId) ?? new ThreadInfo(stack.ThreadId, 0, "", false, 0);
                Timelines[stack.ThreadId] = timeline = new TimelineBuilder(thread);
            }

            if (timeline.LastLook == _look)
            {
                continue; // the same thread twice in one look: the first counts
            }

            if (!timeline.Active)
            {
                _active.Add(timeline);
            }

            timeline.Observe(_look, boundaryNs, stack);
        }

        CloseAbsent(boundaryNs);
        if (Looks++ == 0)
        {
            _firstLookNs = timeNs;
        }

        CutLooks += cut ? 1 : 0;
        _lastLookNs = timeNs;
    }

    /// <summary>Looks were left out since the process had not run: each stack of the last look goes on.</summary>
    /// <param name="untilNs">When the last of them was due.</param>
    /// <param name="looks">How many.</param>
    public void AddIdle(long untilNs, long looks)
    {
        if (_look == 0 || untilNs < _lastLookNs)
        {
            return;
        }

        foreach (TimelineBuilder timeline in _active)
        {
            timeline.Rest(looks);
        }

        Looks += looks;
        _lastLookNs = untilNs;
    }

    /// <summary>The main thread had no frame left: a look of its own, since only looks with frames are samples.</summary>
    /// <param name="timeNs">When.</param>
    public void AddMainReturned(long timeNs) => _emptyLooks.Add(timeNs);

    /// <summary>Every thread's runs, by thread number.</summary>
    /// <param name="halfPeriodNs">How far the last look reaches.</param>
    /// <param name="endNs">When the image ended.</param>
    public IReadOnlyList<ThreadTimeline> BuildTimelines(long halfPeriodNs, long endNs)
    {
        AddEmptyLooks(long.MaxValue);
        long lastNs = Math.Max(_lastLookNs, Math.Min(_lastLookNs + halfPeriodNs, endNs));
        return [.. Timelines.OrderBy(pair => pair.Key).Select(pair => pair.Value.Build(lastNs))];
    }

    /// <summary>
    /// Samples are held back until the names in them are verified, so a milestone may be reported before samples that were
    /// taken earlier: each is put in its place when the samples have come up to it.
    /// </summary>
    private void AddEmptyLooks(long beforeNs)
    {
        while (_emptyLooks.Count > 0 && _emptyLooks.Min < beforeNs)
        {
            long timeNs = _emptyLooks.Min;
            _emptyLooks.Remove(timeNs);
            if (timeNs > _lastLookNs && _look > 0)
            {
                long boundaryNs = Midway(timeNs);
                _look++;
                CloseAbsent(boundaryNs);
                _lastLookNs = timeNs;
            }
        }

        // A look that gave other threads' stacks says itself that the main thread has none.
        _emptyLooks.Remove(beforeNs);
    }

    private void CloseAbsent(long boundaryNs)
    {
        for (int i = _active.Count - 1; i >= 0; i--)
        {
            if (_active[i].LastLook != _look)
            {
                _active[i].Close(boundaryNs);
                _active.RemoveAt(i);
            }
        }
    }

    private long Midway(long timeNs) => _lastLookNs + (timeNs - _lastLookNs) / 2;

    public ImageHistory ToHistory() =>
        new() { Image = Image, Python = Python, End = End, Milestones = new Dictionary<Milestone, long>(Milestones) };
}
