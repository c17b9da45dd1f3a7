using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Executions;

/// <summary>Code objects that were found and wait for their names: many with one system call. Named ones are announced and followed.</summary>
internal sealed class CodeNames(PythonObjects objects, StackInterner interner, CodeRegister register, IRecordingSink sink)
{
    // Enough for nearly every name; a longer one is read alone.
    private const int NameLength = 128;
    private const int MostFiles = 65536;

    private readonly Queue<(FollowedCode Code, ulong Name, ulong File, string Module, ulong Parent)> _waiting = new();
    private readonly List<(FollowedCode Code, ulong Name, ulong File, string Module, ulong Parent)> _unnamed = [];
    private readonly HashSet<string> _unnamedModules = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, FollowedCode> _byAddress = [];
    private readonly Dictionary<ulong, string> _files = [];
    private readonly List<CodeReading> _readings = [];
    private readonly ReadBatch _batch = new();
    private int _nextId;
    private long _beginNs;

    /// <summary>Code objects that wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>The first number for a code object in this image.</summary>
    public int NextId
    {
        get => _nextId;
        init => _nextId = value;
    }

    /// <summary>A waiting code object.</summary>
    public bool TryGet(ulong address, out FollowedCode code) => _byAddress.TryGetValue(address, out code!);

    /// <summary>Adds a code object.</summary>
    public void Add(FollowedCode code, ulong name, ulong file, string module, ulong parent)
    {
        _waiting.Enqueue((code, name, file, module, parent));
        _byAddress[code.Address] = code;
    }

    /// <summary>Whether a name of a module's functions could not be read since the last <see cref="Retry"/>.</summary>
    public bool HasFailed(string module) => _unnamedModules.Contains(module);

    /// <summary>Tries again what had no name that could be read.</summary>
    public void Retry()
    {
        foreach ((FollowedCode Code, ulong Name, ulong File, string Module, ulong Parent) item in _unnamed)
        {
            _waiting.Enqueue(item);
        }

        _unnamed.Clear();
        _unnamedModules.Clear();
    }

    /// <summary>Reads at most so many names.</summary>
    public void Step(int most)
    {
        int count = Math.Min(most, _waiting.Count);
        if (count == 0)
        {
            return;
        }

        _batch.Clear();
        foreach ((FollowedCode _, ulong name, ulong _, string _, ulong _) in _waiting.Take(count))
        {
            _ = _batch.Add(name, LengthAt(name));
        }

        _ = _batch.Read(objects.Memory.Source);
        int offset = 0;
        for (int i = 0; i < count; i++)
        {
            (FollowedCode code, ulong nameAddress, ulong fileAddress, string module, ulong parent) = _waiting.Peek();
            int length = LengthAt(nameAddress);
            bool isThere = offset + length <= _batch.Filled;
            string name = "";
            bool named = isThere && TryParse(_batch.Bytes.Slice(offset, length), out name);
            named = named || objects.TryReadString(nameAddress, out name);
            offset += length;
            if (named && TryReadFile(fileAddress, out string file))
            {
                _waiting.Dequeue();
                _byAddress.Remove(code.Address);
                Announce(code, name, file, module, parent);
            }
            else
            {
                _unnamed.Add(_waiting.Dequeue());
                _unnamedModules.Add(module);
            }

            if (!isThere)
            {
                break; // those behind it were not read: the next step does
            }
        }
    }

    /// <summary>Hands the first readings of what was announced to the recording.</summary>
    /// <param name="nowNs">The recording's clock.</param>
    /// <param name="walked">Modules whose functions are all announced.</param>
    public void Report(long nowNs, IReadOnlyList<string> walked)
    {
        if (_readings.Count == 0 && walked.Count == 0)
        {
            return;
        }

        sink.OnUsage(new UsageSnapshot
        {
            BeginNs = _readings.Count > 0 ? Math.Min(_beginNs, nowNs) : nowNs,
            EndNs = nowNs,
            Moment = UsageMoment.Found,
            Readings = [.. _readings],
            Walked = walked,
        });
        _readings.Clear();
    }

    private void Announce(FollowedCode code, string name, string file, string module, ulong parent)
    {
        code.Id = _nextId++;
        int function = interner.Function(name, file, code.Identity.FirstLine);
        int parentId = parent != 0 && register.TryGet(parent, out FollowedCode outer) && outer.Id < code.Id ? outer.Id : -1;
        sink.OnCode(new CodeInfo(code.Id, function, module, parentId));
        register.Add(code);
        _beginNs = _readings.Count == 0 ? code.FirstReadNs : Math.Min(_beginNs, code.FirstReadNs);
        _readings.Add(FollowedCode.ToRecord(code.Id, code.First));
    }

    private static int LengthAt(ulong address) => (int)Math.Min(NameLength, 4096 - (address & 4095));

    private bool TryParse(ReadOnlySpan<byte> bytes, out string name)
    {
        name = "";
        UnicodeLayout layout = objects.Layout.Unicode;
        int size = UnicodeHeader.FullHeaderSize(layout);
        if (bytes.Length < size || !UnicodeHeader.TryParse(bytes[..size], layout, NameLength, out UnicodeHeader header)
            || !header.IsInline || header.DataOffset + header.ByteLength > bytes.Length)
        {
            return false;
        }

        name = UnicodeHeader.Decode(header.Kind, bytes.Slice(header.DataOffset, header.ByteLength));
        return true;
    }

    private bool TryReadFile(ulong address, out string file)
    {
        if (_files.TryGetValue(address, out file!))
        {
            return true;
        }

        if (!objects.TryReadString(address, out file))
        {
            return false;
        }

        if (_files.Count < MostFiles)
        {
            _files[address] = file;
        }

        return true;
    }
}
