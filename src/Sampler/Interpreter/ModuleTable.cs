using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Interpreter;

/// <summary>What a survey of the runtime found.</summary>
/// <param name="IsFinalizing">Whether the runtime's finalizing field is set.</param>
/// <param name="ModulesChanged">Whether <c>sys.modules</c> has other entries than at the last update.</param>
/// <param name="Modules">Address of <c>sys.modules</c>, 0 while there is none.</param>
/// <param name="FirstInterpreter">Address of the newest interpreter, 0 when that was not asked or could not be read.</param>
/// <param name="Grown">When entries were only added, how many there are now, deleted ones included; else 0.</param>
internal readonly record struct SurveyRuntime(bool IsFinalizing, bool ModulesChanged, ulong Modules, ulong FirstInterpreter, int Grown = 0);

/// <summary>
/// The inventory of <c>sys.modules</c>, followed from outside: its new entries each time it has grown, in the order of insertion.
/// A module's file and loader are set before it enters the table (importlib._bootstrap._load_unlocked).
/// </summary>
/// <param name="objects">The target's objects.</param>
/// <param name="sink">The recording.</param>
/// <param name="interpreterId">Number of the interpreter, 0 the main one.</param>
internal sealed class ModuleTable(PythonObjects objects, IRecordingSink sink, long interpreterId = 0)
{
    // A module may be in the table before it has its attributes (a single-phase extension, the first built-in ones). Some never get
    // any (pyexpat.errors): they are asked this often, every few milliseconds, and then no more.
    private const int MostAttempts = 20;

    private const int SurveysOfTable = 16;
    private const int LargestPair = 2048;

    // What a survey says was added beyond this is read in the table itself.
    private const int MostAdded = 1024;

    private readonly Dictionary<string, ModuleInfo> _modules = [];
    private readonly Dictionary<string, ulong> _objects = [];
    private readonly Dictionary<string, int> _incomplete = [];
    // From which entry on a module stands in the table at _keys: where those began that it was found with.
    private readonly Dictionary<string, int> _placedFrom = [];
    private readonly List<DictEntry> _entries = [];
    private readonly HashSet<ulong> _missing = [];
    private readonly List<ModuleInfo> _new = [];
    private readonly ModuleReader _reader = new(objects);
    private readonly ReadBatch _batch = new();
    private ulong _dict;
    private DictTable _table;
    private int _surveys;

    // Where in the list of a survey its words stand, -1 for one that was not asked for.
    private (int Flag, int First, int Dict, int Keys, int Count) _asked;

    /// <summary>What is known by now.</summary>
    public IReadOnlyCollection<ModuleInfo> Modules => _modules.Values;

    /// <summary>
    /// Whether all of the table's entries are still modules that it knows. A finalizing interpreter first sets them to None and clears the table,
    /// and after that the modules (finalize_modules of Python/pylifecycle.c, PyImport_Cleanup before 3.10).
    /// </summary>
    public bool IsIntact()
    {
        _entries.Clear();
        objects.Memory.Clear();
        if (_dict == 0 || !objects.TryReadDictTable(_dict, out DictTable table) || table.Count == 0 || !objects.TryReadEntries(table, 0, _entries))
        {
            return false;
        }

        HashSet<ulong> known = [.. _objects.Values];
        return _entries.Count > 0 && _entries.TrueForAll(entry => known.Contains(entry.Value));
    }

    /// <summary>Whether the table holds some modules still: what is read of one that it has let go of may have been cleared.</summary>
    /// <param name="names">The modules.</param>
    public bool Holds(IReadOnlyCollection<string> names)
    {
        _entries.Clear();
        objects.Memory.Clear();
        if (_dict == 0 || !objects.TryReadDictTable(_dict, out DictTable table))
        {
            return false;
        }

        // The table keeps the order of insertion: modules that came lately stand at its end.
        int first = table.Keys == _table.Keys && names.Count > 0 ? names.Min(name => _placedFrom.GetValueOrDefault(name)) : 0;
        if (!objects.TryReadEntries(table, first, _entries))
        {
            return false;
        }

        _missing.Clear();
        _missing.UnionWith(names.Select(AddressOf));
        foreach (DictEntry entry in _entries)
        {
            _missing.Remove(entry.Value);
        }

        return _missing.Count == 0;
    }

    /// <summary>Address of <c>sys.modules</c>, 0 as long as it is not known.</summary>
    public ulong Dict => _dict;

    /// <summary>Address of a module's object, 0 when it is not loaded.</summary>
    public ulong AddressOf(string name) => _objects.GetValueOrDefault(name);

