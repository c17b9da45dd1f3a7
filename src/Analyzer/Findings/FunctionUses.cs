using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Findings;

/// <summary>Which functions ran after initialisation, by module.</summary>
public sealed class FunctionUses
{
    private readonly Dictionary<string, HashSet<string>> _used = new(StringComparer.Ordinal);

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
        }
    }

    /// <summary>Whether a function ran after initialisation.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="function">Its qualified name; code objects before 3.11 know only the last part of it, which then decides.</param>
    public bool WasUsed(string module, string function) =>
        _used.TryGetValue(module, out HashSet<string>? used)
        && (used.Contains(function) || (function.LastIndexOf('.') is > 0 and var dot && used.Contains(function[(dot + 1)..])));
}
