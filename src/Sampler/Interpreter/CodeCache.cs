using System.Buffers;
using LibProf.CPythonLayouts;
using LibProf.CPythonLayouts.LineTables;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// Code objects and strings of the target by address. An entry is only as good as its witnesses: one that was found changed is
/// thrown out, and whatever is next found at its address stays suspicious for a while.
/// </summary>
internal sealed class CodeCache(PythonObjects objects, StackInterner interner)
{
    /// <summary>Entries at most; a target that goes beyond starts the cache afresh.</summary>
    private const int MaxEntries = 200_000;

    /// <summary>How long an address at which something changed is suspicious, in nanoseconds.</summary>
    private const long SuspicionNs = 5_000_000_000;

    /// <summary>What is given up as unreadable: so many failures on the same bytes, over so long.</summary>
    private const int UnreadableTimes = 8;
    private const long UnreadableAgeNs = 50_000_000;

    private readonly Dictionary<ulong, CodeEntry> _codes = [];
    private readonly Dictionary<ulong, StringEntry> _strings = [];
    private readonly Dictionary<ulong, long> _deaths = [];
    private readonly HashSet<string> _texts = [];
    private readonly List<CodeEntry> _used = [];
    private readonly Dictionary<ulong, (int Identity, long SinceNs, int Times)> _unreadable = [];
    private readonly CodeChurn _churn = new();
    private long _period;
    private ulong _codeType;

    /// <summary>Whether what has just passed may be relied on without being read along: see <see cref="CodeChurn"/>.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="nowNs">The sampler's clock.</param>
    /// <param name="forNs">For how long after it passed.</param>
    /// <param name="isRoot">Whether it is a thread's oldest frame's, which lives as long as the thread runs.</param>
    public bool IsCalm(CodeEntry entry, long nowNs, long forNs, bool isRoot) =>
        nowNs - entry.ProvenNs < forNs && _churn.IsCalm && !entry.IsDead && (isRoot || entry.IsUnsuspected);

    /// <summary>Whether hardly anything was found changed of late.</summary>
    public bool IsCalmNow => _churn.IsCalm;

    /// <summary>Notes that a sample relies on an entry that is not stable and was not seen unchanged with it.</summary>
    public void Rely(CodeEntry entry)
    {
        if (entry.UsedInPeriod != _period)
        {
            entry.UsedInPeriod = _period;
            _used.Add(entry);
        }
    }

    /// <summary>Counts that a witness is looked at.</summary>
    public void NoteCheck(Witness witness)
    {
        if (witness.IsLasting)
        {
            _churn.NoteCheck();
        }
    }

    /// <summary>The entries that samples of the current period rely on.</summary>
    public IReadOnlyList<CodeEntry> Used => _used;

    /// <summary>Whether an entry may be relied on in a read: seen unchanged in it, or stable, and then to be verified later.</summary>
    public bool IsTrustedIn(CodeEntry entry, long readSerial, long nowNs)
    {
        bool trusted = entry.IsTrustedIn(readSerial);
        Use(entry);
        entry.ProvenNs = trusted ? nowNs : entry.ProvenNs;
        return trusted;
    }

    /// <summary>Notes that a sample relies on an entry without having seen it unchanged: one that is stable.</summary>
    public void Use(CodeEntry entry)
    {
        if (entry.IsStable)
        {
            Rely(entry);
        }
    }

    /// <summary>Begins a new period: what was used before has been verified.</summary>
    public void BeginPeriod()
    {
        _period++;
        _used.Clear();
    }

    /// <summary>The entry for a code object's address if there is a living one.</summary>
    public bool TryGet(ulong address, out CodeEntry entry)
    {
        if (!_codes.TryGetValue(address, out entry!))
        {
            return false;
        }

        if (!entry.IsDead)
        {
            return true;
        }

        _codes.Remove(address);
        return false;
    }

    /// <summary>The entry for a string's address if there is a living one.</summary>
    public bool TryGetString(ulong address, out StringEntry entry) =>
        _strings.TryGetValue(address, out entry!) && !entry.Witness.IsDead;

