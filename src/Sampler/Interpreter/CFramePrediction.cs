using System.Buffers.Binary;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// 3.11 and 3.12: where on a thread's C stack its <c>_PyCFrame</c> structs are expected. Every call from C into Python has one,
/// so that the newest moves with each; one range over all that were seen lately costs hardly more than one of them.
/// </summary>
internal sealed class CFramePrediction(int currentFrameOffset)
{
    private const ulong LongestRange = 16 * 1024;
    private const ulong Slack = 1024;
    private const int ShrinkPeriod = 256;

    private readonly ulong _offset = (ulong)currentFrameOffset;
    private ulong _low;
    private ulong _high;
    private ulong _usedLow = ulong.MaxValue;
    private ulong _usedHigh;
    private int _looks;
    // What the newest read covers: the prediction moves on while it is looked at.
    private ulong _readLow;
    private ulong _readHigh;
    private int _first;
    private int _second;

    /// <summary>Whether anything is predicted.</summary>
    public bool IsEmpty => _high == 0;

    /// <summary>Puts the range on the list; the first time, before the frames.</summary>
    public void EnlistFirst(ReadBatch batch)
    {
        (_readLow, _readHigh) = (_low, _high);
        _first = IsEmpty ? 0 : batch.Add(_low, (int)(_high - _low));
    }

    /// <summary>Puts the range on the list again, behind the frames.</summary>
    public void EnlistSecond(ReadBatch batch) => _second = IsEmpty ? 0 : batch.Add(_low, (int)(_high - _low));

    /// <summary>Forgets everything.</summary>
    public void Clear() => (_low, _high, _usedLow, _usedHigh) = (0, 0, ulong.MaxValue, 0);

    /// <summary>To be called once a look: now and then cuts the range back to what was used of it.</summary>
    public void Age()
    {
        if (++_looks >= ShrinkPeriod)
        {
            _looks = 0;
            (_low, _high) = _usedHigh == 0 ? (0UL, 0UL) : (_usedLow, _usedHigh);
            (_usedLow, _usedHigh) = (ulong.MaxValue, 0);
        }
    }

    /// <summary>
    /// The frame that a <c>_PyCFrame</c> points to, in the first or the second copy. False when it lies outside of what was read:
    /// the next read will cover it.
    /// </summary>
    public bool TryGetFrame(ReadOnlySpan<byte> bytes, ulong cframe, bool second, out ulong frame)
    {
        frame = 0;
        if (cframe == 0)
        {
            return true;
        }

        ulong field = cframe + _offset;
        bool covered = field >= _readLow && field + sizeof(ulong) <= _readHigh && field + sizeof(ulong) > field;
        if (covered)
        {
            frame = BinaryPrimitives.ReadUInt64LittleEndian(bytes[((second ? _second : _first) + (int)(field - _readLow))..]);
        }

        Cover(field);
        return covered;
    }

    private void Cover(ulong field)
    {
        ulong end = field + sizeof(ulong);
        _usedLow = Math.Min(_usedLow, field);
        _usedHigh = Math.Max(_usedHigh, end);
        if (field >= _low && end <= _high)
        {
            return;
        }

        // Deeper calls come next: some room below, within the page.
        ulong low = Math.Max(field & ~4095UL, field > Slack ? field - Slack : 0);
        bool joins = !IsEmpty && Math.Max(end, _high) - Math.Min(low, _low) <= LongestRange;
        (_low, _high) = joins ? (Math.Min(low, _low), Math.Max(end, _high)) : (low, end);
        if (!joins)
        {
            (_usedLow, _usedHigh) = (field, end);
        }
    }
}
