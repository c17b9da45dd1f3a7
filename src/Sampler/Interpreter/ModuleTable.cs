using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Interpreter;

/// <summary>What a survey of the runtime found.</summary>
/// <param name="IsFinalizing">Whether the runtime's finalizing field is set.</param>
/// <param name="ModulesChanged">Whether <c>sys.modules</c> has other entries than at the last update.</param>
/// <param name="Modules">Address of <c>sys.modules</c>, 0 while there is none.</param>
internal readonly record struct SurveyRuntime(bool IsFinalizing, bool ModulesChanged, ulong Modules);

/// <summary>
/// The inventory of <c>sys.modules</c>, followed from outside: its new entries each time it has grown, in the order of insertion.
/// A module's file and loader are set before it enters the table (importlib._bootstrap._load_unlocked).
/// </summary>
internal sealed class ModuleTable(PythonObjects objects, IRecordingSink sink)
{
    private static readonly string[] s_attributes = ["__file__", "__loader__", "__path__", "__spec__"];
    private static readonly string[] s_specAttributes = ["loader", "origin"];

    // A module's first attributes are those that the import system sets; a module body adds hundreds behind them.
    private const int FirstAttributes = 24;

    // A module may be in the table before it has its attributes (a single-phase extension, the first built-in ones). Some never get
    // any (pyexpat.errors): they are asked this often, every few milliseconds, and then no more.
    private const int MostAttempts = 20;

    private readonly Dictionary<string, ModuleInfo> _modules = [];
    private readonly Dictionary<string, ulong> _objects = [];
    private readonly Dictionary<string, int> _incomplete = [];
    private readonly List<DictEntry> _entries = [];
    private readonly ReadBatch _batch = new();
    private ulong _dict;
    private ulong _keys;
    private int _count;

    /// <summary>What is known by now.</summary>
    public IReadOnlyCollection<ModuleInfo> Modules => _modules.Values;

    /// <summary>Address of a module's object, 0 when it is not loaded.</summary>
    public ulong AddressOf(string name) => _objects.GetValueOrDefault(name);

    /// <summary>Finds out, in one read, whether the table has changed since the last update, and whether the runtime finalizes.</summary>
    /// <param name="interpreter">Address of the <c>PyInterpreterState</c>.</param>
    /// <param name="finalizing">Address of the runtime's finalizing field, 0 where there is none.</param>
    public SurveyRuntime Survey(ulong interpreter, ulong finalizing)
    {
        _batch.Clear();
        DictLayout layout = objects.Layout.Dict;
        int flag = finalizing != 0 ? _batch.Add(finalizing, sizeof(ulong)) : -1;
        int dict = _batch.Add(interpreter + (ulong)objects.Layout.Interpreter.Modules.Value, sizeof(ulong));
        int keys = _keys != 0 ? _batch.Add(_dict + (ulong)layout.Keys.Value, sizeof(ulong)) : -1;
        int count = _keys != 0 ? _batch.Add(_keys + (ulong)layout.KeysEntryCount.Value, sizeof(ulong)) : -1;
        _ = _batch.Read(objects.Memory);
        ReadOnlySpan<byte> bytes = _batch.Bytes;
        bool isFinalizing = flag >= 0 && At(bytes, flag) is not (null or 0);
        ulong modules = At(bytes, dict) ?? 0;
        bool unchanged = modules == _dict && keys >= 0 && At(bytes, keys) == _keys && At(bytes, count) == (ulong)_count;
        return new SurveyRuntime(isFinalizing, modules != 0 && !unchanged, modules);
    }

