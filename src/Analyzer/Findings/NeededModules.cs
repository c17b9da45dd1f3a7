using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// What of the loaded modules the program needs: those that were used, what the interpreter starts with, and what these make load by something
/// that cannot be put off: a name that the initialisation evaluates or a function mentions that ran, a star import, an import by compiled code
/// or by <c>importlib</c>, anything that the standard library imports. What remains is loaded for nothing.
/// </summary>
public sealed class NeededModules
{
    private readonly ImportGraph _graph;
    private readonly Profile _profile;
    private readonly LibraryResolver _libraries;
    private readonly FunctionUses _uses;
    private readonly UsageReport _usage;
    private readonly FindingRules _rules;
    private readonly HashSet<string> _needed = new(StringComparer.Ordinal);
    private readonly List<ImportEdge> _cuttable = [];
    private readonly WantedNames _wanted;
    private readonly UntakenBranches _untaken;
    private readonly HashSet<string> _roots;
    private readonly Dictionary<string, ImportEdge> _because = new(StringComparer.Ordinal);
    private readonly HashSet<string> _anchors = new(StringComparer.Ordinal) { "__main__" };

    /// <summary>Works out what is needed.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="imports">Its imports.</param>
    /// <param name="graph">Who loads whom.</param>
    /// <param name="libraries">Whose modules they are.</param>
    /// <param name="usage">What was used.</param>
    /// <param name="uses">Which functions were.</param>
    /// <param name="rules">What is known beyond the recording.</param>
    public NeededModules(Profile profile, ImportTree imports, ImportGraph graph, LibraryResolver libraries, UsageReport usage, FunctionUses uses, FindingRules rules)
    {
        _graph = graph;
        _profile = profile;
        _libraries = libraries;
        _usage = usage;
        _uses = uses;
        _rules = rules;
        _wanted = new WantedNames(profile, graph);
        _untaken = new UntakenBranches(profile, uses, usage, _wanted.TargetOf, libraries.Resolve);
        _roots = FindRoots(imports);
        var late = new LateCalls(profile, imports, graph, libraries, usage);
        bool grown;
        do
        {
            // Definitions made of an import matter when some other needed module imports them: that is known only in the end.
            grown = Grow();
        }
        while (grown || AddLate(late));
    }

    /// <summary>Modules that are needed by themselves: used, the program, or there before it.</summary>
    public IReadOnlySet<string> Roots => _roots;

    /// <summary>All that is needed.</summary>
    public IReadOnlySet<string> Modules => _needed;

    /// <summary>By module that something else needs: the import that cannot be put off.</summary>
    public IReadOnlyDictionary<string, ImportEdge> Because => _because;

    /// <summary>The edges from what is needed to what is not.</summary>
    public IReadOnlyList<ImportEdge> Cuttable => _cuttable;

    /// <summary>Those of the roots that are needed whether they are used or not: the program, and what was there before it.</summary>
    public IReadOnlySet<string> Anchors => _anchors;

    private HashSet<string> FindRoots(ImportTree imports)
    {
        var roots = new HashSet<string>(_graph.ProgramFiles.Values, StringComparer.Ordinal) { "__main__" };
        _anchors.UnionWith(roots);
        var early = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (ModuleInfo module in _profile.Modules)
        {
            bool isCaused = _graph.Caused.Contains(module.Name);
            if (module.BeforeRecording || (!isCaused && !Parents.Contains(module.Name)) || IsEarly(module.Name, imports, early))
            {
                roots.Add(module.Name);
                _anchors.Add(module.Name);
            }
            else if (IsUsed(module.Name))
            {
                roots.Add(module.Name);
            }
        }

        return roots;
    }

    private bool IsUsed(string module)
    {
        ModuleUse use = _usage.Of(module);
        return use.Verdict == UseVerdict.Used || use.SamplesAfterInit > 0;
    }

    private HashSet<string> Parents => field ??= [.. _graph.Modules.Where(name => name.Contains('.')).Select(name => name[..name.LastIndexOf('.')])];

    private ILookup<string, (string Module, SourceImport Import)> DefinitionUsers => field ??=
        _profile.Sources.Values.SelectMany(source => source.Imports.Where(import => import.Name is not null).Select(import => (source.Module, import)))
            .ToLookup(pair => pair.import.Name!, StringComparer.Ordinal);

    /// <summary>Whether the interpreter imports it before the program begins: by itself or within site.</summary>
    private bool IsEarly(string module, ImportTree imports, Dictionary<string, bool> known)
    {
        if (known.TryGetValue(module, out bool early))
        {
            return early;
        }

        known[module] = false; // a circle of causes does not begin with the interpreter
        ModuleImport? import = imports.Find(module);
        string? importer = import?.Sought ?? (import?.Cause is { } cause ? _graph.ImporterIn(cause) : null);
        return known[module] = import is not null
            && (importer is null or "site" || (!IsProgram(importer) && IsEarly(importer, imports, known)));
    }

