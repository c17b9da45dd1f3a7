using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// Where a thread's frames are expected to stand in the next look: a few regions of memory that cover them. Frames of ordinary
/// calls lie next to each other (from 3.11 on in the thread's data stack), so that one region holds most of a stack.
/// A wrong prediction costs another read, never a wrong stack.
/// </summary>
internal sealed class FramePrediction(CPythonLayout layout)
{
    /// <summary>Frames that stand no further apart than this share a region: copying is cheaper than another range.</summary>
    private const ulong MergeGap = 1024;

    /// <summary>Room kept above the newest frame for calls to come, within its page.</summary>
    private const ulong Slack = 512;

    /// <summary>Looks after which regions are cut back to what was used of them.</summary>
    private const int ShrinkPeriod = 256;

    private readonly ulong _span = (ulong)(layout.Frame.Locals.Value + sizeof(ulong));
    private readonly bool _hasDataStack = layout.StackChunk is not null;
    private readonly List<ulong> _addresses = [];
    private Region[] _regions = new Region[8];
    private int _count;
    private int _looks;

    /// <summary>A region and where its two copies stand in the read's buffer.</summary>
    internal struct Region
    {
        /// <summary>First byte.</summary>
        public ulong Low;
        /// <summary>Behind the last byte.</summary>
        public ulong High;
        /// <summary>Lowest byte that a walk used since the last cut.</summary>
        public ulong UsedLow;
        /// <summary>Behind the highest byte that a walk used since the last cut.</summary>
        public ulong UsedHigh;
        /// <summary>Offset of the first copy.</summary>
        public int First;
        /// <summary>Offset of the second copy.</summary>
        public int Second;
    }

    /// <summary>The regions, by address.</summary>
    public Span<Region> Regions => _regions.AsSpan(0, _count);

    /// <summary>Sum of the regions' lengths.</summary>
    public long Length { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Clear() => (_count, Length) = (0, 0);

    /// <summary>To be called once a look: now and then cuts the regions back to what was used.</summary>
    public void Age()
    {
        if (++_looks < ShrinkPeriod)
        {
            return;
        }

        _looks = 0;
        int kept = 0;
        Length = 0;
        for (int i = 0; i < _count; i++)
        {
            ref Region region = ref _regions[i];
            if (region.UsedHigh == 0)
            {
                continue;
            }

            ulong high = WithSlack(region.UsedHigh);
            _regions[kept] = new Region
            {
                Low = region.UsedLow,
                High = Math.Max(region.UsedHigh, Math.Min(region.High, high)),
                UsedLow = ulong.MaxValue,
            };
            Length += (long)(_regions[kept].High - _regions[kept].Low);
            kept++;
        }

        _count = kept;
    }

    /// <summary>The number of the region that holds the whole frame at an address; -1 when none does.</summary>
    public int Find(ulong frame, int hint)
    {
        if ((uint)hint < (uint)_count && Holds(in _regions[hint], frame))
        {
            return hint;
        }

        for (int i = 0; i < _count; i++)
        {
            if (Holds(in _regions[i], frame))
            {
                return i;
            }
        }

        return -1;
    }

    private bool Holds(in Region region, ulong frame) => frame >= region.Low && frame + _span <= region.High && frame + _span > frame;

    /// <summary>Drops the regions that cover a range which could not be read.</summary>
    public void Drop(ulong low)
    {
        int kept = 0;
        Length = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_regions[i].Low != low)
            {
                _regions[kept++] = _regions[i];
                Length += (long)(_regions[i].High - _regions[i].Low);
            }
        }

        _count = kept;
    }

    /// <summary>
    /// Follows the links from a frame without any check, to learn where frames stand, and makes regions of them together with
    /// those that were used lately.
    /// </summary>
    public void Learn(IRemoteMemory memory, ulong frame)
    {
        _addresses.Clear();
        int previous = layout.Frame.Previous.Value;
        Span<byte> page = stackalloc byte[4096];
        ulong pageStart = ulong.MaxValue;
        // Links that changed under the walk can lead round in circles: Brent's way to notice.
        ulong mark = 0;
        int steps = 0;
        int power = 1;
        Span<byte> link = stackalloc byte[sizeof(ulong)];
        while (frame != 0 && _addresses.Count < ReadLimits.MaxFrames && (frame & 7) == 0)
        {
            ulong field = frame + (ulong)previous;
            if ((field & ~4095UL) != pageStart)
            {
                pageStart = field & ~4095UL;
                if (!memory.TryRead(pageStart, page))
                {
                    break;
                }
            }

            link = page.Slice((int)(field & 4095), sizeof(ulong));
            _addresses.Add(frame);
            if (frame == mark)
            {
                break;
            }

            if (++steps == power)
            {
                (mark, steps, power) = (frame, 0, power * 2);
            }

            frame = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(link);
        }

        for (int i = 0; i < _count; i++)
        {
            // What was used since the last cut stays predicted.
            if (_regions[i].UsedHigh != 0)
            {
                _addresses.Add(_regions[i].UsedLow);
                _addresses.Add(_regions[i].UsedHigh - _span);
            }
        }

        _addresses.Sort();
        Rebuild();
    }

    private void Rebuild()
    {
        Span<Region> old = stackalloc Region[Math.Min(_count, 32)];
        _regions.AsSpan(0, old.Length).CopyTo(old);
        _count = 0;
        Length = 0;
        ulong low = 0;
        ulong high = 0;
        foreach (ulong address in _addresses)
        {
            if (high != 0 && (address <= high + MergeGap || Spans(old, low, address)))
            {
                high = Math.Max(high, address + _span);
                continue;
            }

            Close(low, high);
            (low, high) = (address, address + _span);
        }

        Close(low, high);
    }

    // A region that was read whole before may be kept whole.
    private static bool Spans(ReadOnlySpan<Region> regions, ulong low, ulong high)
    {
        foreach (ref readonly Region region in regions)
        {
            if (low >= region.Low && high < region.High)
            {
                return true;
            }
        }

        return false;
    }

    private void Close(ulong low, ulong high)
    {
        if (high == 0)
        {
            return;
        }

        if (_count == _regions.Length)
        {
            Array.Resize(ref _regions, _count * 2);
        }

        high = WithSlack(high);
        _regions[_count++] = new Region { Low = low, High = high, UsedLow = ulong.MaxValue };
        Length += (long)(high - low);
    }

    // Never into the next page, which need not be mapped.
    private ulong WithSlack(ulong high) =>
        _hasDataStack ? Math.Max(high, Math.Min(high + Slack, (high + 4095) & ~4095UL)) : high;
}
