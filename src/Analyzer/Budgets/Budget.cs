namespace LibProf.Analyzer.Budgets;

/// <summary>What becomes of a rule that is broken.</summary>
public enum BudgetLevel
{
    /// <summary>The rule is not looked at.</summary>
    Off,
    /// <summary>It is said, and the check passes.</summary>
    Warn,
    /// <summary>The check fails.</summary>
    Error,
}

/// <summary>Where a rule's value stands in the file, for messages and for writing another one in its place.</summary>
/// <param name="Line">The line of its key, from 1.</param>
/// <param name="Start">First byte of the limit; -1 for a rule that is in no file.</param>
/// <param name="Length">Bytes of the limit.</param>
public readonly record struct BudgetPlace(int Line, int Start, int Length)
{
    /// <summary>For rules that hold without being written.</summary>
    public static BudgetPlace None { get; } = new(0, -1, 0);
}

/// <summary>A rule of a budget.</summary>
/// <param name="Key">Its name in the file; for findings <c>findings.PATTERN</c>.</param>
/// <param name="Level">What becomes of it when it is broken.</param>
/// <param name="Place">Where its limit stands.</param>
public abstract record BudgetRule(string Key, BudgetLevel Level, BudgetPlace Place);

/// <summary>A figure must not be above a limit.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Level">What becomes of it when it is broken.</param>
/// <param name="Place">Where its limit stands.</param>
/// <param name="Metric">Which figure.</param>
/// <param name="Limit">The limit, in the metric's unit.</param>
public sealed record LimitRule(string Key, BudgetLevel Level, BudgetPlace Place, BudgetMetric Metric, double Limit) : BudgetRule(Key, Level, Place);

/// <summary>Libraries and modules that must not be loaded.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Level">What becomes of it when it is broken.</param>
/// <param name="Place">Where the list stands.</param>
/// <param name="Patterns">What must not be loaded.</param>
public sealed record AbsenceRule(string Key, BudgetLevel Level, BudgetPlace Place, IReadOnlyList<NamePattern> Patterns) : BudgetRule(Key, Level, Place);

/// <summary>There must not be more than so many findings of a pattern.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Level">What becomes of it when it is broken.</param>
/// <param name="Place">Where its limit stands.</param>
/// <param name="Pattern">The pattern; <c>*</c> for all findings.</param>
/// <param name="Most">How many are allowed.</param>
public sealed record FindingRule(string Key, BudgetLevel Level, BudgetPlace Place, NamePattern Pattern, int Most) : BudgetRule(Key, Level, Place);

/// <summary>The program must end with this status: one that failed before its imports keeps within any budget.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Level">What becomes of it when it is broken.</param>
/// <param name="Place">Where the status stands.</param>
/// <param name="Status">The status.</param>
public sealed record StatusRule(string Key, BudgetLevel Level, BudgetPlace Place, int Status) : BudgetRule(Key, Level, Place);

/// <summary>Rules for some entry points.</summary>
/// <param name="Pattern">Which entry points: a script's path or the end of it, <c>-m module</c>; wildcards allowed.</param>
/// <param name="Rules">The rules, which replace general ones of the same key.</param>
/// <param name="Line">The line in the file.</param>
public sealed record EntryBudget(string Pattern, IReadOnlyList<BudgetRule> Rules, int Line);

/// <summary>A budget file.</summary>
/// <param name="Rules">The rules for every entry point.</param>
/// <param name="Entries">The rules for some, in the file's order.</param>
public sealed record Budget(IReadOnlyList<BudgetRule> Rules, IReadOnlyList<EntryBudget> Entries)
{
    /// <summary>Holds unless the file says something else of it.</summary>
    private static readonly StatusRule Ended = new("exit-status", BudgetLevel.Error, BudgetPlace.None, 0);

    /// <summary>The rules that hold for an entry point: of one key the last that applies, those of entry points after the general ones.</summary>
    /// <param name="entry">The entry point.</param>
    /// <returns>Empty when the budget says nothing about it.</returns>
    public IReadOnlyList<BudgetRule> For(Reports.EntryPoint entry)
    {
        Dictionary<string, BudgetRule> rules = new(StringComparer.Ordinal);
        IEnumerable<BudgetRule> written = Rules.Concat(Entries.Where(one => EntryMatches(one.Pattern, entry)).SelectMany(one => one.Rules));
        foreach (BudgetRule rule in written)
        {
            rules[rule.Key] = rule;
        }

        if (rules.Count > 0)
        {
            rules.TryAdd(Ended.Key, Ended);
        }

        return [.. rules.Values];
    }

    /// <summary>Whether a key of <c>entry-points</c> means an entry point.</summary>
    /// <param name="pattern">The key.</param>
    /// <param name="entry">The entry point.</param>
    public static bool EntryMatches(string pattern, Reports.EntryPoint entry)
    {
        string name = entry.ToString();
        if (NamePattern.Glob(pattern, name))
        {
            return true;
        }

        // A path's end, at a directory: how a script is named depends on where it was started from.
        string path = pattern.StartsWith("./", StringComparison.Ordinal) ? pattern[2..] : pattern;
        return entry.Kind is Reports.EntryPointKind.Script or Reports.EntryPointKind.Handler && NamePattern.Glob("*/" + path, "/" + name);
    }
}
