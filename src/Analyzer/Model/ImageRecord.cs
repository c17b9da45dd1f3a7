using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>What <see cref="ProfileBuilder"/> knows of one process image.</summary>
internal sealed class ImageRecord(ProcessImage image)
{
    private readonly List<TimelineBuilder> _active = [];
    private long _firstLookNs;
    private long _lastLookNs;

    public ProcessImage Image { get; } = image;

    public PythonInfo? Python { get; set; }

    public ImageEnd? End { get; set; }

    public Dictionary<Milestone, long> Milestones { get; } = [];

    public Dictionary<int, TimelineBuilder> Timelines { get; } = [];

    public Dictionary<string, ModuleInfo> Modules { get; } = new(StringComparer.Ordinal);

    public List<DistributionInfo> Distributions { get; } = [];

    public long Looks { get; private set; }

    public long CutLooks { get; private set; }

    /// <summary>Mean time between looks in nanoseconds; 0 with fewer than two.</summary>
    public long MeanPeriodNs => Looks < 2 ? 0 : (_lastLookNs - _firstLookNs) / (Looks - 1);

    /// <summary>Adds a look to the timelines of all threads.</summary>
    /// <param name="timeNs">When.</param>
    /// <param name="halfPeriodNs">How far the first look reaches back.</param>
    /// <param name="stacks">What it gave.</param>
    /// <param name="threads">The threads known so far.</param>
    public void AddLook(long timeNs, long halfPeriodNs, ReadOnlySpan<ThreadStack> stacks, Dictionary<int, ThreadInfo> threads)
    {
        long boundaryNs;
        if (Looks == 0)
        {
            long earliestNs = Milestones.GetValueOrDefault(Milestone.InterpreterCreated, Image.StartNs);
            boundaryNs = Math.Min(timeNs, Math.Max(earliestNs, timeNs - halfPeriodNs));
            _firstLookNs = timeNs;
        }
        else
        {
            timeNs = Math.Max(timeNs, _lastLookNs);
            boundaryNs = _lastLookNs + (timeNs - _lastLookNs) / 2;
        }

        bool cut = false;
        foreach (ref readonly ThreadStack stack in stacks)
        {
            cut |= stack.Cut;
            if (!Timelines.TryGetValue(stack.ThreadId, out TimelineBuilder? timeline))
            {
                ThreadInfo thread = threads.GetValueOrDefault(stack.ThreadId) ?? new ThreadInfo(stack.ThreadId, 0, "", false, 0);
                Timelines[stack.ThreadId] = timeline = new TimelineBuilder(thread);
            }

            if (timeline.LastLook == Looks)
            {
                continue; // the same thread twice in one look: the first counts
            }

            if (!timeline.Active)
            {
                _active.Add(timeline);
            }

            timeline.Observe(Looks, boundaryNs, stack);
        }

        for (int i = _active.Count - 1; i >= 0; i--)
        {
            if (_active[i].LastLook != Looks)
            {
                _active[i].Close(boundaryNs);
                _active.RemoveAt(i);
            }
        }

        Looks++;
        CutLooks += cut ? 1 : 0;
        _lastLookNs = timeNs;
    }

    /// <summary>Every thread's runs, by thread number.</summary>
    /// <param name="halfPeriodNs">How far the last look reaches.</param>
    /// <param name="endNs">When the image ended.</param>
    public IReadOnlyList<ThreadTimeline> BuildTimelines(long halfPeriodNs, long endNs)
    {
        long lastNs = Math.Max(_lastLookNs, Math.Min(_lastLookNs + halfPeriodNs, endNs));
        return [.. Timelines.OrderBy(pair => pair.Key).Select(pair => pair.Value.Build(lastNs))];
    }

    public ImageHistory ToHistory() =>
        new() { Image = Image, Python = Python, End = End, Milestones = new Dictionary<Milestone, long>(Milestones) };
}
