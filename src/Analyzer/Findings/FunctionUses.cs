using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Findings;

/// <summary>Which functions ran, after initialisation or at all, by module.</summary>
public sealed class FunctionUses
{
    private readonly Dictionary<string, HashSet<string>> _used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _run = new(StringComparer.Ordinal);
    private readonly UsageReport _usage;
    private readonly bool _isQualified;

    // What ran in forked children leaves no mark in their parent.
    private readonly bool _hasChildren;

    /// <summary>Takes them from the evidence of use.</summary>
    /// <param name="usage">The evidence.</param>
    /// <param name="hasChildren">Whether the program forked: its functions may have run in children.</param>
    public FunctionUses(UsageReport usage, bool hasChildren)
    {
        _hasChildren = hasChildren;
        _usage = usage;
        _isQualified = usage.Modules.Values.Any(module => module.FunctionsNeverRun.Concat(module.UsedFunctions).Any(name => name.Contains('.')));
        foreach (ModuleUse module in usage.Modules.Values)
        {
            if (module.UsedFunctions.Count > 0)
            {
                _used[module.Module] = [.. module.UsedFunctions];
            }

            if (module.Run.Count > 0)
            {
                _run[module.Module] = [.. module.Run];
            }
        }
    }

    /// <summary>Whether a function ran after initialisation.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="function">Its qualified name; code objects before 3.11 know only the last part of it, which then decides.</param>
    public bool WasUsed(string module, string function) =>
        _used.TryGetValue(module, out HashSet<string>? used) && (used.Contains(function) || used.Contains(Last(function)));

    /// <summary>Whether some function of a module ran, be it only when the program was initialised.</summary>
    /// <param name="module">The module.</param>
    public bool RanSome(string module) => _used.ContainsKey(module) || _run.ContainsKey(module);

    /// <summary>Whether a function of a module ran that Python calls when a subclass is made: of a metaclass, or <c>__init_subclass__</c>.</summary>
    /// <param name="module">The module.</param>
    public bool RanOnSubclassing(string module) =>
        new[] { _used, _run }.Any(names => names.TryGetValue(module, out HashSet<string>? ran)
            && ran.Any(name => Last(name) is "__init_subclass__" or "__new__" or "__init__" or "__prepare__" or "__set_name__"));

    /// <summary>Whether an <c>__init_subclass__</c> of a module ran: its classes do something with those that are made of them.</summary>
    /// <param name="module">The module.</param>
    public bool NoticesSubclasses(string module) =>
        new[] { _used, _run }.Any(names => names.TryGetValue(module, out HashSet<string>? ran) && ran.Any(name => Last(name) is "__init_subclass__" or "__prepare__"));

    /// <summary>
    /// Whether a module has a function of a name that is proven never to have run. Before 3.11 that is not known: a method may have the same name
    /// (<c>pickle.load</c> is compiled, <c>Unpickler.load</c> is not).
    /// </summary>
    /// <param name="module">Its module.</param>
    /// <param name="function">Its qualified name.</param>
    public bool NeverRan(string module, string function) => !_hasChildren && _isQualified && _usage.Of(module).FunctionsNeverRun.Contains(function);

    /// <summary>Whether a function may have run at some time: it is not proven that it never did. What it mentions was wanted then.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="function">Its qualified name, as in <see cref="WasUsed"/>.</param>
    public bool MayHaveRun(string module, string function)
    {
        ModuleUse use = _usage.Of(module);
        return _hasChildren || !(use is { Verdict: UseVerdict.Never, IsProvenUnused: true } || use.FunctionsNeverRun.Contains(function)
            || (!_isQualified && use.FunctionsNeverRun.Contains(Last(function))));
    }

    private static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];
}
