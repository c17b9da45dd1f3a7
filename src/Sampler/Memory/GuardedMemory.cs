using System.Buffers.Binary;

namespace LibProf.Sampler.Memory;

/// <summary>
/// Memory of which every read proves, in the same system call, that it is still that of the program it was: an exec puts another program's
/// memory under the same process id, and a process that ends takes its own away.
/// </summary>
/// <param name="source">The memory itself.</param>
public sealed class GuardedMemory(IRemoteMemory source) : IRemoteMemory
{
    private RemoteRange[] _ranges = new RemoteRange[64];
    private byte[] _buffer = new byte[64 * 1024];
    private ulong _address;
    private ulong _value;

    /// <summary>Sets a word that does not change for as long as the program lives; without one, nothing can be read.</summary>
    /// <param name="address">Where it stands; when it cannot be read, there is none.</param>
    public void Guard(ulong address) => _address = source.TryReadUInt64(address, out _value) ? address : 0;

    /// <summary>Whether a word has been set.</summary>
    public bool IsGuarded => _address != 0;

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        RemoteRange range = new(address, (ulong)destination.Length);
        return ReadRanges(new ReadOnlySpan<RemoteRange>(in range), destination) == destination.Length;
    }

    /// <summary>As of any memory, but when the word is not what it was, nothing has been read.</summary>
    public int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
    {
        int done = 0;
        while (!ranges.IsEmpty && _address != 0)
        {
            // The word comes first: it is read even when one of the ranges cannot be.
            ReadOnlySpan<RemoteRange> part = ranges[..Math.Min(ranges.Length, MostRanges)];
            int length = 0;
            foreach (RemoteRange range in part)
            {
                length += (int)range.Length;
            }

            int read = ReadPart(part, destination.Slice(done, length));
            done += read;
            if (read < length)
            {
                break;
            }

            ranges = ranges[part.Length..];
        }

        return done;
    }

    // With the word, what one system call takes (IOV_MAX).
    private const int MostRanges = 1023;

    private int ReadPart(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
    {
        if (_ranges.Length <= ranges.Length)
        {
            _ranges = new RemoteRange[Math.Max(ranges.Length + 1, _ranges.Length * 2)];
        }

        int length = destination.Length + sizeof(ulong);
        if (_buffer.Length < length)
        {
            _buffer = new byte[Math.Max(length, _buffer.Length * 2)];
        }

        _ranges[0] = new RemoteRange(_address, sizeof(ulong));
        ranges.CopyTo(_ranges.AsSpan(1));
        int read = source.ReadRanges(_ranges.AsSpan(0, ranges.Length + 1), _buffer.AsSpan(0, length)) - sizeof(ulong);
        if (read <= 0 || BinaryPrimitives.ReadUInt64LittleEndian(_buffer) != _value)
        {
            return 0;
        }

        _buffer.AsSpan(sizeof(ulong), read).CopyTo(destination);
        return read;
    }
}
