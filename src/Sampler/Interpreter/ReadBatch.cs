using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>The ranges of one read and the buffer that they are read into. Reused for every look; grows, never shrinks.</summary>
internal sealed class ReadBatch
{
    private RemoteRange[] _ranges = new RemoteRange[64];
    private byte[] _buffer = new byte[16 * 1024];
    private int _count;

    /// <summary>Number of ranges.</summary>
    public int Count => _count;

    /// <summary>Sum of the ranges' lengths.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that the last read filled.</summary>
    public int Filled { get; private set; }

    /// <summary>Starts over.</summary>
    public void Clear() => (_count, Length, Filled) = (0, 0, 0);

    /// <summary>Adds a range; returns where its bytes will stand in <see cref="Bytes"/>.</summary>
    public int Add(ulong address, int length)
    {
        if (_count == _ranges.Length)
        {
            Array.Resize(ref _ranges, _count * 2);
        }

        int offset = Length;
        _ranges[_count++] = new RemoteRange(address, (ulong)length);
        Length += length;
        return offset;
    }

    /// <summary>Adds the ranges of another list; returns where its bytes will stand in <see cref="Bytes"/>.</summary>
    public int Add(ReadBatch other)
    {
        int offset = Length;
        foreach (ref readonly RemoteRange range in other._ranges.AsSpan(0, other._count))
        {
            _ = Add(range.Address, (int)range.Length);
        }

        return offset;
    }

    /// <summary>Takes what another list's read brought of these ranges.</summary>
    /// <param name="bytes">As much of it as could be read.</param>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        MakeRoom();
        Filled = Math.Min(Length, bytes.Length);
        bytes[..Filled].CopyTo(_buffer);
    }

    /// <summary>Whether all ranges could be read.</summary>
    public bool IsWhole => Filled == Length;

    /// <summary>What was read.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Filled);

    /// <summary>Reads all ranges in order; true when all of them could be read.</summary>
    public bool Read(IRemoteMemory memory)
    {
        MakeRoom();
        Filled = memory.ReadRanges(_ranges.AsSpan(0, _count), _buffer.AsSpan(0, Length));
        return IsWhole;
    }

    private void MakeRoom()
    {
        if (_buffer.Length < Length)
        {
            _buffer = new byte[Math.Max(Length, _buffer.Length * 2)];
        }
    }
}