    /// <summary>Remembers that the bytes of a witness changed.</summary>
    public void NoteDeath(Witness witness, long nowNs)
    {
        if (_deaths.Count > 65536)
        {
            _deaths.Clear();
        }

        _deaths[witness.Address] = nowNs;
        Deaths++;
        if (witness.IsLasting)
        {
            _churn.NoteDeath();
        }
    }

    /// <summary>
    /// Whether a code object cannot be read for good (a name longer than any limit, say): the same bytes have stood at its address
    /// for a while, and never made sense. Code that was just freed, or is being made, looks unreadable for a moment only.
    /// </summary>
    public bool IsUnreadable(ulong address, long nowNs)
    {
        int from = objects.Layout.Code.FirstLineNumber.Value;
        Span<byte> bytes = stackalloc byte[256];
        bytes = bytes[..(objects.Layout.Code.LineTable.Value + sizeof(ulong) - from)];
        if (!objects.Memory.TryRead(address + (ulong)from, bytes))
        {
            return false;
        }

        HashCode hash = new();
        hash.AddBytes(bytes);
        int identity = hash.ToHashCode();
        if (!_unreadable.TryGetValue(address, out (int Identity, long SinceNs, int Times) known) || known.Identity != identity)
        {
            if (_unreadable.Count > 4096)
            {
                _unreadable.Clear();
            }

            known = (identity, nowNs, 0);
        }

        _unreadable[address] = known with { Times = known.Times + 1 };
        return known.Times >= UnreadableTimes && nowNs - known.SinceNs >= UnreadableAgeNs;
    }

    /// <summary>How many witnesses were found changed so far.</summary>
    public long Deaths { get; private set; }

    /// <summary>
    /// Reads code objects anew, all of them together in two or three system calls. What was read may be torn: it counts only once its
    /// witnesses passed. Those that cannot be read are left out.
    /// </summary>
    public void Resolve(List<ulong> addresses, long nowNs)
    {
        CodeLayout layout = objects.Layout.Code;
        PrefetchedMemory memory = objects.Memory;
        memory.Clear();
        foreach (ulong address in addresses)
        {
            memory.Add(address, HeaderSize);
        }

        memory.Fetch();
        Span<byte> header = stackalloc byte[HeaderSize];
        foreach (ulong address in addresses)
        {
            if (!memory.TryRead(address, header))
            {
                continue;
            }

            RemoteStruct fields = new(header);
            PrefetchString(fields.UInt64(layout.FileName));
            PrefetchString(fields.UInt64(NameField));
            objects.PrefetchBytes(fields.UInt64(layout.LineTable));
            if (!layout.Instructions.Exists)
            {
                memory.Add(fields.UInt64(layout.Bytecode) + (ulong)objects.Layout.Bytes.Size.Value, sizeof(ulong));
            }
        }

        memory.Fetch();
        foreach (ulong address in addresses)
        {
            if (memory.TryRead(address, header))
            {
                objects.PrefetchRest(new RemoteStruct(header).UInt64(layout.LineTable), ReadLimits.MaxLineTable);
            }
        }

        memory.Fetch();
        foreach (ulong address in addresses)
        {
            _ = TryResolve(address, nowNs, out _);
        }

        memory.Clear();
    }

    private FieldOffset NameField => objects.Layout.Code.QualifiedName.Exists ? objects.Layout.Code.QualifiedName : objects.Layout.Code.Name;

    private int HeaderSize => Math.Min(objects.Layout.Code.Size, 256);

    private void PrefetchString(ulong address)
    {
        if (address != 0 && !TryGetString(address, out _))
        {
            objects.PrefetchString(address);
        }
    }