    /// <summary>Puts on a list what tells whether the table has changed since the last update, and whether the runtime finalizes.</summary>
    /// <param name="batch">The list.</param>
    /// <param name="interpreter">Address of the <c>PyInterpreterState</c>.</param>
    /// <param name="finalizing">Address of the runtime's finalizing field, 0 where there is none.</param>
    /// <param name="interpreters">Address of the pointer to the newest interpreter, 0 when that is not wanted.</param>
    public void Ask(ReadBatch batch, ulong interpreter, ulong finalizing, ulong interpreters = 0)
    {
        DictLayout layout = objects.Layout.Dict;
        (_asked.Flag, _asked.First) = AddPair(batch, finalizing, interpreters);
        // The interpreter has another table only when somebody gave it one.
        bool asksDict = _table.Keys == 0 || _surveys++ % SurveysOfTable == 0;
        _asked.Dict = asksDict ? batch.Add(interpreter + (ulong)objects.Layout.Interpreter.Modules.Value, sizeof(ulong)) : -1;
        _asked.Keys = _table.Keys != 0 ? batch.Add(_dict + (ulong)layout.Keys.Value, sizeof(ulong)) : -1;
        _asked.Count = _table.Keys != 0 ? batch.Add(_table.Keys + (ulong)layout.KeysEntryCount.Value, sizeof(ulong)) : -1;
    }

    /// <summary>What <see cref="Ask"/> asked for last.</summary>
    /// <param name="bytes">What its list brought, as far as it could be read.</param>
    public SurveyRuntime Answer(ReadOnlySpan<byte> bytes)
    {
        bool isFinalizing = _asked.Flag >= 0 && At(bytes, _asked.Flag) is not (null or 0);
        ulong modules = _asked.Dict >= 0 ? At(bytes, _asked.Dict) ?? 0 : _dict;
        bool isSame = modules == _dict && _asked.Keys >= 0 && At(bytes, _asked.Keys) == _table.Keys;
        ulong? count = isSame ? At(bytes, _asked.Count) : null;
        return new SurveyRuntime(isFinalizing, modules != 0 && count != (ulong)_table.Count, modules, _asked.First < 0 ? 0 : At(bytes, _asked.First) ?? 0)
        {
            Grown = count - (ulong)_table.Count is > 0 and <= MostAdded ? (int)count! : 0,
        };
    }

    /// <summary><see cref="Ask"/> and <see cref="Answer"/> in one read of its own.</summary>
    /// <param name="interpreter">Address of the <c>PyInterpreterState</c>.</param>
    /// <param name="finalizing">Address of the runtime's finalizing field, 0 where there is none.</param>
    /// <param name="interpreters">Address of the pointer to the newest interpreter, 0 when that is not wanted.</param>
    public SurveyRuntime Survey(ulong interpreter, ulong finalizing, ulong interpreters = 0)
    {
        _batch.Clear();
        Ask(_batch, interpreter, finalizing, interpreters);
        _ = _batch.Read(objects.Memory);
        return Answer(_batch.Bytes);
    }

    // Two words of the runtime, which usually stand so near each other that one range has both; -1 for an address that is 0.
    private static (int One, int Other) AddPair(ReadBatch batch, ulong one, ulong other)
    {
        ulong low = Math.Min(one, other);
        ulong length = Math.Max(one, other) - low + sizeof(ulong);
        if (low == 0 || length > LargestPair)
        {
            return (one != 0 ? batch.Add(one, sizeof(ulong)) : -1, other != 0 ? batch.Add(other, sizeof(ulong)) : -1);
        }

        int both = batch.Add(low, (int)length);
        return (both + (int)(one - low), both + (int)(other - low));
    }

