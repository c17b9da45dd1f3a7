namespace LibProf.Sampler.Interpreter;

/// <summary>
/// The witnesses that one thread's looks read along: of whatever on its stack is not stable, and of the stacks just before, since a
/// program comes back to the same functions. Those that stand near each other share a range.
/// </summary>
internal sealed class WitnessSet
{
    /// <summary>Reads for which a witness is read along after it was last on the stack.</summary>
    private const int KeptReads = 4;

    /// <summary>Witnesses read along at most for the sake of earlier stacks.</summary>
    private const int MostKept = 8;

    /// <summary>Shorter than a page: what lies between two objects this near to each other is readable.</summary>
    private const ulong MergeGap = 4000;

    private static readonly Comparison<Witness> s_byAddress = (one, other) => one.Address.CompareTo(other.Address);

    private readonly List<Witness> _witnesses = [];
    private readonly List<(ulong Address, int Length)> _groups = [];
    private bool _changed;
    private int _offset;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _witnesses.Count == 0;

    /// <summary>Puts them on the list.</summary>
    public void Enlist(ReadBatch batch)
    {
        if (_changed)
        {
            Group();
        }

        _offset = batch.Length;
        foreach ((ulong address, int length) in _groups)
        {
            batch.Add(address, length);
        }
    }

    private void Group()
    {
        _changed = false;
        _witnesses.Sort(s_byAddress);
        _groups.Clear();
        foreach (Witness witness in _witnesses)
        {
            ulong end = witness.Address + (ulong)witness.Expected.Length;
            if (_groups.Count > 0 && _groups[^1] is var (low, length) && witness.Address <= low + (ulong)length + MergeGap)
            {
                ulong groupEnd = Math.Max(low + (ulong)length, end);
                _groups[^1] = (low, (int)(groupEnd - low));
            }
            else
            {
                _groups.Add((witness.Address, witness.Expected.Length));
            }
        }
    }

    /// <summary>Compares them all with what was read; deaths go to the cache.</summary>
    public void Check(ReadOnlySpan<byte> bytes, long readSerial, long nowNs, CodeCache codes)
    {
        int group = 0;
        int offset = _offset;
        foreach (Witness witness in _witnesses)
        {
            while (witness.Address >= _groups[group].Address + (ulong)_groups[group].Length)
            {
                offset += _groups[group++].Length;
            }

            int start = offset + (int)(witness.Address - _groups[group].Address);
            bool alive = !witness.IsDead;
            codes.NoteCheck(witness);
            if (!witness.Check(bytes.Slice(start, witness.Expected.Length), readSerial, nowNs) && alive)
            {
                codes.NoteDeath(witness, nowNs);
            }
        }
    }

    /// <summary>
    /// Gives up whatever stands where a read stopped after so many bytes: that memory is gone. False when it stopped elsewhere.
    /// </summary>
    public bool DropUnreadable(int filled, long nowNs, CodeCache codes)
    {
        int offset = _offset;
        foreach ((ulong address, int length) in _groups)
        {
            if (filled >= offset && filled < offset + length)
            {
                // Without those beyond the last byte that was read: which of them are still there is for the next looks to find out.
                ulong read = address + (ulong)(filled - offset);
                foreach (Witness witness in _witnesses)
                {
                    if (witness.Address < address + (ulong)length && witness.Address + (ulong)witness.Expected.Length > read)
                    {
                        witness.Kill();
                        codes.NoteDeath(witness, nowNs);
                    }
                }

                _witnesses.RemoveAll(static witness => witness.IsDead);
                _changed = true;
                return true;
            }

            offset += length;
        }

        return false;
    }

    /// <summary>Adds one that the stack of a read relies on.</summary>
    public void Need(Witness witness, long readSerial)
    {
        witness.NeededIn = readSerial;
        if (!witness.IsDead && !_witnesses.Contains(witness))
        {
            _witnesses.Add(witness);
            _changed = true;
        }
    }

    /// <summary>Takes out all.</summary>
    public void Clear()
    {
        _changed |= _witnesses.Count > 0;
        _witnesses.Clear();
    }

    /// <summary>Takes out what has not been needed for long, and the oldest of what is too much.</summary>
    /// <param name="readSerial">Number of the read.</param>
    /// <param name="keeps">Whether what only earlier stacks relied on is read along for a while.</param>
    public void Trim(long readSerial, bool keeps)
    {
        int spare = 0;
        foreach (Witness witness in _witnesses)
        {
            spare += witness.NeededIn == readSerial ? 0 : 1;
        }

        long oldest = readSerial - (spare <= MostKept ? KeptReads : KeptReads * MostKept / spare);
        int kept = 0;
        for (int i = 0; i < _witnesses.Count; i++)
        {
            Witness witness = _witnesses[i];
            if (!witness.IsDead && (witness.NeededIn == readSerial || (keeps && !witness.IsStable && witness.NeededIn >= oldest)))
            {
                _witnesses[kept++] = witness;
            }
        }

        _changed |= kept != _witnesses.Count;
        _witnesses.RemoveRange(kept, _witnesses.Count - kept);
    }
}
