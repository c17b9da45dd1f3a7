using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Interpreter;

/// <summary>Reads what module objects say of themselves: file, loader, search path. Many at a time, in a handful of system calls.</summary>
internal sealed class ModuleReader(PythonObjects objects)
{
    private static readonly string[] s_attributes = ["__file__", "__loader__", "__path__", "__spec__"];
    private static readonly string[] s_specAttributes = ["loader", "origin"];

    // A module's first attributes are those that the import system sets; a module body adds hundreds behind them.
    private const int FirstAttributes = 24;

    // While a module fills its dict, the table moves, and the room it leaves is soon the next module's.
    private const int MostTries = 3;

    // Their pages are kept while they are read: not those of a thousand modules at once.
    private const int ModulesAtOnce = 64;

    private readonly List<Found> _found = [];

    private struct Found
    {
        public ulong Dict;
        public ulong Keys;
        public ulong File;
        public ulong Loader;
        public ulong Path;
        public ulong Spec;
    }

    /// <summary>Reads modules anew; what cannot be read stays unknown, and so does what changed its place during every try.</summary>
    /// <param name="modules">What is known of them: names, order.</param>
    /// <param name="addresses">Addresses of the module objects by name.</param>
    public List<ModuleInfo> Read(IReadOnlyList<ModuleInfo> modules, IReadOnlyDictionary<string, ulong> addresses)
    {
        List<ModuleInfo> read = [.. modules];
        foreach (int[] some in Enumerable.Range(0, read.Count).Chunk(ModulesAtOnce))
        {
            List<int> open = [.. some];
            for (int i = 0; i < MostTries && open.Count > 0; i++)
            {
                open = Try(read, open, addresses);
            }
        }

        return read;
    }

    // Gives those that have to be read again.
    private List<int> Try(List<ModuleInfo> modules, List<int> open, IReadOnlyDictionary<string, ulong> addresses)
    {
        PrefetchedMemory memory = objects.Memory;
        memory.Clear();
        FindAttributes([.. open.Select(index => modules[index])], addresses, memory);
        foreach (Found found in _found)
        {
            objects.PrefetchString(found.File);
            objects.PrefetchType(found.File);
            objects.PrefetchType(found.Loader);
            objects.PrefetchType(found.Spec);
        }

        memory.Fetch();
        List<ModuleInfo> finished = [];
        for (int i = 0; i < open.Count; i++)
        {
            finished.Add(Finish(modules[open[i]], _found[i]));
        }

        memory.Clear();
        ulong keysOffset = (ulong)objects.Layout.Dict.Keys.Value;
        foreach (Found found in _found)
        {
            memory.Add(found.Dict == 0 ? 0 : found.Dict + keysOffset, sizeof(ulong));
        }

        memory.Fetch();
        List<int> moved = [];
        for (int i = 0; i < open.Count; i++)
        {
            ulong dict = _found[i].Dict;
            if (dict == 0 || (memory.TryReadUInt64(dict + keysOffset, out ulong keys) && keys == _found[i].Keys))
            {
                modules[open[i]] = finished[i];
            }
            else
            {
                moved.Add(open[i]);
            }
        }

        memory.Clear();
        return moved;
    }

    private void FindAttributes(IReadOnlyList<ModuleInfo> modules, IReadOnlyDictionary<string, ulong> addresses, PrefetchedMemory memory)
    {
        _found.Clear();
        int dictOffset = objects.Layout.Module.Dict.Value;
        foreach (ModuleInfo module in modules)
        {
            memory.Add(addresses[module.Name], dictOffset + sizeof(ulong));
        }

        memory.Fetch();
        foreach (ModuleInfo module in modules)
        {
            // A subclass of module (lazy loaders, deprecation wrappers) has the same fixed part.
            ulong address = addresses[module.Name];
            bool isModule = IsModule(address) & memory.TryReadUInt64(address + (ulong)dictOffset, out ulong dict);
            _found.Add(new Found { Dict = isModule ? dict : 0 });
            objects.PrefetchDict(_found[^1].Dict);
        }

        memory.Fetch();
        foreach (Found found in _found)
        {
            objects.PrefetchKeys(found.Dict);
        }

        memory.Fetch();
        foreach (Found found in _found)
        {
            objects.PrefetchEntries(found.Dict, FirstAttributes);
        }

        memory.Fetch();
        Span<ulong> values = stackalloc ulong[s_attributes.Length];
        for (int i = 0; i < _found.Count; i++)
        {
            Found found = _found[i];
            if (found.Dict != 0)
            {
                objects.Lookup(found.Dict, s_attributes, values, FirstAttributes);
                _ = memory.TryReadUInt64(found.Dict + (ulong)objects.Layout.Dict.Keys.Value, out ulong keys);
                _found[i] = found with { Keys = keys, File = values[0], Loader = values[1], Path = values[2], Spec = values[3] };
            }
        }
    }

    private ModuleInfo Finish(ModuleInfo module, in Found found)
    {
        if (found.Dict == 0)
        {
            return module;
        }

        string file = "";
        List<string> path = [];
        ulong origin = 0;
        string loader = LoaderName(found.Loader);
        if (found.File != 0 && objects.TryReadTypeName(found.File, out string type) && type == "str")
        {
            _ = objects.TryReadString(found.File, out file);
        }

        if (found.Spec != 0 && (loader.Length == 0 || file.Length == 0))
        {
            Span<ulong> spec = stackalloc ulong[s_specAttributes.Length];
            objects.LookupAttributes(found.Spec, s_specAttributes, spec);
            loader = loader.Length == 0 ? LoaderName(spec[0]) : loader;
            origin = spec[1];
        }

        ModuleKind kind = KindOf(loader, file);
        if (kind == ModuleKind.Extension && file.Length == 0 && objects.TryReadTypeName(origin, out string originType) && originType == "str")
        {
            // __file__ stands behind all that the module's definition holds; it is the spec's origin.
            _ = objects.TryReadString(origin, out file);
        }

        if (kind == ModuleKind.Namespace && found.Path != 0)
        {
            path = ReadNamespacePath(found.Path);
        }

        return module with { File = file, Kind = kind, SearchPath = path };
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
