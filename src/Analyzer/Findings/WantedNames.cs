using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// Names that needed modules take of other modules, which these may have imported in turn: <c>package.LIMIT</c>, which the package has from
/// <c>package.limits</c>. Data leaves no trace when it is used; only who mentions it tells.
/// </summary>
internal sealed class WantedNames
{
    private const string Everything = "*";

    /// <summary>Names that a recording makes up could lead in circles and grow.</summary>
    private const int LongestPath = 1000;

    private readonly Profile _profile;
    private readonly HashSet<string> _loaded;
    private readonly Dictionary<string, HashSet<string>> _names = new(StringComparer.Ordinal);
    private readonly HashSet<(string Module, string Name)> _made = [];
    private readonly HashSet<(string Module, string Path, bool IsCaught)> _seen = [];
    private readonly HashSet<string> _modules = new(StringComparer.Ordinal);

    /// <summary>Nothing is wanted yet.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="graph">What was loaded.</param>
    public WantedNames(Profile profile, ImportGraph graph)
    {
        _profile = profile;
        _loaded = [.. graph.Modules];
    }

    /// <summary>How much is wanted: it only grows.</summary>
    public int Count => _seen.Count;

    /// <summary>Submodules that are wanted as attributes of their packages.</summary>
    public IReadOnlySet<string> Modules => _modules;

    /// <summary>Whether what an import binds, or a definition made of it, is wanted of its module by another one.</summary>
    /// <param name="module">The importing module.</param>
    /// <param name="import">Its import.</param>
    public bool Contains(string module, SourceImport import) =>
        import.Function.Length == 0 && _names.TryGetValue(module, out HashSet<string>? names)
        && (names.Contains(Everything) || names.Contains(import.Bound) || import.Definitions.Any(definition => _made.Contains((module, First(definition)))));

    /// <summary>Whether a module is asked for a name by another one, or handed on as a whole.</summary>
    /// <param name="module">The module.</param>
    /// <param name="name">The name.</param>
    public bool IsAskedFor(string module, string name) => _names.TryGetValue(module, out HashSet<string>? names) && (names.Contains(Everything) || names.Contains(name));

    /// <summary>A needed module does something with what an import binds.</summary>
    /// <param name="module">The importing module.</param>
    /// <param name="import">Its import.</param>
    /// <param name="isCaught">Whether only <c>except</c> clauses mention it: what is made of an import can then wait until something is raised.</param>
    public void Add(string module, SourceImport import, bool isCaught)
    {
        if (import.Name == Everything || TargetOf(module, import) is not { } target)
        {
            return;
        }

        if (import.Name is { } name)
        {
            Want(target, name, isCaught);
            foreach (string attribute in AttributesOf(import))
            {
                Want(target, name + "." + attribute, isCaught);
            }
        }
        else
        {
            foreach (string attribute in AttributesOf(import))
            {
                Want(target, attribute, isCaught);
            }
        }
    }

    private static IEnumerable<string> AttributesOf(SourceImport import) =>
        import.Attributes.Select(attribute => attribute.EndsWith(SourceImport.Call, StringComparison.Ordinal) ? attribute[..^2] : attribute).Where(attribute => attribute.Length > 0);

    private void Want(string module, string path, bool isCaught)
    {
        if (path.Length > LongestPath || !_loaded.Contains(module) || !_seen.Add((module, path, isCaught)))
        {
            return;
        }

        string first = First(path);
        string rest = path.Length > first.Length ? path[(first.Length + 1)..] : "";
        if (!_names.TryGetValue(module, out HashSet<string>? names))
        {
            _names[module] = names = new HashSet<string>(StringComparer.Ordinal);
        }

        names.Add(first);
        if (!isCaught)
        {
            _made.Add((module, first));
        }

        string submodule = module + "." + first;
        if (_loaded.Contains(submodule))
        {
            _modules.Add(submodule);
            if (rest.Length > 0)
            {
                Want(submodule, rest, isCaught);
            }
        }

        foreach (SourceImport import in _profile.Sources.TryGetValue(module, out ModuleSource? source) ? source.Imports : [])
        {
            bool isIt = import.Bound == first || first == Everything || (!isCaught && import.Definitions.Any(definition => First(definition) == first));
            if (import.Function.Length > 0 || !(isIt || import.Name == Everything) || TargetOf(module, import) is not { } target)
            {
                continue;
            }

            string further = import.Name == Everything ? path : import.Name is { } name ? (rest.Length > 0 ? name + "." + rest : name) : rest;
            if (further.Length > 0 && first != Everything)
            {
                // import a.b.c binds a: what is wanted of it is wanted of a.
                Want(import.Name is null && import.Bound == First(import.Target) ? import.Bound : target, further, isCaught);
            }
        }
    }

    /// <summary>The absolute name of the module that an import is from; null when its dots lead nowhere.</summary>
    /// <param name="module">The importing module.</param>
    /// <param name="import">Its import.</param>
    public string? TargetOf(string module, SourceImport import)
    {
        bool isPackage = _profile.Sources.TryGetValue(module, out ModuleSource? source) && source.File.EndsWith("/__init__.py", StringComparison.Ordinal);
        return ImportGraph.Resolve(module, isPackage, import.Target);
    }

    private static string First(string path) => path.IndexOf('.') is > 0 and var dot ? path[..dot] : path;
}
