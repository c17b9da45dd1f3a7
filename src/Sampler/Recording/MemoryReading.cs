namespace LibProf.Sampler.Recording;

/// <summary>Where a <see cref="MemoryReading"/> comes from, and so how exact it is.</summary>
public enum MemorySource
{
    /// <summary>The kernel's counters (<c>/proc/PID/statm</c>), on a kernel that adds them up: exact to the page.</summary>
    Counters,
    /// <summary>The same on a kernel that gathers counts by processor or thread first: up to 64 pages of each may be missing.</summary>
    LaggingCounters,
    /// <summary>Counted in the page tables (<c>/proc/PID/smaps_rollup</c>): exact.</summary>
    PageTables,
}

/// <summary>The page faults of a thread so far (<c>/proc/PID/task/TID/stat</c>, fields 10 and 12): who makes memory resident.</summary>
/// <param name="ThreadId">The thread's number in the recording.</param>
/// <param name="Faults">Minor and major faults since the thread began.</param>
public readonly record struct ThreadFaults(int ThreadId, long Faults);

/// <summary>Page faults at a moment at which several threads ran: by them growth is told apart.</summary>
/// <param name="ProcessFaults">Faults of all threads, also of those that ended.</param>
/// <param name="Threads">Those of the threads that import something.</param>
public sealed record MemoryFaults(long ProcessFaults, IReadOnlyList<ThreadFaults> Threads);

/// <summary>
/// The resident memory of the target's newest image at a moment. In between two readings that follow each other it changed somehow; where
/// it did not change over several, the first and the last of them are recorded. Also given before the samples of the time, which are
/// held back until they are verified: readings are in the order of their own times only.
/// </summary>
/// <param name="TimeNs">When it was read, on the recording's clock.</param>
/// <param name="AnonymousKib">Resident pages that belong to no file, or were written to since: heap, stacks, data of libraries. KiB.</param>
/// <param name="FileKib">Resident pages of mapped files, as of the executable and of shared libraries, and of shared memory. KiB.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Faults">Page faults at that moment; null when no more than one thread ran, or they could not be read.</param>
public readonly record struct MemoryReading(long TimeNs, long AnonymousKib, long FileKib, MemorySource Source, MemoryFaults? Faults = null)
{
    /// <summary>All resident memory in KiB.</summary>
    public long ResidentKib => AnonymousKib + FileKib;
}
