using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// Who makes whom load, among the modules that were loaded: import statements that were executed (by the files of the modules), what was
/// seen to cause an import first (by the stacks), and packages by their submodules. An edge too many keeps a module that could go; one
/// too few would promise what does not come: in doubt a statement counts as executed.
/// </summary>
public sealed class ImportGraph
{
    private const int DeepestPassing = 8;

    private readonly Dictionary<string, List<ImportEdge>> _from = new(StringComparer.Ordinal);
    private readonly HashSet<string> _modules;
    private readonly HashSet<string> _packages;
    private readonly Profile _profile;
    private readonly HashSet<(string File, string Function)> _seenFunctions;
    private readonly FunctionUses _uses;
    private readonly bool _hasLazyImports;

    /// <summary>Draws the graph of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="imports">Its imports.</param>
    /// <param name="uses">Which functions ran after initialisation.</param>
    /// <param name="hasLazyImports">Whether the interpreter knows lazy imports.</param>
    public ImportGraph(Profile profile, ImportTree imports, FunctionUses uses, bool hasLazyImports)
    {
        _profile = profile;
        _uses = uses;
        _hasLazyImports = hasLazyImports;
        ProgramFiles = profile.Sources.Values.Where(source => source.Module.StartsWith('<')).ToDictionary(source => source.File, source => source.Module, StringComparer.Ordinal);
        _modules = [.. profile.Modules.Select(module => module.Name), .. imports.Modules.Select(module => module.Name), .. ProgramFiles.Values];
        // Functions that stood on a stack: the table has all that are followed, those that never ran among them.
        _seenFunctions = [.. profile.Stacks.Frames.Select(frame => frame.FunctionId).Distinct().Select(id => profile.Stacks.Functions[id]).Select(function => (function.File, function.Name))];
        _packages = profile.Modules.Where(module => module.SearchPath.Count > 0 || module.File.EndsWith("/__init__.py", StringComparison.Ordinal))
            .Select(module => module.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string module in _modules)
        {
            int dot = module.LastIndexOf('.');
            if (dot > 0 && _modules.Contains(module[..dot]))
            {
                Add(new ImportEdge(module, module[..dot], ImportEdgeKind.Parent, "", 0, null));
            }
        }

        foreach (ModuleSource source in profile.Sources.Values.Where(source => _modules.Contains(source.Module)))
        {
            AddSource(source, _packages.Contains(source.Module));
        }

        foreach (ModuleImport import in imports.Modules)
        {
            AddCause(import);
        }

        // Loaded by means that leave no trace (a finder of its own, a hook): with its package.
        foreach (string module in _modules.Where(module => !_caused.Contains(module)).ToList())
        {
            int dot = module.LastIndexOf('.');
            if (dot > 0 && _modules.Contains(module[..dot]))
            {
                Add(new ImportEdge(module[..dot], module, ImportEdgeKind.Dynamic, "", 0, null));
            }
        }
    }

    /// <summary>Every module that was loaded, or asked for in vain.</summary>
    public IReadOnlyCollection<string> Modules => _modules;

    /// <summary>Files of the program that are no module's (run by runpy, exec), and what they are called in place of a module's name.</summary>
    public IReadOnlyDictionary<string, string> ProgramFiles { get; }

    /// <summary>What made a module load: a module, or a file of the program; null when it is neither.</summary>
    /// <param name="cause">The cause.</param>
    public string? ImporterIn(ImportStatement cause) => cause.Module ?? ProgramFiles.GetValueOrDefault(cause.File);

    /// <summary>Modules that something is seen to make load.</summary>
    public IReadOnlySet<string> Caused => _caused;

    private readonly HashSet<string> _caused = new(StringComparer.Ordinal);

    /// <summary>What a module makes load.</summary>
    /// <param name="module">Its name.</param>
    public IReadOnlyList<ImportEdge> From(string module) => _from.TryGetValue(module, out List<ImportEdge>? edges) ? edges : [];

    /// <summary>All that is loaded when some modules are.</summary>
    /// <param name="roots">These modules.</param>
    /// <param name="isCut">Edges that do not count.</param>
    public HashSet<string> Reach(IEnumerable<string> roots, Predicate<ImportEdge> isCut)
    {
        var reached = new HashSet<string>(roots, StringComparer.Ordinal);
        var waiting = new Stack<string>(reached);
        while (waiting.TryPop(out string? module))
        {
            foreach (ImportEdge edge in From(module))
            {
                if (!reached.Contains(edge.To) && !isCut(edge))
                {
                    reached.Add(edge.To);
                    waiting.Push(edge.To);
                }
            }
        }

        return reached;
    }

    /// <summary>The absolute name of what a statement imports from.</summary>
    /// <param name="module">The importing module.</param>
    /// <param name="isPackage">Whether it is a package.</param>
    /// <param name="target">As written, with the dots of a relative import.</param>
    /// <returns>Null when the dots lead out of the package.</returns>
    public static string? Resolve(string module, bool isPackage, string target)
    {
        int dots = target.Length - target.TrimStart('.').Length;
        if (dots == 0)
        {
            return target;
        }

        string package = module;
        for (int i = isPackage ? 1 : 0; i < dots; i++)
        {
            int dot = package.LastIndexOf('.');
            if (dot < 0)
            {
                return null;
            }

            package = package[..dot];
        }

        return target.Length == dots ? package : package + "." + target[dots..];
    }