    private bool TryResolve(ulong address, long nowNs, out CodeEntry entry)
    {
        entry = null!;
        CodeLayout layout = objects.Layout.Code;
        Span<byte> header = stackalloc byte[HeaderSize];
        if ((address & 7) != 0 || !objects.Memory.TryRead(address, header))
        {
            return false;
        }

        RemoteStruct fields = new(header);
        ulong type = fields.UInt64(objects.Layout.Object.Type);
        if (type != _codeType && (!objects.TryReadNameOfType(type, out string typeName) || typeName != "code"))
        {
            return false;
        }

        _codeType = type;
        // From 3.12 on every code object has a number of its own (init_code of Objects/codeobject.c) until the numbers run out. As long as
        // that stands there, so do the names that it holds: they need no proof beside it, but must be read now.
        bool isUnique = layout.SerialNumber.Exists && fields.Int32(layout.SerialNumber) != 0;
        if (!TryName(fields.UInt64(layout.FileName), isUnique, nowNs, out NamePart file)
            || !TryName(fields.UInt64(NameField), isUnique, nowNs, out NamePart name)
            || !objects.TryReadBytes(fields.UInt64(layout.LineTable), ReadLimits.MaxLineTable, out byte[] lineTable))
        {
            return false;
        }

        long codeLength;
        ulong instructions = 0;
        if (layout.Instructions.Exists)
        {
            codeLength = fields.Int64(layout.UnitCount) * 2;
            instructions = address + (ulong)layout.Instructions.Value;
        }
        else if (objects.Memory.TryReadUInt64(fields.UInt64(layout.Bytecode) + (ulong)objects.Layout.Bytes.Size.Value, out ulong size))
        {
            codeLength = (long)size;
        }
        else
        {
            return false;
        }

        int firstLine = fields.Int32(layout.FirstLineNumber);
        if (codeLength is < 0 or > ReadLimits.MaxBytecode || firstLine is < -1 or > 100_000_000)
        {
            return false;
        }

        // All fields from co_firstlineno to the line table never change during a code object's life.
        int from = layout.FirstLineNumber.Value;
        byte[] identity = header[from..(layout.LineTable.Value + sizeof(ulong))].ToArray();
        // The body of a module or of a class runs once and is freed: CO_OPTIMIZED is for functions only.
        bool isFunction = (fields.Int32(layout.Flags) & 1) != 0;
        Witness self = new(address + (ulong)from, identity, nowNs, isFunction ? TrustAt(address + (ulong)from, nowNs) : WitnessTrust.Never);
        Witness[] witnesses = file.Witness is null || name.Witness is null ? [self] : [self, name.Witness, file.Witness];

        LineRange[] ranges = ArrayPool<LineRange>.Shared.Rent(LineTable.MaxRanges(lineTable.Length));
        int rangeCount = LineTable.Decode(objects.Layout.LineTable, lineTable, firstLine, (int)codeLength, ranges);
        int[] ends = new int[rangeCount];
        int[] lines = new int[rangeCount];
        for (int i = 0; i < rangeCount; i++)
        {
            ends[i] = ranges[i].End;
            lines[i] = ranges[i].Line;
        }

        ArrayPool<LineRange>.Shared.Return(ranges);
        entry = new CodeEntry(
            address, name.Text, file.Text, instructions, (int)codeLength, firstLine, ends, lines, witnesses, RoleOf(name.Text, file.Text));
        if (_codes.Count >= MaxEntries)
        {
            _codes.Clear();
        }

        _codes[address] = entry;
        // A program that makes and frees the same code again and again has the same bytes at the same place: what failed before was a torn read.
        _ = _unreadable.Remove(address);
        return true;
    }

    private static ImportRole RoleOf(string name, string file)
    {
        if (name == "<module>")
        {
            return ImportRole.Body;
        }

        bool isImportlib = file == "<frozen importlib._bootstrap>" || file.EndsWith("importlib/_bootstrap.py", StringComparison.Ordinal);
        return !isImportlib ? ImportRole.None : name switch
        {
            "_find_and_load" => ImportRole.FindAndLoad,
            "_call_with_frames_removed" => ImportRole.RunsBody,
            _ => ImportRole.None,
        };
    }

    private readonly record struct NamePart(string Text, Witness? Witness);

