using System.Diagnostics.CodeAnalysis;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>
/// Takes the events of a recording, live or from a file, and gives a <see cref="Profile"/>.
/// An event that refers to something never announced throws <see cref="InvalidDataException"/>: the recording is broken.
/// </summary>
public sealed class ProfileBuilder : IRecordingSink
{
    private readonly StackTableBuilder _stacks = new();
    private readonly List<ImageRecord> _images = [];
    private readonly Dictionary<int, ThreadInfo> _threads = [];
    private RecordingEnvironment? _environment;
    private SamplingStatistics? _statistics;
    private long _lastNs;

    /// <inheritdoc/>
    public void OnEnvironment(RecordingEnvironment environment) => _environment = environment;

    /// <inheritdoc/>
    public void OnImage(ProcessImage image)
    {
        Touch(image.StartNs);
        _images.Add(new ImageRecord(image));
    }

    /// <inheritdoc/>
    public void OnPython(PythonInfo python)
    {
        if (Newest is { } image)
        {
            image.Python = python;
        }
    }

    /// <inheritdoc/>
    public void OnMilestone(Milestone milestone, long timeNs)
    {
        Touch(timeNs);
        if (Newest is { } image)
        {
            image.Milestones[milestone] = timeNs;
            if (milestone == Milestone.MainReturned)
            {
                image.AddMainReturned(timeNs);
            }
        }
    }

    /// <inheritdoc/>
    public void OnThread(ThreadInfo thread)
    {
        _threads[thread.Id] = thread;
        if (Newest is { } image && image.Timelines.TryGetValue(thread.Id, out TimelineBuilder? timeline))
        {
            timeline.Thread = thread;
        }
    }

    /// <inheritdoc/>
    public void OnFunction(in FunctionInfo function) => _stacks.Add(function);

    /// <inheritdoc/>
    public void OnFrame(in FrameInfo frame) => _stacks.Add(frame);

    /// <inheritdoc/>
    public void OnStack(int stackId, int parentStackId, int frameId) => _stacks.AddStack(stackId, parentStackId, frameId);

    /// <inheritdoc/>
    public void OnModule(ModuleInfo module)
    {
        Touch(module.SeenNs);
        if (Newest is { } image)
        {
            string key = ModuleKey.Of(module.InterpreterId, module.Name);
            image.Modules[key] = module.InterpreterId == 0 ? module : module with { Name = key };
        }
    }

    /// <inheritdoc/>
    public void OnDistribution(DistributionInfo distribution) => Newest?.Distributions.Add(distribution);

    /// <inheritdoc/>
    public void OnModuleSource(ModuleSource source)
    {
        if (Newest is { } image)
        {
            image.Sources[source.Module] = source;
        }
    }

    /// <inheritdoc/>
    public void OnProcessorTime(long timeNs, long cpuNs) => Newest?.ProcessorTimes.Add(new ProcessorTime(timeNs, cpuNs));

    /// <inheritdoc/>
    public void OnCollection(long beginNs, long endNs) => Newest?.Collections.Add(new TimeSpanNs(beginNs, Math.Max(beginNs, endNs)));

    /// <inheritdoc/>
    public void OnMemory(in MemoryReading reading) => Newest?.Memory.Add(reading);

    /// <inheritdoc/>
    public void OnInvocation(in Invocation invocation)
    {
        Touch(invocation.EndNs);
        Newest?.Invocations.Add(invocation);
    }

    /// <summary>A look: see <see cref="IRecordingSink.OnSample"/>. Without stacks it says that no thread had a Python frame then.</summary>
    /// <param name="timeNs">When it was taken.</param>
    /// <param name="stacks">What it gave.</param>
    public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        if (Newest is not { } image)
        {
            return;
        }

        foreach (ref readonly ThreadStack stack in stacks)
        {
            if (stack.StackId <= 0 || stack.StackId > _stacks.LastStack)
            {
                throw new InvalidDataException($"a sample has stack {stack.StackId}, which was not announced");
            }
        }

