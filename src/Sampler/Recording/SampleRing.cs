namespace LibProf.Sampler.Recording;

/// <summary>
/// Samples on their way from one producing thread to one consuming thread, in a ring of 64-bit words. Nothing is allocated for a
/// sample, nobody waits, and a look that shows what the look before showed costs one word.
/// </summary>
/// <remarks>
/// A record is one word with the time and its form in the lowest two bits, and depending on the form:
/// nothing more (same stacks as the record before); the number of stacks and the stacks; or the number of changes, and for each its
/// place and the new stack (many threads of which few moved).
/// Positions count words since the beginning and never wrap; a record becomes visible as a whole when the end position is published.
/// </remarks>
internal sealed class SampleRing
{
    private const int FormBits = 2;
    private const long Same = 0;
    private const long Whole = 1;
    private const long Changes = 2;

    private readonly long[] _words;
    private readonly int _mask;

    // Each side's own fields, and the two positions that they share, on cache lines of their own.
    private PaddedPosition _end;
    private PaddedPosition _begin;
    private ThreadStack[] _produced = new ThreadStack[16];
    private int _producedCount = -1;
    private long _knownBegin;
    private ThreadStack[] _consumed = new ThreadStack[16];
    private int _consumedCount;

    /// <summary>Makes an empty ring.</summary>
    /// <param name="capacityWords">A power of two, at least 16.</param>
    public SampleRing(int capacityWords)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityWords, 16);
        if (!int.IsPow2(capacityWords))
            throw new ArgumentException("not a power of two", nameof(capacityWords));
        _words = new long[capacityWords];
        _mask = capacityWords - 1;
    }

    /// <summary>Where the next record will begin. For the producer.</summary>
    public long End => _end.Value;

    /// <summary>Where the newest visible record ends. For the consumer: what was published before it is then visible too.</summary>
    public long VisibleEnd => Volatile.Read(ref _end.Value);

    /// <summary>Where the next record to consume begins. For the consumer.</summary>
    public long Begin => _begin.Value;

    /// <summary>Whether more than half of the ring waits for the consumer. For the producer.</summary>
    public bool IsHalfFull
    {
        get
        {
            var half = _words.Length / 2;
            if (_end.Value - _knownBegin <= half)
                return false;
            _knownBegin = Volatile.Read(ref _begin.Value);
            return _end.Value - _knownBegin > half;
        }
    }

    /// <summary>Adds a sample. For the producer.</summary>
    /// <returns>False when there is no room; nothing has changed then.</returns>
    public bool TryWrite(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        var changed = stacks.Length == _producedCount ? CountChanges(stacks) : -1;
        if (changed == 0)
        {
            if (!HasRoom(1))
                return false;
            Put(_end.Value, Head(timeNs, Same));
            Volatile.Write(ref _end.Value, _end.Value + 1);
            return true;
        }
        return changed > 0 && 2 * changed < stacks.Length ? TryWriteChanges(timeNs, stacks, changed) : TryWriteWhole(timeNs, stacks);
    }

    /// <summary>Takes the oldest sample, which must be there (<see cref="Begin"/> below <see cref="VisibleEnd"/>). For the consumer.</summary>
    /// <param name="timeNs">Its time.</param>
    /// <returns>Its stacks, valid until the next call.</returns>
    public ReadOnlySpan<ThreadStack> Read(out long timeNs)
    {
        var position = _begin.Value;
        var head = Take(position++);
        timeNs = head >> FormBits;
        switch (head & ((1 << FormBits) - 1))
        {
            case Whole:
                _consumedCount = (int)Take(position++);
                if (_consumed.Length < _consumedCount)
                    _consumed = new ThreadStack[Math.Max(_consumedCount, 2 * _consumed.Length)];
                for (var i = 0; i < _consumedCount; i++)
                    _consumed[i] = Unpack(Take(position++));
                break;
            case Changes:
                for (var left = Take(position++); left > 0; left--)
                {
                    var place = (int)Take(position++);
                    _consumed[place] = Unpack(Take(position++));
                }
                break;
        }
        Volatile.Write(ref _begin.Value, position);
        return _consumed.AsSpan(0, _consumedCount);
    }

    private static long Head(long timeNs, long form) => timeNs << FormBits | form;

    private static long Pack(in ThreadStack stack) =>
        (long)stack.StackId << 32 | (long)((uint)stack.ThreadId << 1) | (stack.Cut ? 1L : 0);

    private static ThreadStack Unpack(long word) => new((int)((uint)word >> 1), (int)(word >> 32), (word & 1) != 0);

    private int CountChanges(ReadOnlySpan<ThreadStack> stacks)
    {
        var before = _produced.AsSpan(0, stacks.Length);
        var count = 0;
        for (var i = 0; i < stacks.Length; i++)
        {
            if (stacks[i] != before[i])
                count++;
        }
        return count;
    }

    private bool TryWriteWhole(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        if (!HasRoom(2L + stacks.Length))
            return false;
        var position = _end.Value;
        Put(position++, Head(timeNs, Whole));
        Put(position++, stacks.Length);
        foreach (ref readonly var stack in stacks)
            Put(position++, Pack(stack));
        if (_produced.Length < stacks.Length)
            _produced = new ThreadStack[Math.Max(stacks.Length, 2 * _produced.Length)];
        stacks.CopyTo(_produced);
        _producedCount = stacks.Length;
        Volatile.Write(ref _end.Value, position);
        return true;
    }

    private bool TryWriteChanges(long timeNs, ReadOnlySpan<ThreadStack> stacks, int count)
    {
        if (!HasRoom(2L + 2L * count))
            return false;
        var position = _end.Value;
        Put(position++, Head(timeNs, Changes));
        Put(position++, count);
        for (var i = 0; i < stacks.Length; i++)
        {
            if (stacks[i] == _produced[i])
                continue;
            _produced[i] = stacks[i];
            Put(position++, i);
            Put(position++, Pack(stacks[i]));
        }
        Volatile.Write(ref _end.Value, position);
        return true;
    }

    private bool HasRoom(long words)
    {
        var needed = _end.Value + words - _words.Length;
        if (needed <= _knownBegin)
            return true;
        _knownBegin = Volatile.Read(ref _begin.Value);
        return needed <= _knownBegin;
    }

    private void Put(long position, long word) => _words[(int)position & _mask] = word;

    private long Take(long position) => _words[(int)position & _mask];

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 192)]
    private struct PaddedPosition
    {
        [System.Runtime.InteropServices.FieldOffset(64)]
        public long Value;
    }
}