    /// <summary>Whether a module is the program's own beginning: nothing imports it, or only the driver of a handler does.</summary>
    private bool IsProgram(string module) =>
        module == "__main__" || module.StartsWith('<')
        || (_profile.Image.Image.Handler is { Module: { } handler } && (handler == module || handler.StartsWith(module + ".", StringComparison.Ordinal)));

    private bool AddLate(LateCalls late)
    {
        int before = _roots.Count;
        _roots.UnionWith(late.Find(_needed));
        return _roots.Count > before;
    }

    private bool Grow()
    {
        int before = _needed.Count + _wanted.Count;
        _cuttable.Clear();
        var waiting = new Stack<string>();
        foreach (string root in _roots.Concat(_needed.ToList()))
        {
            _needed.Add(root);
            waiting.Push(root);
        }

        var visited = new HashSet<string>(StringComparer.Ordinal);
        var doubtful = new List<ImportEdge>();
        while (waiting.TryPop(out string? module))
        {
            if (!visited.Add(module))
            {
                continue;
            }

            Want(module);
            foreach (ImportEdge edge in _graph.From(module))
            {
                if (_needed.Contains(edge.To) || !CanPutOff(edge))
                {
                    _needed.Add(edge.To);
                    _because.TryAdd(edge.To, edge);
                    waiting.Push(edge.To);
                }
                else
                {
                    doubtful.Add(edge);
                }
            }
        }

        // A module that is reached as an attribute of its package, whoever loaded it.
        _needed.UnionWith(_wanted.Modules);
        _cuttable.AddRange(doubtful.Where(edge => !_needed.Contains(edge.To)));
        return _needed.Count + _wanted.Count > before;
    }

    /// <summary>What a needed module takes of the modules that it imports: names that these have from elsewhere in turn.</summary>
    private void Want(string module)
    {
        foreach (SourceImport import in _profile.Sources.TryGetValue(module, out ModuleSource? source) ? source.Imports : [])
        {
            if ((import.Conditions & ImportConditions.TypeChecking) != 0)
            {
                continue;
            }

            if (IsWanted(module, import))
            {
                _wanted.Add(module, import, isCaught: false);
            }
            else if (import.CaughtBy.Any(function => _uses.MayHaveRun(module, function)))
            {
                _wanted.Add(module, import, isCaught: true);
            }
        }
    }

    /// <summary>Whether a needed module does something with what an import binds: while it is initialised, in a function that may have run, or for others.</summary>
    private bool IsWanted(string module, SourceImport statement) =>
        !(statement.Function.Length > 0 && IsOptional(module, statement)) && !IsIdleMethod(module, statement)
        && ((statement.EagerUses & EagerUses.Evaluated) != 0 || IsMentioned(module, statement) || _wanted.Contains(module, statement));

    /// <summary>Whether an import by a needed module could be put off without loading the same a moment later.</summary>
    /// <param name="edge">An import.</param>
    public bool CanPutOff(ImportEdge edge)
    {
        if (edge.Kind == ImportEdgeKind.Observed)
        {
            return false; // what the importer does with it is not known
        }

        if (edge.Kind != ImportEdgeKind.Statement || edge.Statement is not { } statement || statement.Name == "*"
            || _libraries.Resolve(edge.From).Kind == LibraryKind.StandardLibrary)
        {
            return false;
        }

        if (statement.Function.Length > 0)
        {
            // It was asked for when the function ran, unless only to see whether it is there.
            return IsOptional(edge.From, statement) || !_uses.MayHaveRun(edge.From, statement.Function);
        }

        if (IsIdleMethod(edge.From, statement))
        {
            return true;
        }

        // A function that ran, be it when the program was initialised, would load it a moment later.
        bool evaluated = (statement.EagerUses & EagerUses.Evaluated) != 0 && !_rules.IsScanner(edge.To);
        return !evaluated && !IsMentioned(edge.From, statement) && !statement.CaughtBy.Any(function => _uses.MayHaveRun(edge.From, function)) && !_wanted.Contains(edge.From, statement)
            && !ReexportsNeeded(edge.To, statement) && !IsStarExported(edge.From, statement) && !RegistersWithNeeded(edge, statement)
            && !statement.Definitions.Any(definition => IsDefinitionNeeded(edge.From, definition));
    }

    /// <summary>
    /// A function that is nothing but a method of the importer's classes, and proven never to have run: a method that imports it will do. Not, when
    /// somebody asks the importer for it by its own name.
    /// </summary>
    private bool IsIdleMethod(string module, SourceImport statement) =>
        (statement.EagerUses & EagerUses.ClassAttribute) != 0 && statement is { Function.Length: 0, Name: { } name }
        && _libraries.Resolve(module).Kind != LibraryKind.StandardLibrary && !_wanted.IsAskedFor(module, statement.Bound) && !IsStarExported(module, statement)
        && _wanted.TargetOf(module, statement) is { } target && !ReexportsNeeded(target, statement) && _untaken.NeverRan(target, name);

