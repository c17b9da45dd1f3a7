using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.CPythonLayouts.ExecutionEvidence;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Executions;

/// <summary>
/// All code objects that are followed, and their reading again and again: in order of their addresses, neighbours with one range, so that ten
/// thousand take a few system calls. What changed since the last reading is handed to the recording.
/// </summary>
internal sealed class CodeRegister(PythonObjects objects, EvidenceLayout evidence, IRecordingSink sink)
{
    // Between two code objects of a module stand its strings and tuples: a little more to copy costs less than another range.
    private const int BadAddress = 14; // EFAULT
    private const int LargestGap = 4000;
    private const int LargestRange = 32768;

    // What one system call reads at most: more at once is no cheaper, and its buffer stays.
    private const int LargestRead = 8 * LargestRange;

    private readonly Dictionary<ulong, FollowedCode> _codes = [];
    private readonly List<FollowedCode> _order = [];
    private readonly List<(int First, int Count, ulong Address, int Length)> _ranges = [];

    // What a step found changed, null for gone. It counts once the step is over: a process that ends under it may be read again from held memory.
    private readonly List<(FollowedCode Code, ExecutionReading? Reading)> _changes = [];
    private readonly ReadBatch _batch = new();
    private int _ordered;
    private int _next;
    private long _beginNs;

    /// <summary>Code objects that are followed.</summary>
    public int Count => _order.Count;

    /// <summary>Whether a pass over all code objects is under way.</summary>
    public bool IsReading { get; private set; }

    /// <summary>Whether an address is known.</summary>
    public bool TryGet(ulong address, out FollowedCode code) => _codes.TryGetValue(address, out code!);

    /// <summary>Follows a code object that has been announced.</summary>
    public void Add(FollowedCode code)
    {
        _codes[code.Address] = code;
        _order.Add(code);
    }

    /// <summary>Begins a pass over all code objects known now.</summary>
    public void BeginPass(long nowNs)
    {
        IsReading = true;
        _beginNs = nowNs;
        _next = 0;
        Plan();
    }

    /// <summary>Gives up a pass.</summary>
    public void DropPass() => IsReading = false;

    /// <summary>Reads the next part of the pass; when it was the last, the pass is over.</summary>
    /// <param name="most">Ranges to read at most.</param>
    /// <param name="moment">Why.</param>
    /// <param name="clock">The recording's clock.</param>
    public void Step(int most, UsageMoment moment, Func<long> clock)
    {
        long begin = clock();
        int end = Math.Min(_ranges.Count, _next + most);
        while (_next < end)
        {
            int listed = List(end);
            _ = _batch.Read(objects.Memory.Source);
            int offset = 0;
            for (; _next < listed && offset + _ranges[_next].Length <= _batch.Filled; _next++)
            {
                Examine(_ranges[_next], _batch.Bytes.Slice(offset, _ranges[_next].Length));
                offset += _ranges[_next].Length;
            }

            if (_next < listed && objects.Memory.Source is LiveProcessMemory { LastError: not 0 and not BadAddress })
            {
                // The process is no more: that says nothing of its code objects.
                _changes.Clear();
                IsReading = false;
                return;
            }

            if (_next < listed)
            {
                ReadApart(_ranges[_next++]);
            }
        }

        long now = clock();
        bool isOver = _next >= _ranges.Count;
        if (_changes.Count > 0)
        {
            sink.OnUsage(new UsageSnapshot { BeginNs = begin, EndNs = now, Moment = moment, Readings = [.. _changes.Select(Take)] });
            _changes.Clear();
        }

        if (isOver)
        {
            IsReading = false;
            sink.OnUsage(new UsageSnapshot { BeginNs = _beginNs, EndNs = now, Moment = moment, IsComplete = true });
        }
    }

    // Puts the next ranges on the list of one read; gives the number of the first that is not on it.
    private int List(int end)
    {
        _batch.Clear();
        int next = _next;
        for (; next < end && (next == _next || _batch.Length + _ranges[next].Length <= LargestRead); next++)
        {
            _ = _batch.Add(_ranges[next].Address, _ranges[next].Length);
        }

        return next;
    }

