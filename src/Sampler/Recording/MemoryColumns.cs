using LibProf.Sampler.Recording.Wire;

namespace LibProf.Sampler.Recording;

/// <summary>
/// <see cref="MemoryReading"/>s in the columns of a block: each as what it differs from the one before it in the block, the first of
/// a block from nothing. Used by the builder or the player of blocks, one value for each recording.
/// </summary>
internal struct MemoryColumns
{
    private MemoryReading _before;
    private int _reading;
    private int _fault;

    /// <summary>Begins a block.</summary>
    public void Clear() => this = default;

    /// <summary>Adds a reading.</summary>
    /// <returns>Roughly the bytes that it takes.</returns>
    public int Add(Block block, in MemoryReading reading)
    {
        block.MemoryTimeDelta.Add(reading.TimeNs - _before.TimeNs);
        block.MemoryAnonymousDelta.Add(reading.AnonymousKib - _before.AnonymousKib);
        block.MemoryFileDelta.Add(reading.FileKib - _before.FileKib);
        block.MemorySource.Add((uint)reading.Source << 1 | (reading.Faults is null ? 0u : 1u));
        _before = reading;
        if (reading.Faults is not { } faults)
            return 7;
        block.MemoryFault.Add((ulong)faults.ProcessFaults);
        block.MemoryFault.Add((ulong)faults.Threads.Count);
        foreach (var thread in faults.Threads)
        {
            block.MemoryFault.Add((ulong)thread.ThreadId);
            block.MemoryFault.Add((ulong)thread.Faults);
        }
        return 12 + 5 * faults.Threads.Count;
    }

    /// <summary>Takes the next reading.</summary>
    /// <param name="block">The block.</param>
    /// <param name="threads">Threads announced so far.</param>
    /// <exception cref="RecordingException">It cannot be right.</exception>
    public MemoryReading Take(Block block, int threads)
    {
        var index = _reading++;
        RecordingException.ThrowIf(
            index >= block.MemoryTimeDelta.Count || index >= block.MemoryAnonymousDelta.Count || index >= block.MemoryFileDelta.Count || index >= block.MemorySource.Count,
            "a block has fewer values than events");
        var timeNs = (Int128)_before.TimeNs + block.MemoryTimeDelta[index];
        var anonymousKib = (Int128)_before.AnonymousKib + block.MemoryAnonymousDelta[index];
        var fileKib = (Int128)_before.FileKib + block.MemoryFileDelta[index];
        RecordingException.ThrowIf(timeNs < 0 || timeNs > long.MaxValue, "a time of its memory cannot be");
        RecordingException.ThrowIf(anonymousKib < 0 || anonymousKib > MostKib || fileKib < 0 || fileKib > MostKib, "its memory cannot be");
        var source = block.MemorySource[index];
        // A source that a newer version has a name for counts as an inexact one.
        var known = source >> 1 <= (uint)MemorySource.PageTables ? (MemorySource)(source >> 1) : MemorySource.LaggingCounters;
        _before = new MemoryReading((long)timeNs, (long)anonymousKib, (long)fileKib, known);
        return (source & 1) == 0 ? _before : _before with { Faults = TakeFaults(block, threads) };
    }

    /// <summary>The most that a process can have: 2^56 bytes, more than any address space.</summary>
    private const long MostKib = 1L << 46;

    private MemoryFaults TakeFaults(Block block, int threads)
    {
        var all = TakeFault(block);
        var count = TakeFault(block);
        RecordingException.ThrowIf(count > threads, "its memory names too many threads");
        var faults = new ThreadFaults[count];
        for (var i = 0; i < faults.Length; i++)
        {
            var thread = TakeFault(block);
            RecordingException.ThrowIf(thread >= threads, "a thread of its memory is missing");
            faults[i] = new ThreadFaults((int)thread, TakeFault(block));
        }
        return new MemoryFaults(all, faults);
    }

    private long TakeFault(Block block)
    {
        RecordingException.ThrowIf(_fault >= block.MemoryFault.Count, "a block has fewer values than events");
        var value = block.MemoryFault[_fault++];
        RecordingException.ThrowIf(value > long.MaxValue, "a count of its memory cannot be");
        return (long)value;
    }
}
