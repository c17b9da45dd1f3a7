namespace LibProf.Sampler.Memory;

/// <summary>
/// Reads the memory of a target: a live process or a core file. Reading never throws: what is not there is reported as
/// unread. What was read is untrusted.
/// </summary>
public interface IRemoteMemory
{
    /// <summary>Fills <paramref name="destination"/> from <paramref name="address"/>; false when any byte of it could not be read.</summary>
    bool TryRead(ulong address, Span<byte> destination);

    /// <summary>
    /// Reads several ranges, in their order, in as few system calls as the source needs. The bytes of the ranges follow each
    /// other in <paramref name="destination"/>. Stops at the first range that cannot be read whole.
    /// </summary>
    /// <returns>How many bytes were read before that: the sum of all lengths when everything was.</returns>
    int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination);
}

/// <summary>A range of the target's memory.</summary>
/// <param name="Address">First byte.</param>
/// <param name="Length">Number of bytes; a native-sized integer so that an array of ranges is an array of <c>struct iovec</c>.</param>
public readonly record struct RemoteRange(ulong Address, ulong Length);
