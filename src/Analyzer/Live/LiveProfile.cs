using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Live;

/// <summary>
/// What a running process does, counted in memory as the samples come: over the last seconds and over all. What it keeps does not grow
/// with time, but with the functions, stacks and threads that there are. The events come on one thread, the questions on another.
/// </summary>
public sealed class LiveProfile : IRecordingSink, ILookObserver
{
    private const long SliceNs = 250_000_000;

    /// <summary>A sample comes at most this much after its time.</summary>
    private const long LongestDelayNs = 500_000_000;

    /// <summary>Threads that have counts of their own; of those that are over, the counts of the longest past are given up beyond that.</summary>
    private const int MostThreads = 512;

    /// <summary>Looks whose sample did not come yet: it comes within a fifth of a second.</summary>
    private const int MostNotes = 100_000;

    private readonly Lock _lock = new();
    private readonly long _recentSlices;
    private readonly ConcurrentQueue<LookNote> _notes = new();
    private readonly Queue<LiveSlice> _slices = new();
    private readonly Dictionary<int, ThreadInfo> _threads = [];
    private readonly Dictionary<int, LiveTally> _byThread = [];
    private readonly Dictionary<int, (ThreadLooks Looks, long LastSlice, int Stack)> _threadLooks = [];
    private readonly LiveStacks _stacks = new();
    private LiveTally _all = new();
    private LiveSlice? _open;
    private long _looks;
    private long _firstNs = -1;
    private long _lastNs;
    private long _countedNs;
    private bool _isGap;
    private double _rateHz;
    private bool _isPaused;
    private PythonInfo? _python;
    private ProcessImage? _image;
    private SamplingStatistics? _statistics;

    private sealed record LookNote(long TimeNs, ThreadActivity[] Threads, bool IsGilKnown);

    /// <summary>Makes an empty profile.</summary>
    /// <param name="recent">How long the last seconds are; to a quarter of a second.</param>
    public LiveProfile(TimeSpan recent) => _recentSlices = Math.Max(1, (recent.Ticks * 100 + SliceNs - 1) / SliceNs);

    /// <summary>Stops counting, or goes on with it. What came meanwhile is not counted.</summary>
    public void Pause(bool isPaused)
    {
        lock (_lock)
        {
            _isPaused = isPaused;
            _isGap = true;
        }
    }