    private bool TryName(ulong address, bool isUnique, long nowNs, out NamePart part)
    {
        if (!isUnique)
        {
            bool found = TryResolveString(address, nowNs, out StringEntry entry);
            part = found ? new NamePart(entry.Text, entry.Witness) : default;
            return found;
        }

        bool read = objects.TryReadString(address, out string text) && (address & 7) == 0;
        // One string object for each text.
        part = new NamePart(_texts.TryGetValue(text, out string? known) ? known : text, null);
        _ = known is null && _texts.Add(text);
        return read;
    }

    /// <summary>The living entry for a string, or a newly read one.</summary>
    public bool TryResolveString(ulong address, long nowNs, out StringEntry entry)
    {
        // What an address is known for need not stand there any more: whoever takes the entry has its witness pass first.
        if (TryGetString(address, out entry))
        {
            return true;
        }

        if ((address & 7) != 0
            || !objects.TryReadString(address, out string text, out ulong witnessAddress, out byte[] bytes))
        {
            return false;
        }

        if (_strings.Count >= MaxEntries)
        {
            _strings.Clear();
        }

        Witness witness = new(witnessAddress, bytes, nowNs, TrustAt(witnessAddress, nowNs));
        entry = new StringEntry(address, text, interner.Text(text), witness);
        _strings[address] = entry;
        return true;
    }

    /// <summary>
    /// The string that is the argument of a frame not seen before. One that was long known at its address may have been freed since: samples that
    /// rely on it would only be thrown away when it is verified, and with them the beginning of an import.
    /// </summary>
    public bool TryResolveArgument(ulong address, long nowNs, out StringEntry entry)
    {
        if (TryGetString(address, out entry) && entry.Witness.IsStable && !Stands(entry.Witness))
        {
            entry.Witness.Kill();
            NoteDeath(entry.Witness, nowNs);
        }

        return TryResolveString(address, nowNs, out entry);
    }

    private bool Stands(Witness witness)
    {
        int length = witness.Expected.Length;
        Span<byte> bytes = length <= 512 ? stackalloc byte[length] : new byte[length];
        return objects.Memory.Source.TryRead(witness.Address, bytes) && bytes.SequenceEqual(witness.Expected);
    }

    /// <summary>Whether <paramref name="pointer"/> is an instruction of the code in one of its per-thread copies; gives its offset in bytes.</summary>
    public bool TryFindThreadLocalOffset(CodeEntry entry, ulong pointer, out int offset)
    {
        offset = 0;
        if (!objects.Layout.Code.ThreadLocalBytecode.Exists)
        {
            return false;
        }

        for (int attempt = 0; attempt < 2; attempt++)
        {
            foreach (ulong start in entry.ThreadLocalInstructions ?? [])
            {
                if (pointer - start < (ulong)entry.CodeLength)
                {
                    offset = (int)(pointer - start);
                    return true;
                }
            }

            if (attempt == 0)
            {
                entry.ThreadLocalInstructions = ReadThreadLocalInstructions(entry.Address);
            }
        }

        return false;
    }

    // _PyCodeArray {Py_ssize_t size; char *entries[1];} of Include/cpython/code.h.
    private List<ulong> ReadThreadLocalInstructions(ulong code)
    {
        List<ulong> starts = [];
        IRemoteMemory memory = objects.Memory;
        if (memory.TryReadUInt64(code + (ulong)objects.Layout.Code.ThreadLocalBytecode.Value, out ulong array)
            && memory.TryReadUInt64(array, out ulong count))
        {
            for (ulong i = 0; i < Math.Min(count, 4096); i++)
            {
                if (memory.TryReadUInt64(array + ((i + 1) * sizeof(ulong)), out ulong start) && start != 0)
                {
                    starts.Add(start);
                }
            }
        }

        return starts;
    }

    private WitnessTrust TrustAt(ulong address, long nowNs) =>
        _deaths.TryGetValue(address, out long death) && nowNs - death < SuspicionNs ? WitnessTrust.Suspicious : WitnessTrust.Normal;
}
