namespace LibProf.Sampler.Memory;

/// <summary>
/// Memory of which some ranges have been fetched together, in one system call, before they are asked for one by one. Everything else is
/// read when it is asked for. What was fetched is forgotten by <see cref="Clear"/>: nothing here is older than the task at hand.
/// </summary>
/// <param name="source">The memory itself.</param>
public sealed class PrefetchedMemory(IRemoteMemory source) : IRemoteMemory
{
    private readonly Dictionary<ulong, int> _starts = [];
    private RemoteRange[] _ranges = new RemoteRange[64];
    private int[] _offsets = new int[64];
    private byte[] _buffer = new byte[16 * 1024];
    private int _count;
    private int _fetched;
    private int _length;

    /// <summary>The memory itself.</summary>
    public IRemoteMemory Source { get; } = source;

    /// <summary>Puts a range on the list of what <see cref="Fetch"/> reads. One that is there, or was fetched, is not read again.</summary>
    public void Add(ulong address, int length)
    {
        if (address == 0 || length <= 0 || (_starts.TryGetValue(address, out int known) && _ranges[known].Length >= (ulong)length))
        {
            return;
        }

        if (_count == _ranges.Length)
        {
            Array.Resize(ref _ranges, _count * 2);
            Array.Resize(ref _offsets, _count * 2);
        }

        _starts[address] = _count;
        _ranges[_count] = new RemoteRange(address, (ulong)length);
        _offsets[_count++] = -1;
    }

    /// <summary>As <see cref="Add"/>, but no further than the end of the page that the range begins in: behind it there need be nothing.</summary>
    public void AddWithinPage(ulong address, int length) => Add(address, (int)Math.Min((ulong)length, 4096 - (address & 4095)));

    /// <summary>Reads what was added since the last call; ranges that cannot be read are left out.</summary>
    public void Fetch()
    {
        while (_fetched < _count)
        {
            int length = 0;
            for (int i = _fetched; i < _count; i++)
            {
                length += (int)_ranges[i].Length;
            }

            if (_buffer.Length < _length + length)
            {
                Array.Resize(ref _buffer, Math.Max(_length + length, _buffer.Length * 2));
            }

            int read = Source.ReadRanges(_ranges.AsSpan(_fetched, _count - _fetched), _buffer.AsSpan(_length, length));
            while (_fetched < _count && read >= (int)_ranges[_fetched].Length)
            {
                _offsets[_fetched] = _length;
                _length += (int)_ranges[_fetched].Length;
                read -= (int)_ranges[_fetched++].Length;
            }

            // The one that stopped the read stays unread; those behind it have another try.
            _fetched = Math.Min(_fetched + 1, _count);
        }
    }

    /// <summary>Whether a range lies in what was fetched.</summary>
    public bool Holds(ulong address, int length)
    {
        for (int i = 0; i < _fetched; i++)
        {
            if (Holds(i, address, length))
            {
                return true;
            }
        }

        return false;
    }

    private bool Holds(int index, ulong address, int length)
    {
        RemoteRange range = _ranges[index];
        return index < _fetched && _offsets[index] >= 0 && address >= range.Address && address - range.Address <= range.Length
            && range.Length - (address - range.Address) >= (ulong)length;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _starts.Clear();
        (_count, _fetched, _length) = (0, 0, 0);
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        if (_fetched > 0)
        {
            if (_starts.TryGetValue(address, out int start) && TryCopy(start, address, destination))
            {
                return true;
            }

            for (int i = 0; i < _fetched; i++)
            {
                if (TryCopy(i, address, destination))
                {
                    return true;
                }
            }
        }

        return Source.TryRead(address, destination);
    }

    private bool TryCopy(int index, ulong address, Span<byte> destination)
    {
        if (!Holds(index, address, destination.Length))
        {
            return false;
        }

        _buffer.AsSpan(_offsets[index] + (int)(address - _ranges[index].Address), destination.Length).CopyTo(destination);
        return true;
    }

    /// <inheritdoc/>
    public int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination) => Source.ReadRanges(ranges, destination);
}