    /// <summary>
    /// Whether a function mentions it that may have run. Not, when all that is done with it is to call functions that are proven never to have
    /// run: then it stands in a branch that was not taken.
    /// </summary>
    private bool IsMentioned(string module, SourceImport statement) =>
        statement.UsedBy.Any(function => _uses.MayHaveRun(module, function) && !_untaken.Contain(module, statement, function)) && !CallsOnlyWhatNeverRan(module, statement);

    private bool CallsOnlyWhatNeverRan(string module, SourceImport statement)
    {
        if (statement.Attributes.Count == 0 || statement.Definitions.Count > 0 || _wanted.TargetOf(module, statement) is not { } target)
        {
            return false;
        }

        return statement.Attributes.All(attribute =>
            attribute.EndsWith(SourceImport.Call, StringComparison.Ordinal) && attribute[..^2] is var name
            && (name.Length == 0 ? NeverRan(target, statement.Name ?? "") : NeverRan(statement.Name is { } from ? target + "." + from : target, name)));
    }

    private bool NeverRan(string module, string function) => _uses.NeverRan(module, function) && !_untaken.MayBeReplaced(module, function);

    /// <summary>The import can fail without harm: in a <c>try</c>, or after one of the same library in the same function.</summary>
    private bool IsOptional(string module, SourceImport statement) =>
        (statement.Conditions & ImportConditions.Optional) != 0
        || (statement.Target.IndexOf('.') is > 0 and var dot && _profile.Sources.TryGetValue(module, out ModuleSource? source)
            && source.Imports.Any(other => other.Function == statement.Function && (other.Conditions & ImportConditions.Optional) != 0 && other.Target == statement.Target[..dot]));

    /// <summary>
    /// Whether a needed module takes all names of the importer by a star import: it would ask for this one at once, or miss it. Where no
    /// import is in <c>__all__</c> there may be none, and every public name is taken.
    /// </summary>
    private bool IsStarExported(string module, SourceImport statement) =>
        StarUsers[module].Any(user => user != module && _needed.Contains(user))
        && ((statement.EagerUses & EagerUses.Exported) != 0
            || (!statement.Bound.StartsWith('_') && !_profile.Sources[module].Imports.Any(import => (import.EagerUses & EagerUses.Exported) != 0)));

    private ILookup<string, string> StarUsers => field ??= _graph.Modules.SelectMany(_graph.From).Where(edge => edge.Statement?.Name == "*")
        .ToLookup(edge => edge.To, edge => edge.From, StringComparer.Ordinal);

    /// <summary>
    /// Nothing mentions the name: a library imports its own module for what its body does, and that calls something needed of the same library, or
    /// makes subclasses of a class that notices: it registers there.
    /// </summary>
    private bool RegistersWithNeeded(ImportEdge edge, SourceImport statement) =>
        (statement.EagerUses & ~EagerUses.Deleted) == EagerUses.None && statement is { UsedBy.Count: 0, CaughtBy.Count: 0, Definitions.Count: 0 } && IsOfSameLibrary(edge.From, edge.To)
        && _profile.Sources.TryGetValue(edge.To, out ModuleSource? source)
        && source.Imports.Any(import => import.Function.Length == 0 && (import.EagerUses & (EagerUses.Evaluated | EagerUses.Definition)) != 0
            && _graph.From(edge.To).Any(further => further.Line == import.Line && _needed.Contains(further.To) && IsOfSameLibrary(edge.To, further.To)
                && ((import.EagerUses & EagerUses.Evaluated) != 0 ? _uses.RanSome(further.To) : _uses.RanOnSubclassing(further.To))));

    private bool IsOfSameLibrary(string one, string other) =>
        _libraries.Resolve(one) is { Kind: not LibraryKind.StandardLibrary } library && _libraries.Resolve(other) is var second
        && second.Kind == library.Kind && second.Name == library.Name;

    /// <summary>The name comes from a third module that is used: whoever uses it may reach it by this import.</summary>
    private bool ReexportsNeeded(string to, SourceImport statement) =>
        statement.Name is { } name && _profile.Sources.TryGetValue(to, out ModuleSource? source)
        && source.Imports.Any(import => import.Bound == name && import.Function.Length == 0
            && _graph.From(to).Any(further => further.Line == import.Line && IsUsed(further.To)));

    /// <summary>Whether a needed module imports, and does something with, a definition that is made of an import.</summary>
    private bool IsDefinitionNeeded(string module, string definition)
    {
        if (module.StartsWith('<'))
        {
            return true; // what runpy or exec ran leaves its names to whoever had it run
        }

        if (definition.Contains('.'))
        {
            return false; // a class attribute: wanted with the class, by who mentions that
        }

        return DefinitionUsers[definition].Any(user => user.Module != module && _needed.Contains(user.Module)
            && ((user.Import.EagerUses & (EagerUses.Evaluated | EagerUses.Definition)) != 0
                || user.Import.UsedBy.Any(function => _uses.WasUsed(user.Module, function)))
            && _graph.From(user.Module).Any(edge => edge.Line == user.Import.Line && edge.To == module));
    }
}