    /// <summary>Begins anew: what was counted until now is forgotten.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            Clear();
        }
    }

    /// <summary>How it looks now.</summary>
    /// <param name="query">What is asked for.</param>
    /// <param name="nowNs">
    /// The present on the recording's clock, so that the last seconds become empty when no sample comes any more; 0 for the last sample's.
    /// </param>
    public LiveSnapshot Snapshot(LiveQuery query, long nowNs = 0)
    {
        lock (_lock)
        {
            Close();
            long endNs = _isPaused ? _lastNs : Math.Max(_lastNs, nowNs - LongestDelayNs);
            ForgetSlices(endNs / SliceNs);
            LiveTally recent = new();
            Dictionary<int, ThreadLooks> threads = [];
            long looks = 0, gilLooks = 0, gilHeld = 0;
            foreach (LiveSlice slice in _slices)
            {
                looks += slice.Looks;
                gilLooks += slice.GilLooks;
                gilHeld += slice.GilHeld;
                foreach ((int thread, ThreadLooks more) in slice.Threads)
                {
                    threads[thread] = threads.GetValueOrDefault(thread).Plus(more);
                }

                foreach ((SeenStack seen, long count) in slice.Stacks)
                {
                    if (query.ThreadId is null || query.ThreadId == seen.Thread)
                    {
                        recent.Add(_stacks, seen, count);
                    }
                }
            }

            LiveTally overall = query.ThreadId is { } id ? _byThread.GetValueOrDefault(id) ?? new LiveTally() : _all;
            return new LiveSnapshot
            {
                Query = query,
                RecentLooks = looks,
                OverallLooks = _looks,
                RecentGilLooks = gilLooks,
                RecentGilHeld = gilHeld,
                RecentNs = _firstNs < 0 ? 0 : Math.Min(((_recentSlices - 1) * SliceNs) + (endNs % SliceNs), endNs - _firstNs),
                OverallNs = _countedNs,
                Rows = Rows(query, recent, overall),
                Threads = [.. threads.OrderBy(thread => thread.Key).Select(thread => Thread(thread.Key, thread.Value))],
                Python = _python,
                Image = _image,
                Statistics = _statistics,
                RateHz = _rateHz,
                IsPaused = _isPaused,
            };
        }
    }

    /// <inheritdoc/>
    public void OnLook(long timeNs, ReadOnlySpan<ThreadActivity> threads, bool isGilKnown)
    {
        if (_notes.Count < MostNotes)
        {
            _notes.Enqueue(new LookNote(timeNs, threads.ToArray(), isGilKnown));
        }
    }

    /// <inheritdoc/>
    public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        LookNote? note = null;
        while (_notes.TryPeek(out LookNote? next) && next.TimeNs <= timeNs)
        {
            _ = _notes.TryDequeue(out _);
            note = next.TimeNs == timeNs ? next : null;
        }

        lock (_lock)
        {
            if (!_isPaused)
            {
                Count(timeNs, stacks, note);
            }
        }
    }

    /// <inheritdoc/>
    public void OnEnvironment(RecordingEnvironment environment)
    {
        lock (_lock)
        {
            _rateHz = environment.RateHz;
        }
    }

    /// <summary>Another program in the process: what was counted was of the one before.</summary>
    public void OnImage(ProcessImage image)
    {
        lock (_lock)
        {
            Clear();
            _threads.Clear();
            _image = image;
            _python = null;
        }
    }

    /// <inheritdoc/>
    public void OnPython(PythonInfo python)
    {
        lock (_lock)
        {
            _python = python;
        }
    }

    /// <inheritdoc/>
    public void OnThread(ThreadInfo thread)
    {
        lock (_lock)
        {
            _threads[thread.Id] = thread;
        }
    }

    /// <inheritdoc/>
    public void OnFunction(in FunctionInfo function)
    {
        lock (_lock)
        {
            _stacks.Add(function);
        }
    }

    /// <inheritdoc/>
    public void OnFrame(in FrameInfo frame)
    {
        lock (_lock)
        {
            _stacks.Add(frame);
        }
    }

    /// <inheritdoc/>
    public void OnStack(int stackId, int parentStackId, int frameId)
    {
        lock (_lock)
        {
            _stacks.Add(parentStackId, frameId);
        }
    }

    /// <inheritdoc/>
    public void OnStatistics(SamplingStatistics statistics)
    {
        lock (_lock)
        {
            _statistics = statistics;
        }
    }

    /// <inheritdoc/>
    public void OnMilestone(Milestone milestone, long timeNs)
    {
    }

    /// <inheritdoc/>
    public void OnModule(ModuleInfo module)
    {
    }

    /// <inheritdoc/>
    public void OnDistribution(DistributionInfo distribution)
    {
    }

    /// <inheritdoc/>
    public void OnImageEnd(ImageEnd end)
    {
    }

    private void Clear()
    {
        _open = null;
        _slices.Clear();
        _byThread.Clear();
        _threadLooks.Clear();
        _all = new LiveTally();
        _looks = 0;
        _firstNs = -1;
        _countedNs = 0;
    }

    private void Count(long timeNs, ReadOnlySpan<ThreadStack> stacks, LookNote? note)
    {
        long number = timeNs / SliceNs;
        if (_open is null || _open.Number != number)
        {
            Close();
            _open = new LiveSlice { Number = number };
        }

        _countedNs += _firstNs < 0 || _isGap ? 0 : timeNs - _lastNs;
        _isGap = false;
        _firstNs = _firstNs < 0 ? timeNs : _firstNs;
        _lastNs = timeNs;
        _open.Looks++;
        bool isHeld = false;
        for (int i = 0; i < stacks.Length; i++)
        {
            // The note lists the same threads in the same order.
            ThreadActivity activity = note is not null && i < note.Threads.Length && note.Threads[i].ThreadId == stacks[i].ThreadId
                ? note.Threads[i] : new ThreadActivity(stacks[i].ThreadId, null, false);
            // What is not known to wait runs.
            bool running = activity.IsRunning ?? true;
            isHeld |= activity.HoldsGil;
            ref long looks = ref CollectionsMarshal.GetValueRefOrAddDefault(
                _open.Stacks, new SeenStack(stacks[i].ThreadId, stacks[i].StackId, stacks[i].Cut, running), out _);
            looks++;
            ThreadLooks one = new(1, running ? 1 : 0, activity.HoldsGil ? 1 : 0);
            ref ThreadLooks recent = ref CollectionsMarshal.GetValueRefOrAddDefault(_open.Threads, stacks[i].ThreadId, out _);
            recent = recent.Plus(one);
            ref (ThreadLooks Looks, long LastSlice, int Stack) overall =
                ref CollectionsMarshal.GetValueRefOrAddDefault(_threadLooks, stacks[i].ThreadId, out _);
            overall = (overall.Looks.Plus(one), number, stacks[i].Cut ? 0 : stacks[i].StackId);
        }

        _open.GilLooks += note is { IsGilKnown: true } ? 1 : 0;
        _open.GilHeld += isHeld ? 1 : 0;
    }

    // What the open slice has goes to the counts over all; it stays among the last seconds for as long as it belongs there.
    private void Close()
    {
        if (_open is not { } slice)
        {
            return;
        }

        _open = null;
        _looks += slice.Looks;
        foreach ((SeenStack seen, long looks) in slice.Stacks)
        {
            _all.Add(_stacks, seen, looks);
            ref LiveTally? own = ref CollectionsMarshal.GetValueRefOrAddDefault(_byThread, seen.Thread, out _);
            own ??= new LiveTally();
            own.Add(_stacks, seen, looks);
        }

        _slices.Enqueue(slice);
        ForgetSlices(slice.Number);
        if (_threadLooks.Count > MostThreads)
        {
            ForgetThreads(slice.Number - _recentSlices);
        }
    }

    private void ForgetSlices(long newest)
    {
        while (_slices.TryPeek(out LiveSlice? oldest) && oldest.Number <= newest - _recentSlices)
        {
            _ = _slices.Dequeue();
        }
    }

    private void ForgetThreads(long olderThan)
    {
        foreach (int thread in _threadLooks.Where(thread => thread.Value.LastSlice < olderThan)
            .OrderBy(thread => thread.Value.LastSlice).Take(_threadLooks.Count - MostThreads).Select(thread => thread.Key).ToList())
        {
            _ = _threadLooks.Remove(thread);
            _ = _byThread.Remove(thread);
            _ = _threads.Remove(thread);
        }
    }

    private List<LiveRow> Rows(LiveQuery query, LiveTally recent, LiveTally overall)
    {
        Dictionary<int, LiveCount> now = recent.Counts(query.CountWaiting, query.ByLine);
        List<LiveRow> rows = [];
        foreach ((int id, LiveCount count) in overall.Counts(query.CountWaiting, query.ByLine))
        {
            (FunctionInfo function, int line) = query.ByLine ? _stacks.Line(id) : (_stacks.Function(id), 0);
            rows.Add(new LiveRow(function, line, now.GetValueOrDefault(id), count));
        }

        return rows;
    }

    private LiveThread Thread(int id, ThreadLooks recent)
    {
        (ThreadLooks looks, _, int stack) = _threadLooks.GetValueOrDefault(id);
        ThreadInfo info = _threads.GetValueOrDefault(id) ?? new ThreadInfo(id, 0, "", false, 0);
        return new LiveThread(info, recent.Seen, recent.Running, recent.Holding, looks.Running, looks.Holding, stack == 0 ? null : _stacks.Leaf(stack));
    }
}