        Touch(timeNs);
        image.AddLook(timeNs, HalfPeriodNs(image), stacks, _threads);
    }

    /// <inheritdoc/>
    public void OnIdle(long untilNs, long looks)
    {
        if (Newest is { } image)
        {
            Touch(untilNs);
            image.AddIdle(untilNs, looks);
        }
    }

    /// <inheritdoc/>
    public void OnStatistics(SamplingStatistics statistics) => _statistics = statistics;

    /// <inheritdoc/>
    public void OnCode(in CodeInfo code) => Newest?.Codes.Add(code);

    /// <inheritdoc/>
    public void OnUsage(UsageSnapshot usage) => Newest?.Usage.Add(usage);

    /// <inheritdoc/>
    public void OnNativePages(NativePagesReading pages) => Newest?.NativePages.Add(pages);

    /// <inheritdoc/>
    public void OnImageEnd(ImageEnd end)
    {
        Touch(end.TimeNs);
        if (Newest is { } image)
        {
            image.End = end;
        }
    }

    /// <summary>The profile of what was taken. To be called once, after the last event.</summary>
    /// <param name="profile">The profile.</param>
    /// <returns>False when no process image was reported: there is nothing to show.</returns>
    public bool TryBuild([NotNullWhen(true)] out Profile? profile)
    {
        if (_images.Count == 0)
        {
            profile = null;
            return false;
        }

        int chosen = _images.FindLastIndex(image => image.Python is not null);
        if (chosen < 0)
        {
            chosen = _images.Count - 1;
        }

        ImageRecord image = _images[chosen];
        long endNs = image.End?.TimeNs ?? (chosen + 1 < _images.Count ? _images[chosen + 1].Image.StartNs : _lastNs);
        if (image.Milestones.TryGetValue(Milestone.SamplingStopped, out long stoppedNs))
        {
            endNs = Math.Min(endNs, stoppedNs);
        }

        endNs = Math.Max(endNs, image.Image.StartNs);
        // Numbers of stacks are the recording's until here: the next events refer to them, so the copy is made at the end.
        var interpreters = new InterpreterStacks(_stacks);
        IReadOnlyList<ThreadTimeline> threads = [.. image.BuildTimelines(HalfPeriodNs(image), endNs).Select(interpreters.Of)];
        profile = new Profile
        {
            Environment = _environment,
            Image = image.ToHistory(),
            PreviousImages = [.. _images.Take(chosen).Select(previous => previous.ToHistory())],
            ProcessEnd = _images[^1].End,
            Stacks = _stacks.Build(interpreters.Interpreters),
            Threads = threads,
            Modules = [.. image.Modules.Values.OrderBy(module => module.InterpreterId).ThenBy(module => module.Order)],
            Distributions = [.. image.Distributions],
            Sources = image.Sources,
            Memory = [.. image.Memory.OrderBy(reading => reading.TimeNs)],
            ProcessorTimes = ProcessorTime.WithoutLag(ReadingsOf(image)),
            Collections = TimeSpanNs.Ordered(image.Collections),
            Codes = [.. image.Codes],
            Usage = [.. image.Usage],
            NativePages = [.. image.NativePages],
            Invocations = [.. image.Invocations.OrderBy(invocation => invocation.Number)],
            Statistics = _statistics,
            Looks = image.Looks,
            CutLooks = image.CutLooks,
            EndNs = endNs,
        };
        return true;
    }

    /// <summary>With the process's total as the last one.</summary>
    private static List<ProcessorTime> ReadingsOf(ImageRecord image)
    {
        List<ProcessorTime> readings = [.. image.ProcessorTimes.OrderBy(reading => reading.TimeNs)];
        if (readings.Count > 0 && image.End is { CpuNs: { } cpuNs, TimeNs: var endNs } && readings[^1].TimeNs < endNs && cpuNs >= readings[^1].CpuNs)
        {
            readings.Add(new ProcessorTime(endNs, cpuNs));
        }

        return readings;
    }

    private ImageRecord? Newest => _images.Count == 0 ? null : _images[^1];

    private void Touch(long timeNs) => _lastNs = Math.Max(_lastNs, timeNs);

    /// <summary>Half the time between looks: how far the first and the last look of all reach outwards.</summary>
    private long HalfPeriodNs(ImageRecord image) =>
        _environment is { RateHz: > 0 and var rate } ? (long)(0.5e9 / rate) : image.MeanPeriodNs / 2;
}
