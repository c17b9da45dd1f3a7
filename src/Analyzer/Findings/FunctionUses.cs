using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Findings;

/// <summary>Which functions ran after initialisation, and which never did, by module.</summary>
public sealed class FunctionUses
{
    private readonly Dictionary<string, HashSet<string>> _used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _run = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _never = new(StringComparer.Ordinal);
    private readonly bool _hasQualifiedNames;

    /// <summary>Takes them from the evidence of use.</summary>
    /// <param name="usage">The evidence.</param>
    public FunctionUses(UsageReport usage)
    {
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

            if (module.NeverRun.Count > 0)
            {
                _never[module.Module] = [.. module.NeverRun];
            }
        }

        _hasQualifiedNames = _run.Values.Concat(_never.Values).Any(names => names.Any(name => name.Contains('.')));
    }

    /// <summary>Whether a function ran after initialisation.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="function">Its qualified name; code objects before 3.11 know only the last part of it, which then decides.</param>
    public bool WasUsed(string module, string function) =>
        _used.TryGetValue(module, out HashSet<string>? used) && (used.Contains(function) || used.Contains(Last(function)));

    /// <summary>Whether a function ran at some time, be it only when the program was initialised.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="function">As for <see cref="WasUsed"/>.</param>
    public bool Ran(string module, string function) =>
        WasUsed(module, function) || (_run.TryGetValue(module, out HashSet<string>? run) && run.Contains(_hasQualifiedNames ? function : Last(function)));

    /// <summary>Whether some function of a module ran, be it only when the program was initialised.</summary>
    /// <param name="module">The module.</param>
    public bool RanSome(string module) => _used.ContainsKey(module) || _run.ContainsKey(module);

    /// <summary>Whether a function of a module ran that Python calls when a subclass is made: of a metaclass, or <c>__init_subclass__</c>.</summary>
    /// <param name="module">The module.</param>
    public bool RanOnSubclassing(string module) =>
        new[] { _used, _run }.Any(names => names.TryGetValue(module, out HashSet<string>? ran)
            && ran.Any(name => Last(name) is "__init_subclass__" or "__new__" or "__init__" or "__prepare__" or "__set_name__"));

    /// <summary>Whether it is proven that a function did not run at all, in the initialisation neither.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="function">Its qualified name; where code objects know only the last part, no function of that name ran.</param>
    public bool NeverRan(string module, string function) =>
        _never.TryGetValue(module, out HashSet<string>? never) && never.Contains(_hasQualifiedNames ? function : Last(function));

    private static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];
}