    private void AddSource(ModuleSource source, bool isPackage)
    {
        foreach (SourceImport import in source.Imports)
        {
            if (!WasExecuted(source, import) || Resolve(source.Module, isPackage, import.Target) is not { } target)
            {
                continue;
            }

            // import a.b.c loads a and a.b as well; by their children, as for everybody.
            AddStatement(source, import, target);
            if (import.Name is not null and not "*")
            {
                AddStatement(source, import, target + "." + import.Name);
                AddPassedOn(source, import, target, target, import.Name, 0);
            }
        }

        foreach (string reference in source.References)
        {
            if (_modules.Contains(reference))
            {
                Add(new ImportEdge(source.Module, reference, ImportEdgeKind.Library, source.File, 0, null));
            }
        }
    }

    /// <summary>
    /// A name that the module it is asked of has from another one loads that one, too, wherever else the import of it is put off:
    /// <c>from package import name</c> asks for it at once.
    /// </summary>
    private void AddPassedOn(ModuleSource source, SourceImport import, string asked, string from, string name, int depth)
    {
        if (depth == DeepestPassing || from == source.Module || _modules.Contains(from + "." + name) || !_profile.Sources.TryGetValue(from, out ModuleSource? passing))
        {
            return;
        }

        foreach (SourceImport origin in passing.Imports.Where(origin => origin.Function.Length == 0 && origin.Bound == name && WasExecuted(passing, origin)))
        {
            if (Resolve(from, _packages.Contains(from), origin.Target) is { } target)
            {
                AddStatement(source, import, target, asked);
                if (origin.Name is { } further)
                {
                    AddStatement(source, import, target + "." + further, asked);
                    AddPassedOn(source, import, asked, target, further, depth + 1);
                }
            }
        }
    }

    private void AddStatement(ModuleSource source, SourceImport import, string target, string? asked = null)
    {
        if (target != source.Module && _modules.Contains(target))
        {
            bool isByName = (import.Conditions & ImportConditions.ByName) != 0;
            Add(new ImportEdge(source.Module, target, isByName ? ImportEdgeKind.Dynamic : ImportEdgeKind.Statement, source.File, import.Line, isByName ? null : import) { AskedOf = asked });
        }
    }

    /// <summary>
    /// A statement of the module's own code is executed when the module is; one in a function when the function is, unless it is proven that
    /// it never did. One that can fail without harm counts where the function is known to have run.
    /// </summary>
    private bool WasExecuted(ModuleSource source, SourceImport import)
    {
        if ((import.Conditions & ImportConditions.TypeChecking) != 0
            || ((import.Conditions & ImportConditions.MainOnly) != 0 && source.Module != "__main__")
            || ((import.Conditions & ImportConditions.Lazy) != 0 && _hasLazyImports))
        {
            return false;
        }

        if (import.Function.Length == 0)
        {
            return true;
        }

        int dot = import.Function.LastIndexOf('.');
        bool mayHaveRun = (import.Conditions & ImportConditions.Optional) != 0
            ? _uses.WasUsed(source.Module, import.Function) : _uses.MayHaveRun(source.Module, import.Function);
        return mayHaveRun || _seenFunctions.Contains((source.File, import.Function))
            || (dot > 0 && _seenFunctions.Contains((source.File, import.Function[(dot + 1)..])));
    }

    private void AddCause(ModuleImport import)
    {
        if (import.Sought is { } sought)
        {
            Add(new ImportEdge(sought, import.Name, ImportEdgeKind.Dynamic, "", 0, null));
            return;
        }

        if (import.Cause is not { } cause || ImporterIn(cause) is not { } importer || importer == import.Name || !_modules.Contains(importer))
        {
            return;
        }

        int line = cause.Line ?? 0;
        if (!_profile.Sources.TryGetValue(importer, out ModuleSource? source) || source.References.Count > 0)
        {
            Add(new ImportEdge(importer, import.Name, ImportEdgeKind.Observed, cause.File, line, null));
            return;
        }

        SourceImport? statement = source.Imports.FirstOrDefault(candidate => line >= candidate.Line && line <= candidate.EndLine && (candidate.Conditions & ImportConditions.ByName) == 0);
        if (statement is null)
        {
            Add(new ImportEdge(importer, import.Name, ImportEdgeKind.Dynamic, cause.File, line, null));
            return;
        }

        // Several names of one statement: those that have to do with the module, or (a package on the way) any.
        bool isLazyUse = (statement.Conditions & ImportConditions.Lazy) != 0 && _hasLazyImports;
        if (!From(importer).Any(edge => edge.Line == statement.Line && (edge.To == import.Name || edge.To.StartsWith(import.Name + ".", StringComparison.Ordinal))))
        {
            Add(new ImportEdge(importer, import.Name, isLazyUse ? ImportEdgeKind.Dynamic : ImportEdgeKind.Statement, cause.File, statement.Line, statement));
        }
    }

    private void Add(ImportEdge edge)
    {
        if (!_from.TryGetValue(edge.From, out List<ImportEdge>? edges))
        {
            _from[edge.From] = edges = [];
        }

        edges.Add(edge);
        if (edge.Kind != ImportEdgeKind.Parent)
        {
            _caused.Add(edge.To);
        }
    }
}