    private static ulong? At(ReadOnlySpan<byte> bytes, int offset) =>
        offset + sizeof(ulong) <= bytes.Length ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]) : null;

    /// <summary>Takes the entries that are new since the last call. A few reads when there are none.</summary>
    /// <param name="dict">Address of <c>sys.modules</c>.</param>
    /// <param name="nowNs">The recording's clock.</param>
    /// <param name="beforeRecording">Whether what is found was loaded before the recording began.</param>
    public void Update(ulong dict, long nowNs, bool beforeRecording)
    {
        if (dict == 0 || !objects.TryReadDictTable(dict, out DictTable table) || (table.Keys == _keys && table.Count == _count))
        {
            return;
        }

        // A table that grew beyond its room was copied to another place, without its deleted entries.
        int first = table.Keys == _keys && table.Count > _count ? _count : 0;
        _entries.Clear();
        if (!objects.TryReadEntries(table, first, _entries))
        {
            return;
        }

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
            if (_modules.TryGetValue(name, out ModuleInfo? before) && before.Kind != ModuleKind.Unknown)
            {
                continue;
            }

            _objects[name] = entry.Value;
            ModuleInfo module = Read(name, entry.Value, before?.Order ?? _modules.Count, before?.SeenNs ?? nowNs, beforeRecording);
            _modules[name] = module;
            sink.OnModule(module);
            if (!IsComplete(module))
            {
                _incomplete[name] = MostAttempts;
            }
        }

        (_dict, _keys, _count) = (dict, table.Keys, table.Count);
    }

    /// <summary>Whether some module lacked attributes when it was last read, and is worth another attempt.</summary>
    public bool HasIncomplete => _incomplete.Count > 0;

    /// <summary>Reads those modules again whose attributes were not all there. Not during finalization: their memory may be others' then.</summary>
    public void Complete()
    {
        foreach (string name in _incomplete.Keys.ToList())
        {
            if (Reread(_modules[name]) || --_incomplete[name] == 0)
            {
                _incomplete.Remove(name);
            }
        }
    }

    /// <summary>Reads all incomplete modules once more, those given up included.</summary>
    public void Refresh()
    {
        foreach (ModuleInfo module in _modules.Values.Where(module => !IsComplete(module)).ToList())
        {
            _ = Reread(module);
        }
    }

    private bool Reread(ModuleInfo module)
    {
        ModuleInfo again = Read(module.Name, _objects[module.Name], module.Order, module.SeenNs, module.BeforeRecording);
        bool complete = IsComplete(again);
        if (complete || (again.Kind != ModuleKind.Unknown && module.Kind == ModuleKind.Unknown))
        {
            _modules[module.Name] = again;
            sink.OnModule(again);
        }

        return complete;
    }

    private static bool IsComplete(ModuleInfo module) => module.Kind switch
    {
        ModuleKind.Unknown => false,
        ModuleKind.Source or ModuleKind.Bytecode or ModuleKind.Extension => module.File.Length > 0,
        ModuleKind.Namespace => module.SearchPath.Count > 0,
        _ => true,
    };

    private ModuleInfo Read(string name, ulong module, int order, long seenNs, bool beforeRecording)
    {
        string file = "";
        List<string> path = [];
        ModuleKind kind = ModuleKind.Unknown;
        ulong origin = 0;
        // A subclass of module (lazy loaders, deprecation wrappers) has the same fixed part.
        if (IsModule(module) && objects.Memory.TryReadUInt64(module + (ulong)objects.Layout.Module.Dict.Value, out ulong dict) && dict != 0)
        {
            Span<ulong> values = stackalloc ulong[s_attributes.Length];
            objects.Lookup(dict, s_attributes, values, FirstAttributes);
            string loader = LoaderName(values[1]);
            if (values[0] != 0 && objects.TryReadTypeName(values[0], out string type) && type == "str")
            {
                _ = objects.TryReadString(values[0], out file);
            }

            if (values[3] != 0 && (loader.Length == 0 || file.Length == 0))
            {
                Span<ulong> spec = stackalloc ulong[s_specAttributes.Length];
                objects.LookupAttributes(values[3], s_specAttributes, spec);
                loader = loader.Length == 0 ? LoaderName(spec[0]) : loader;
                origin = spec[1];
            }

            kind = KindOf(loader, file);
            if (kind == ModuleKind.Extension && file.Length == 0 && objects.TryReadTypeName(origin, out string originType) && originType == "str")
            {
                // __file__ stands behind all that the module's definition holds; it is the spec's origin.
                _ = objects.TryReadString(origin, out file);
            }

            if (kind == ModuleKind.Namespace && values[2] != 0)
            {
                path = ReadNamespacePath(values[2]);
            }
        }

        return new ModuleInfo(name, file, kind, order, seenNs, beforeRecording, path);
    }

    private bool IsModule(ulong module) =>
        objects.TryReadTypeName(module, out string type)
        && type is not ("NoneType" or "str" or "int" or "dict" or "list" or "tuple" or "function" or "type" or "bool" or "float");

    // __path__ of a namespace package is a _NamespacePath, whose attribute _path is a list; older and odd ones are lists.
    private List<string> ReadNamespacePath(ulong path)
    {
        List<string> items = objects.ReadStrings(path);
        if (items.Count == 0)
        {
            Span<ulong> list = stackalloc ulong[1];
            objects.LookupAttributes(path, ["_path"], list);
            if (list[0] != 0)
            {
                items = objects.ReadStrings(list[0]);
            }
        }

        return items;
    }

    // A loader is an instance (SourceFileLoader) or, for built-in and frozen modules, the class itself.
    private string LoaderName(ulong loader)
    {
        if (loader == 0 || !objects.TryReadTypeName(loader, out string name) || name == "NoneType")
        {
            return "";
        }

        return name == "type" ? (objects.TryReadNameOfType(loader, out name) ? name : "") : name;
    }

    private static ModuleKind KindOf(string loader, string file)
    {
        int dot = loader.LastIndexOf('.');
        return loader[(dot + 1)..] switch
        {
            "BuiltinImporter" => ModuleKind.Builtin,
            "FrozenImporter" => ModuleKind.Frozen,
            "ExtensionFileLoader" => ModuleKind.Extension,
            "SourcelessFileLoader" => ModuleKind.Bytecode,
            "SourceFileLoader" => ModuleKind.Source,
            "NamespaceLoader" or "_NamespaceLoader" => ModuleKind.Namespace,
            _ when file.EndsWith(".py", StringComparison.Ordinal) => ModuleKind.Source,
            _ when file.EndsWith(".pyc", StringComparison.Ordinal) => ModuleKind.Bytecode,
            _ when file.EndsWith(".so", StringComparison.Ordinal) => ModuleKind.Extension,
            _ => ModuleKind.Unknown,
        };
    }
}
