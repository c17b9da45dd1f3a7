using System.Diagnostics;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Follows the target's resident memory from look to look: while something is being imported at each look, else from time to
/// time. Told after each look, it reads only what is due, and records only what changed.
/// </summary>
/// <param name="resident">Where the figures come from.</param>
/// <param name="sink">Where readings go.</param>
/// <param name="now">The recording's clock.</param>
internal sealed class MemoryWatch(IResidentMemory resident, IRecordingSink sink, Func<long> now)
{
    private const long ImportingIntervalNs = 100_000;
    private const long BoundaryIntervalNs = 20_000;
    private const long StartingIntervalNs = 500_000;
    private const long RunningIntervalNs = 10_000_000;

    /// <summary>Of the time, at most one part in so many goes into counting in the page tables, which also holds up the target's mmap(2).</summary>
    private const long WalkShare = 50;

    /// <summary>With more threads than these, growth is not told apart by their page faults: the reading would take too long.</summary>
    private const int MostThreads = 32;

    // A fault between the readings of memory and of the threads' faults is in the one and not in the other: then both are read again, so
    // often; or at the next look, but for a program that takes memory for so long without a pause.
    private const int MostTries = 3;
    private const long LongestTornNs = 5_000_000;

    private ResidentFaults _faults = new(resident, MostThreads);
    private ResidentFaults _next = new(resident, MostThreads);
    private MemoryReading _last;
    private bool _isLastRecorded = true;
    private long _lastReadNs = long.MinValue;
    private long _nextWalkNs = long.MinValue;
    private ulong _imports;
    private bool _sawFrames;
    private ResidentKib _correction;

    /// <summary>To be called after each look that succeeded.</summary>
    /// <param name="lookNs">When the look was.</param>
    /// <param name="stacks">What it gave; empty when no thread has a Python frame.</param>
    /// <param name="interner">Knows which of the stacks are importing.</param>
    /// <param name="threads">Knows the threads' kernel ids.</param>
    public void Observe(long lookNs, ReadOnlySpan<ThreadStack> stacks, StackInterner interner, ThreadDirectory threads)
    {
        bool importing = false;
        ulong imports = 0;
        foreach (ref readonly ThreadStack stack in stacks)
        {
            int import = interner.ImportOf(stack.StackId);
            importing |= import != 0;
            imports = (imports * 0x9e3779b97f4a7c15) + (uint)import;
        }

        _sawFrames |= stacks.Length > 0;
        bool isBoundary = imports != _imports;
        long interval = isBoundary ? BoundaryIntervalNs : importing ? ImportingIntervalNs : _sawFrames ? RunningIntervalNs : StartingIntervalNs;
        if (_lastReadNs != long.MinValue && lookNs - _lastReadNs < interval)
        {
            return;
        }

        _imports = imports;
        _lastReadNs = lookNs;
        bool many = importing && stacks.Length is > 1 and <= MostThreads;
        Read(isBoundary, many ? stacks : [], interner, threads);
    }

    /// <summary>Records the last reading, if it still is to be.</summary>
    public void Finish()
    {
        if (!_isLastRecorded)
        {
            sink.OnMemory(_last with { Faults = _faults.Last() });
            _isLastRecorded = true;
        }
    }

    private void Read(bool isBoundary, ReadOnlySpan<ThreadStack> stacks, StackInterner interner, ThreadDirectory threads)
    {
        long timeNs;
        ResidentKib counters;
        MemorySource source;
        int tries = 0;
        bool isTorn;
        do
        {
            timeNs = now();
            long faults = stacks.IsEmpty ? -1 : resident.ReadFaults(0);
            if (!resident.TryReadCounters(out counters))
            {
                return;
            }

            source = resident.CountersAreExact ? MemorySource.Counters : Correct(ref counters, isBoundary, ref timeNs);
            _next.Read(stacks, interner, threads);
            isTorn = _next.All >= 0 && resident.ReadFaults(0) != faults;
        }
        while (isTorn && ++tries < MostTries);

        if (isTorn && timeNs - _last.TimeNs < LongestTornNs)
        {
            return;
        }

        MemoryReading reading = new(timeNs, counters.AnonymousKib, counters.FileKib, source);
        bool same = reading with { TimeNs = _last.TimeNs } == _last;
        if (!same)
        {
            // When it was the same for a while, that too is worth knowing: it changed after the last of those moments.
            Finish();
        }

        (_faults, _next) = (_next, _faults);
        _last = reading;
        _isLastRecorded = false;
        if (!same)
        {
            Finish();
        }
    }

    // What counters lack is told by the page tables now and then, at the boundaries of imports; it is added in between.
    private MemorySource Correct(ref ResidentKib counters, bool isBoundary, ref long timeNs)
    {
        if (isBoundary && timeNs >= _nextWalkNs)
        {
            long began = Stopwatch.GetTimestamp();
            bool counted = resident.TryReadPageTables(out ResidentKib exact);
            _nextWalkNs = counted ? timeNs + (WalkShare * (Stopwatch.GetTimestamp() - began)) : long.MaxValue;
            if (counted)
            {
                _correction = new ResidentKib(exact.AnonymousKib - counters.AnonymousKib, exact.FileKib - counters.FileKib);
                counters = exact;
                // It takes a while, and what the target took meanwhile is in it.
                timeNs = now();
                return MemorySource.PageTables;
            }
        }

        counters = new ResidentKib(
            Math.Max(0, counters.AnonymousKib + _correction.AnonymousKib), Math.Max(0, counters.FileKib + _correction.FileKib));
        return MemorySource.LaggingCounters;
    }
}

/// <summary>The page faults of threads at the last reading of memory; allocates only when they are asked for.</summary>
/// <param name="resident">Where they come from.</param>
/// <param name="mostThreads">The most threads to be read.</param>
internal sealed class ResidentFaults(IResidentMemory resident, int mostThreads)
{
    private readonly ThreadFaults[] _threads = new ThreadFaults[mostThreads];
    private int _count;

    /// <summary>Those of the process; -1 for not read.</summary>
    public long All { get; private set; } = -1;

    /// <summary>Reads those of the process and of the threads that import something.</summary>
    /// <param name="stacks">The threads; none when there is nothing to tell apart.</param>
    /// <param name="interner">Knows which of the stacks are importing.</param>
    /// <param name="threads">Knows the threads' kernel ids.</param>
    public void Read(ReadOnlySpan<ThreadStack> stacks, StackInterner interner, ThreadDirectory threads)
    {
        _count = 0;
        All = stacks.IsEmpty ? -1 : resident.ReadFaults(0);
        foreach (ref readonly ThreadStack stack in stacks)
        {
            if (All < 0 || interner.ImportOf(stack.StackId) == 0)
            {
                continue;
            }

            int native = threads.NativeIdOf(stack.ThreadId);
            long faults = native == 0 ? -1 : resident.ReadFaults(native);
            if (faults < 0)
            {
                // A thread that is not known leaves the others' shares unknown.
                All = -1;
                return;
            }

            _threads[_count++] = new ThreadFaults(stack.ThreadId, faults);
        }
    }

    /// <summary>What was read last; null for nothing.</summary>
    public MemoryFaults? Last() => All < 0 ? null : new MemoryFaults(All, _threads[.._count]);
}
