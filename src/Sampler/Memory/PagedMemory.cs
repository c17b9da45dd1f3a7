using System.Runtime.InteropServices;

namespace LibProf.Sampler.Memory;

/// <summary>
/// Memory that is read page by page, each page once until <see cref="Forget"/>: for tasks that read thousands of small things that stand close
/// together. The kernel takes the target's memory lock once for each range, and a target that maps memory meanwhile waits for it: a few large
/// ranges cost both sides less than many small ones. Never more than the pages that were asked for: a neighbour that the target has not
/// touched would become part of its resident memory.
/// </summary>
/// <param name="source">The memory itself.</param>
/// <param name="most">Pages that are kept at most.</param>
public sealed class PagedMemory(IRemoteMemory source, int most = PagedMemory.MostPages) : IRemoteMemory
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

    /// <summary>Pages that are kept while a program starts: more are read no faster.</summary>
    public const int MostPages = 512;

    private const int MostPagesOfRange = 16;

    // One system call fills at most one block. Blocks stay where they are: a buffer that grows by being copied leaves its smaller selves behind.
    private const int PagesOfBlock = 64;
    private const int Unreadable = -1;

    private readonly Dictionary<ulong, int> _slots = [];
    private readonly List<ulong> _missing = [];
    private readonly List<RemoteRange> _ranges = [];
    private readonly List<byte[]> _blocks = [];
    private int _used; // pages; the number of a page says where it stands: see BytesOf
    private ulong _lastPage = NoPage;
    private int _lastSlot;

    private const ulong NoPage = ulong.MaxValue;

    /// <summary>Pages that can still be kept.</summary>
    public int Room => most - _slots.Count;

    /// <summary>Forgets all pages: what is read from now on is as new as the read.</summary>
    public void Forget()
    {
        _slots.Clear();
        _used = 0;
        _lastPage = NoPage;
    }

    /// <summary>The bytes of a range on a page that has been read; valid until the next read of anything.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="bytes">They.</param>
    /// <returns>False when it is not within one page, or that has not been read.</returns>
    public bool TryView(ulong address, int length, out ReadOnlySpan<byte> bytes)
    {
        int offset = (int)(address % PageSize);
        ulong page = address / PageSize;
        if (page != _lastPage)
        {
            if (!_slots.TryGetValue(page, out int slot) || slot == Unreadable)
            {
                bytes = default;
                return false;
            }

            (_lastPage, _lastSlot) = (page, slot);
        }

        bool isWithin = length <= PageSize - offset;
        bytes = isWithin ? BytesOf(_lastSlot).Slice(offset, length) : default;
        return isWithin;
    }

    /// <summary>Reads the pages of some ranges, as far as there is room for them.</summary>
    public void Fetch(ReadOnlySpan<RemoteRange> ranges)
    {
        while (!ranges.IsEmpty)
        {
            int count = FindMissing(ranges, mayForget: false);
            FetchMissing();
            ranges = ranges[Math.Min(count + 1, ranges.Length)..];
        }
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        RemoteRange range = new(address, (ulong)destination.Length);
        return ReadRanges(new ReadOnlySpan<RemoteRange>(in range), destination) == destination.Length;
    }

    /// <inheritdoc/>
    public int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
    {
        int done = 0;
        while (!ranges.IsEmpty)
        {
            int count = FindMissing(ranges, mayForget: true);
            if (count == 0)
            {
                // More than all room there is.
                return done + source.ReadRanges(ranges, destination[done..]);
            }

            FetchMissing();
            foreach (RemoteRange range in ranges[..count])
            {
                if (!TryCopy(range, destination.Slice(done, (int)range.Length)))
                {
                    return done;
                }

                done += (int)range.Length;
            }

            ranges = ranges[count..];
        }

        return done;
    }

    // Lists the pages to be read for as many of the ranges as there is room for; may forget the others when there is none for the first.
    private int FindMissing(ReadOnlySpan<RemoteRange> ranges, bool mayForget)
    {
        _missing.Clear();
        int count = 0;
        while (count < ranges.Length)
        {
            (ulong first, ulong last) = PagesOf(ranges[count]);
            if (last - first >= (ulong)most)
            {
                break;
            }

            int before = _missing.Count;
            for (ulong page = first; page <= last; page++)
            {
                if (!_slots.ContainsKey(page))
                {
                    _missing.Add(page);
                }
            }

            if (_slots.Count + _missing.Count > most)
            {
                _missing.RemoveRange(before, _missing.Count - before);
                if (count > 0 || !mayForget)
                {
                    break;
                }

                Forget();
                continue;
            }

            count++;
        }

        return count;
    }

    // An empty range has the page that it begins in; one that ends behind the last address has none.
    private static (ulong First, ulong Last) PagesOf(in RemoteRange range)
    {
        ulong end = range.Address + Math.Max(1, range.Length) - 1;
        return end < range.Address ? (0, ulong.MaxValue) : (range.Address / PageSize, end / PageSize);
    }

    private void FetchMissing()
    {
        if (_missing.Count == 0)
        {
            return;
        }

        _missing.Sort();
        _ranges.Clear();
        foreach (ulong page in _missing)
        {
            RemoteRange last = _ranges.Count > 0 ? _ranges[^1] : default;
            ulong end = last.Address + last.Length;
            if (_ranges.Count > 0 && end > page * PageSize)
            {
                continue; // listed twice
            }

            if (_ranges.Count > 0 && end == page * PageSize && last.Length < MostPagesOfRange * PageSize)
            {
                _ranges[^1] = last with { Length = last.Length + PageSize };
            }
            else
            {
                _ranges.Add(new RemoteRange(page * PageSize, PageSize));
            }
        }

        FetchRanges();
    }

    private void FetchRanges()
    {
        int next = 0;
        while (next < _ranges.Count)
        {
            ReadOnlySpan<RemoteRange> ranges = CollectionsMarshal.AsSpan(_ranges)[next..];
            Span<byte> room = RoomFor((int)ranges[0].Length);
            int length = 0;
            int count = 0;
            while (count < ranges.Length && length + (int)ranges[count].Length <= room.Length)
            {
                length += (int)ranges[count++].Length;
            }

            int pages = source.ReadRanges(ranges[..count], room[..length]) / PageSize;
            int wanted = next + count;
            while (next < wanted && pages >= (int)_ranges[next].Length / PageSize)
            {
                pages -= (int)_ranges[next].Length / PageSize;
                Keep(_ranges[next++]);
            }

            if (next == wanted)
            {
                continue;
            }

            // What cannot be read ends the call: of its range, page after page is tried, and those behind it are read by the next call.
            if (_ranges[next].Length == PageSize)
            {
                _slots[_ranges[next++].Address / PageSize] = Unreadable;
            }
            else
            {
                Part(next);
            }
        }
    }

    private void Keep(in RemoteRange range)
    {
        for (ulong at = 0; at < range.Length; at += PageSize)
        {
            _slots[(range.Address + at) / PageSize] = _used++;
        }
    }

    // What is left of the last block, or a new one when that is too short.
    private Span<byte> RoomFor(int length)
    {
        int left = (PagesOfBlock - (_used % PagesOfBlock)) * PageSize;
        if (length > left)
        {
            _used += PagesOfBlock - (_used % PagesOfBlock);
        }

        if (_used / PagesOfBlock == _blocks.Count)
        {
            _blocks.Add(new byte[PagesOfBlock * PageSize]);
        }

        return _blocks[_used / PagesOfBlock].AsSpan(_used % PagesOfBlock * PageSize);
    }

    private ReadOnlySpan<byte> BytesOf(int page) => _blocks[page / PagesOfBlock].AsSpan(page % PagesOfBlock * PageSize, PageSize);

    private void Part(int index)
    {
        RemoteRange range = _ranges[index];
        _ranges.RemoveAt(index);
        for (ulong at = 0; at < range.Length; at += PageSize)
        {
            _ranges.Insert(index++, new RemoteRange(range.Address + at, PageSize));
        }
    }

    private bool TryCopy(in RemoteRange range, Span<byte> destination)
    {
        ulong address = range.Address;
        while (!destination.IsEmpty)
        {
            if (!_slots.TryGetValue(address / PageSize, out int slot) || slot == Unreadable)
            {
                return false;
            }

            int offset = (int)(address % PageSize);
            int length = Math.Min(destination.Length, PageSize - offset);
            BytesOf(slot).Slice(offset, length).CopyTo(destination);
            destination = destination[length..];
            address += (ulong)length;
        }

        return true;
    }
}
