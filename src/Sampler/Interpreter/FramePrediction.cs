using System.Buffers.Binary;
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
    /// <summary>
    /// Frames that stand no further apart than this share a region: copying is cheaper than another range. Shorter than a page, so that
    /// what lies between two readable places is readable.
    /// </summary>
    private const ulong MergeGap = 4000;

    /// <summary>Room kept above the newest frame for calls to come, within its page.</summary>
    private const ulong Slack = 512;

    /// <summary>Room kept below what stands on the C stack, within its page.</summary>
    private const ulong CStackSlack = 1024;

    /// <summary>Looks after which regions are cut back to what was used of them.</summary>
    private const int ShrinkPeriod = 128;

    /// <summary>
    /// Walks after the last one through it for which a region is read along. Its two ranges cost a twentieth or so of the further try that
    /// one which was left out costs, and what was not used for so long is used in the next with about that chance.
    /// </summary>
    private const int KeptWalks = 6;

    private readonly ulong _span = (ulong)(layout.Frame.Locals.Value + sizeof(ulong));
    private readonly bool _hasDataStack = layout.StackChunk is not null;
    private readonly FrameOwners? _owners = layout.Frame.Owners;
    private readonly List<Place> _places = [];
    private Region[] _regions = new Region[8];
    private int[] _order = new int[8];
    private int _count;
    private int _looks;

    private readonly record struct Place(ulong Low, ulong High, bool IsOnCStack, int Rank, long Walk) : IComparable<Place>
    {
        public ulong UsedLow { get; init; } = ulong.MaxValue;

        public ulong UsedHigh { get; init; }

        public int CompareTo(Place other) => Low.CompareTo(other.Low);

        public Place With(in Place other) => this with
        {
            High = Math.Max(High, other.High),
            Rank = Math.Min(Rank, other.Rank),
            Walk = Math.Max(Walk, other.Walk),
            UsedLow = Math.Min(UsedLow, other.UsedLow),
            UsedHigh = Math.Max(UsedHigh, other.UsedHigh),
        };
    }

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
        /// <summary>The newest frame that the last walk through it found there, counted from the newest of all: 0.</summary>
        public int Rank;
        /// <summary>The walk that came through it last.</summary>
        public long Walk;
        /// <summary>Offset of the first copy.</summary>
        public int First;
        /// <summary>Offset of the second copy.</summary>
        public int Second;
        /// <summary>
        /// Whether it holds what stands on the C stack only: it lives as long as the frame above it and never changes, so that one copy
        /// between the two of that frame is enough.
        /// </summary>
        public bool IsOnCStack;
        /// <summary>Whether it is left out of this read, since it could not be read the last time.</summary>
        public bool IsAbsent;

        /// <summary>Notes that a walk found something there.</summary>
        public void Use(ulong low, ulong high, long walk)
        {
            Walk = walk;
            UsedLow = Math.Min(UsedLow, low);
            UsedHigh = Math.Max(UsedHigh, high);
        }
    }

    /// <summary>The regions, by address.</summary>
    public Span<Region> Regions => _regions.AsSpan(0, _count);

    /// <summary>Number of the last walk through the regions.</summary>
    public long Walks { get; set; }

    /// <summary>Sum of the regions' lengths.</summary>
    public long Length { get; private set; }

    /// <summary>Changes whenever the regions do.</summary>
    public long Generation { get; private set; }

    /// <summary>
    /// Puts the first copies on the list, the oldest frames' first: with <see cref="EnlistSecond"/> in the opposite order, what changes
    /// soonest is read within the shortest time.
    /// </summary>
    public void EnlistFirst(ReadBatch batch)
    {
        Order();
        for (int i = _count - 1; i >= 0; i--)
        {
            ref Region region = ref _regions[_order[i]];
            if (!region.IsOnCStack && !region.IsAbsent)
            {
                region.First = batch.Add(region.Low, (int)(region.High - region.Low));
            }
        }
    }

    /// <summary>Puts on the list what is copied once.</summary>
    public void EnlistOnce(ReadBatch batch)
    {
        foreach (ref Region region in Regions)
        {
            if (region.IsOnCStack && !region.IsAbsent)
            {
                region.First = region.Second = batch.Add(region.Low, (int)(region.High - region.Low));
            }
        }
    }

    /// <summary>Puts the second copies on the list, the newest frames' first.</summary>
    /// <param name="batch">The list.</param>
    /// <param name="isOnly">Whether there are no first ones: then these stand for both.</param>
    public void EnlistSecond(ReadBatch batch, bool isOnly)
    {
        for (int i = 0; i < _count; i++)
        {
            ref Region region = ref _regions[_order[i]];
            if (!region.IsOnCStack && !region.IsAbsent)
            {
                region.Second = batch.Add(region.Low, (int)(region.High - region.Low));
                region.First = isOnly ? region.Second : region.First;
            }
        }
    }

    // What the last walk did not come through may be the newest the next time, but seldom is.
    private int RankOf(in Region region) => (2 * region.Rank) + (region.Walk == Walks ? 0 : 9);

    // By rank. From one look to the next little changes: an insertion sort has next to nothing to do.
    private void Order()
    {
        for (int i = 1; i < _count; i++)
        {
            int moved = _order[i];
            int rank = RankOf(in _regions[moved]);
            int to = i;
            for (; to > 0 && RankOf(in _regions[_order[to - 1]]) > rank; to--)
            {
                _order[to] = _order[to - 1];
            }

            _order[to] = moved;
        }
    }

    /// <summary>To be called once a look: drops the regions that walks no longer come through, and now and then cuts them back to what was used.</summary>
    public void Age()
    {
        if (++_looks < ShrinkPeriod)
        {
            DropUnused();
            return;
        }

        _looks = 0;
        int kept = 0;
        bool changed = false;
        for (int i = 0; i < _count; i++)
        {
            ref Region region = ref _regions[i];
            if (region.UsedHigh == 0)
            {
                changed = true;
                continue;
            }

            ulong low = Math.Max(region.Low, LowWithSlack(region.UsedLow, region.IsOnCStack));
            ulong high = Math.Max(region.UsedHigh, Math.Min(region.High, HighWithSlack(region.UsedHigh, region.IsOnCStack)));
            changed |= low != region.Low || high != region.High;
            _regions[kept++] = new Region { Low = low, High = high, UsedLow = ulong.MaxValue, IsOnCStack = region.IsOnCStack, Rank = region.Rank, Walk = region.Walk };
        }

        _count = kept;
        if (changed)
        {
            Renew();
        }
    }

    private void DropUnused()
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (Walks - _regions[i].Walk < KeptWalks)
            {
                _regions[kept++] = _regions[i];
            }
        }

        if (kept != _count)
        {
            _count = kept;
            Renew();
        }
    }

    private void Renew()
    {
        Generation++;
        Length = 0;
        for (int i = 0; i < _count; i++)
        {
            _order[i] = i;
            Length += (long)(_regions[i].High - _regions[i].Low);
        }
    }

    /// <summary>The number of the region that holds the whole frame at an address; -1 when none that was read does.</summary>
    public int Find(ulong frame, int hint)
    {
        if ((uint)hint < (uint)_count && Holds(in _regions[hint], frame, _span) && !_regions[hint].IsAbsent)
        {
            return hint;
        }

        for (int i = 0; i < _count; i++)
        {
            if (Holds(in _regions[i], frame, _span))
            {
                return _regions[i].IsAbsent ? -1 : i;
            }
        }

        return -1;
    }

    /// <summary>A pointer on the C stack, when it was read.</summary>
    public bool TryGetPointer(ReadOnlySpan<byte> bytes, ulong address, out ulong value)
    {
        foreach (ref Region region in Regions)
        {
            if (region.IsOnCStack && !region.IsAbsent && Holds(in region, address, sizeof(ulong)))
            {
                region.Use(address, address + sizeof(ulong), Walks);
                value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(region.First + (int)(address - region.Low))..]);
                return true;
            }
        }

        value = 0;
        return false;
    }

    private static bool Holds(in Region region, ulong address, ulong length) =>
        address >= region.Low && address + length <= region.High && address + length > address;

    /// <summary>
    /// Finds the region that stopped a read after so many bytes, and leaves it out of the next one: it may be back soon (a piece of the
    /// data stack that comes and goes with the depth). False when it was none.
    /// </summary>
    public bool Suspend(int filled)
    {
        for (int i = 0; i < _count; i++)
        {
            ref Region region = ref _regions[i];
            int length = (int)(region.High - region.Low);
            if (!region.IsAbsent
                && ((filled >= region.First && filled < region.First + length) || (filled >= region.Second && filled < region.Second + length)))
            {
                region.IsAbsent = true;
                Generation++;
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes a pointer on the C stack into the prediction.</summary>
    public void LearnPointer(ulong address)
    {
        _places.Clear();
        _places.Add(new Place(address, address + sizeof(ulong), IsOnCStack: true, Rank: 0, Walks));
        Rebuild(address);
    }

    /// <summary>
    /// Follows the links from a frame without any check, to learn where frames stand, as far as one that is predicted already.
    /// </summary>
    public void Learn(IRemoteMemory memory, ulong frame)
    {
        _places.Clear();
        ulong lost = frame;
        Span<byte> page = stackalloc byte[4096];
        Span<byte> split = stackalloc byte[(int)_span];
        ulong pageStart = ulong.MaxValue;
        // Links that changed under the walk can lead round in circles: Brent's way to notice.
        ulong mark = 0;
        int steps = 0;
        int power = 1;
        while (frame != 0 && _places.Count < ReadLimits.MaxFrames && (frame & 7) == 0 && Find(frame, 0) < 0)
        {
            ReadOnlySpan<byte> fields = split;
            if ((frame & 4095) + _span > 4096)
            {
                if (!memory.TryRead(frame, split))
                {
                    break;
                }
            }
            else
            {
                if ((frame & ~4095UL) != pageStart)
                {
                    pageStart = frame & ~4095UL;
                    if (!memory.TryRead(pageStart, page))
                    {
                        break;
                    }
                }

                fields = page.Slice((int)(frame & 4095), (int)_span);
            }

            int owner = _owners is null ? 0 : (sbyte)fields[layout.Frame.Owner.Value];
            bool isOnCStack = _owners is not null && (owner == _owners.CStack || owner == _owners.Interpreter);
            _places.Add(new Place(frame, frame + _span, isOnCStack, _places.Count, Walks));
            if (frame == mark)
            {
                break;
            }

            if (++steps == power)
            {
                (mark, steps, power) = (frame, 0, power * 2);
            }

            frame = BinaryPrimitives.ReadUInt64LittleEndian(fields[layout.Frame.Previous.Value..]);
        }

        Rebuild(lost);
    }

    // Makes regions of the new places and of those that stand. What could not be read is tried again only for the frame that is missing.
    private void Rebuild(ulong lost)
    {
        foreach (ref Region region in Regions)
        {
            if (!region.IsAbsent || Holds(in region, lost, sizeof(ulong)))
            {
                _places.Add(new Place(region.Low, region.High, region.IsOnCStack, region.Rank, region.Walk)
                {
                    // What was used since the last cut stays predicted beyond the next.
                    UsedLow = region.UsedLow,
                    UsedHigh = region.UsedHigh,
                });
            }
        }

        _places.Sort();
        _count = 0;
        Place open = default;
        foreach (Place place in _places)
        {
            if (open.High != 0 && place.Low <= open.High + MergeGap && place.IsOnCStack == open.IsOnCStack)
            {
                open = open.With(place);
                continue;
            }

            Close(open);
            open = place;
        }

        Close(open);
        Renew();
    }

    private void Close(in Place place)
    {
        if (place.High == 0)
        {
            return;
        }

        if (_count == _regions.Length)
        {
            Array.Resize(ref _regions, _count * 2);
            Array.Resize(ref _order, _count * 2);
        }

        _regions[_count++] = new Region
        {
            Low = LowWithSlack(place.Low, place.IsOnCStack),
            High = HighWithSlack(place.High, place.IsOnCStack),
            UsedLow = place.UsedLow,
            UsedHigh = place.UsedHigh,
            IsOnCStack = place.IsOnCStack,
            Rank = place.Rank,
            Walk = place.Walk,
        };
    }

    // Never into the next page, which need not be mapped.
    private ulong HighWithSlack(ulong high, bool isOnCStack) =>
        _hasDataStack && !isOnCStack ? Math.Max(high, Math.Min(high + Slack, (high + 4095) & ~4095UL)) : high;

    private static ulong LowWithSlack(ulong low, bool isOnCStack) => isOnCStack ? Math.Max(low & ~4095UL, low - CStackSlack) : low;
}