    private static ulong? At(ReadOnlySpan<byte> bytes, int offset) =>
        offset + sizeof(ulong) <= bytes.Length ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]) : null;

    /// <summary>Takes the entries that are new since the last call. A few reads when there are none.</summary>
    /// <param name="survey">What was found of the table.</param>
    /// <param name="nowNs">The recording's clock.</param>
    /// <param name="beforeRecording">Whether what is found was loaded before the recording began.</param>
    public void Update(in SurveyRuntime survey, long nowNs, bool beforeRecording)
    {
        if (survey.Grown > 0)
        {
            Take(survey.Modules, _table with { Count = survey.Grown }, nowNs, beforeRecording);
        }
        else
        {
            Update(survey.Modules, nowNs, beforeRecording);
        }
    }

    private void Update(ulong dict, long nowNs, bool beforeRecording)
    {
        objects.Memory.Clear();
        if (dict != 0 && objects.TryReadDictTable(dict, out DictTable table) && (table.Keys != _table.Keys || table.Count != _table.Count))
        {
            Take(dict, table, nowNs, beforeRecording);
        }
    }

    private void Take(ulong dict, in DictTable table, long nowNs, bool beforeRecording)
    {
        // A table that grew beyond its room was copied to another place, without its deleted entries.
        int first = table.Keys == _table.Keys && table.Count > _table.Count ? _table.Count : 0;
        objects.Memory.Clear();
        _entries.Clear();
        if (!objects.TryReadEntries(table, first, _entries))
        {
            return;
        }

        if (first == 0)
        {
            _placedFrom.Clear();
        }

        TakeNew(first, nowNs, beforeRecording);
        (_dict, _table) = (dict, table);
    }

    private void TakeNew(int first, long nowNs, bool beforeRecording)
    {
        _new.Clear();
        objects.Memory.Clear();
        foreach (DictEntry entry in _entries)
        {
            objects.PrefetchString(entry.Key);
        }

        objects.Memory.Fetch();
        foreach (DictEntry entry in _entries)
        {
            if (!objects.TryReadString(entry.Key, out string name) || name.Length == 0)
            {
                continue;
            }

            if (_objects.TryGetValue(name, out ulong known) && known == entry.Value)
            {
                continue;
            }

            // During finalization the values become None, one by one: what was known stays.
            if (_modules.TryGetValue(name, out ModuleInfo? before)
                && (before.Kind != ModuleKind.Unknown || (objects.TryReadTypeName(entry.Value, out string type) && type == "NoneType")))
            {
                continue;
            }

            _objects[name] = entry.Value;
            _placedFrom[name] = first;
            _modules[name] = new ModuleInfo(
                name, "", ModuleKind.Unknown, before?.Order ?? _modules.Count, before?.SeenNs ?? nowNs, beforeRecording, [])
            {
                InterpreterId = interpreterId,
            };
            _new.Add(_modules[name]);
        }

        // Those whose attributes were missing come with the new ones, in the same system calls.
        int newModules = _new.Count;
        foreach (string name in _incomplete.Keys)
        {
            if (!_new.Exists(module => module.Name == name))
            {
                _new.Add(_modules[name]);
            }
        }

        List<ModuleInfo> read = _reader.Read(_new, _objects);
        TakeAgain(read[newModules..]);
        foreach (ModuleInfo module in read[..newModules])
        {
            _modules[module.Name] = module;
            sink.OnModule(module);
            if (!IsComplete(module))
            {
                _incomplete[module.Name] = MostAttempts;
            }
        }
    }

    /// <summary>Whether some module lacked attributes when it was last read, and is worth another attempt.</summary>
    public bool HasIncomplete => _incomplete.Count > 0;

    /// <summary>Reads those modules again whose attributes were not all there. Not during finalization: their memory may be others' then.</summary>
    public void Complete()
    {
        Reread([.. _incomplete.Keys.Select(name => _modules[name])]);
        foreach (string name in _incomplete.Keys.ToList())
        {
            if (--_incomplete[name] == 0)
            {
                _incomplete.Remove(name);
            }
        }
    }

    /// <summary>Reads all incomplete modules once more, those given up included.</summary>
    public void Refresh() => Reread([.. _modules.Values.Where(module => !IsComplete(module))]);

    /// <summary>Takes what is there while the target stands still for the last time; nothing once its table is being cleared.</summary>
    /// <param name="nowNs">The recording's clock.</param>
    public void TakeLast(long nowNs)
    {
        Update(_dict, nowNs, beforeRecording: false);
        if (IsIntact())
        {
            Refresh();
            return;
        }

        // A module outlives its entry when something refers to it; what is at its place now has to be a file of its name.
        TakeAgain([.. _reader.Read([.. _modules.Values.Where(module => !IsComplete(module))], _objects).Where(IsNamedAsItsFile)]);
    }

    private static bool IsNamedAsItsFile(ModuleInfo module)
    {
        string name = module.Name[(module.Name.LastIndexOf('.') + 1)..];
        return Path.GetFileName(module.File).StartsWith(name + ".", StringComparison.Ordinal);
    }

    private void Reread(List<ModuleInfo> modules) => TakeAgain(_reader.Read(modules, _objects));

    private void TakeAgain(List<ModuleInfo> modules)
    {
        foreach (ModuleInfo again in modules)
        {
            if (IsComplete(again))
            {
                _incomplete.Remove(again.Name);
            }

            if (IsComplete(again) || (again.Kind != ModuleKind.Unknown && _modules[again.Name].Kind == ModuleKind.Unknown))
            {
                _modules[again.Name] = again;
                sink.OnModule(again);
            }
        }
    }

    private static bool IsComplete(ModuleInfo module) => module.Kind switch
    {
        ModuleKind.Unknown => false,
        ModuleKind.Source or ModuleKind.Bytecode or ModuleKind.Extension => module.File.Length > 0,
        ModuleKind.Namespace => module.SearchPath.Count > 0,
        _ => true,
    };
}