    // Something in the range is no longer there: its objects one by one.
    private void ReadApart((int First, int Count, ulong Address, int Length) range)
    {
        byte[] bytes = new byte[LargestRange];
        for (int i = range.First; i < range.First + range.Count; i++)
        {
            Span<byte> code = bytes.AsSpan(0, _order[i].Length);
            if (objects.Memory.Source.TryRead(_order[i].Address, code))
            {
                Examine(_order[i], code);
            }
            else
            {
                NoteGone(_order[i]);
            }
        }
    }

    private void Examine((int First, int Count, ulong Address, int Length) range, ReadOnlySpan<byte> bytes)
    {
        for (int i = range.First; i < range.First + range.Count; i++)
        {
            FollowedCode code = _order[i];
            Examine(code, bytes.Slice((int)(code.Address - range.Address), code.Length));
        }
    }

    private void Examine(FollowedCode code, ReadOnlySpan<byte> bytes)
    {
        if (code.IsGone)
        {
            return;
        }

        if (FollowedCode.IdentityOf(objects.Layout.Code, bytes) != code.Identity)
        {
            NoteGone(code);
            return;
        }

        ExecutionReading reading = EvidenceReader.Read(evidence, code.Site, bytes, code.KnownReferences);
        if (reading != code.Last)
        {
            _changes.Add((code, reading));
        }
    }

    private void NoteGone(FollowedCode code)
    {
        if (!code.IsGone)
        {
            _changes.Add((code, null));
        }
    }

    private CodeReading Take((FollowedCode Code, ExecutionReading? Reading) change)
    {
        (FollowedCode code, ExecutionReading? reading) = change;
        if (reading is { } last)
        {
            code.Last = last;
            return FollowedCode.ToRecord(code.Id, last);
        }

        code.IsGone = true;
        _codes.Remove(code.Address);
        return new CodeReading(code.Id, CodeUse.Gone, 0);
    }

    private void Plan()
    {
        if (_ordered == _order.Count && _order.TrueForAll(code => !code.IsGone))
        {
            return;
        }

        _order.RemoveAll(code => code.IsGone);
        _order.Sort((a, b) => a.Address.CompareTo(b.Address));
        _ordered = _order.Count;
        _ranges.Clear();
        for (int i = 0; i < _order.Count; i++)
        {
            ulong address = _order[i].Address;
            ulong end = address + (ulong)_order[i].Length;
            if (_ranges.Count > 0 && _ranges[^1] is var last && address <= last.Address + (ulong)last.Length + LargestGap
                && end <= last.Address + LargestRange && IsMappedBetween(last.Address + (ulong)last.Length, address))
            {
                _ranges[^1] = (last.First, last.Count + 1, last.Address, Math.Max(last.Length, (int)(end - last.Address)));
            }
            else
            {
                _ranges.Add((i, 1, address, _order[i].Length));
            }
        }
    }

    // Nothing but the pages of the two neighbours: a page between them need not be there.
    private static bool IsMappedBetween(ulong end, ulong next) => (next >> 12) - ((end - 1) >> 12) <= 1;

    /// <summary>What a code object's bytes say, with the place of its evidence; false when they are no code object's.</summary>
    public bool TryExamine(ulong address, ReadOnlySpan<byte> bytes, long nowNs, out FollowedCode code)
    {
        CodeLayout layout = objects.Layout.Code;
        EvidenceSite site = EvidenceSite.None;
        int length = layout.Size;
        if (evidence.Instructions.Exists)
        {
            long units = BinaryPrimitives.ReadInt64LittleEndian(bytes[layout.UnitCount.Value..]);
            if (units is < 1 or > ReadLimits.MaxBytecode)
            {
                code = null!;
                return false;
            }

            ReadOnlySpan<byte> bytecode = bytes[evidence.Instructions.Value..];
            bytecode = bytecode[..(int)Math.Min(bytecode.Length, units * 2)];
            site = EvidenceReader.Locate(evidence, bytecode);
            length = evidence.Instructions.Value + bytecode.Length;
        }

        ExecutionReading reading = EvidenceReader.Read(evidence, site, bytes[..length], knownReferences: 1);
        code = new FollowedCode
        {
            Address = address,
            Length = length,
            Site = site,
            Identity = FollowedCode.IdentityOf(layout, bytes),
            First = reading,
            Last = reading,
            FirstReadNs = nowNs,
        };
        return true;
    }
}
