using LibProf.Sampler.Native;

namespace LibProf.Sampler.Memory;

/// <summary>The memory of a running process, by <c>process_vm_readv(2)</c>. Nothing is stopped. One thread at a time.</summary>
/// <param name="pid">Process id as libprof sees it.</param>
public sealed class LiveProcessMemory(int pid) : IRemoteMemory
{
    /// <summary>Process id as libprof sees it.</summary>
    public int Pid { get; } = pid;

    /// <summary>System calls made so far: the cost of a look is a difference of this.</summary>
    public long Calls { get; private set; }

    /// <summary>errno of the last call that failed, 0 when it read something: ESRCH when the process is gone, EPERM when it may not be read.</summary>
    public int LastError { get; private set; }

    /// <summary>When set, everything is read from the memory that is held there, of a process that has ended or replaced itself.</summary>
    internal MemoryHold? Held { get; set; }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return true;
        }

        RemoteRange range = new(address, (ulong)destination.Length);
        return Read(new ReadOnlySpan<RemoteRange>(in range), destination) == destination.Length;
    }

    /// <inheritdoc/>
    public int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
    {
        if (ranges.Length <= ProcessVm.MaxRanges)
        {
            return Read(ranges, destination);
        }

        int done = 0;
        while (!ranges.IsEmpty)
        {
            ReadOnlySpan<RemoteRange> part = ranges[..Math.Min(ranges.Length, ProcessVm.MaxRanges)];
            int length = 0;
            foreach (RemoteRange range in part)
            {
                length += (int)range.Length;
            }

            int read = Read(part, destination.Slice(done, length));
            done += read;
            if (read < length)
            {
                break;
            }

            ranges = ranges[part.Length..];
        }

        return done;
    }

    private int Read(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
    {
        Calls++;
        if (Held is { } held)
        {
            int got = held.Read(ranges, destination, out int error);
            LastError = error;
            return got;
        }

        nint read = ProcessVm.Read(Pid, ranges, destination);
        LastError = read < 0 ? (int)-read : 0;
        return read < 0 ? 0 : (int)read;
    }
}
