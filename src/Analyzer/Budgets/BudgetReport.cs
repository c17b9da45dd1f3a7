using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Budgets;

/// <summary>What came of a rule.</summary>
public enum RuleOutcome
{
    /// <summary>It is kept.</summary>
    Kept,
    /// <summary>It is broken.</summary>
    Broken,
    /// <summary>The recordings do not have the figure.</summary>
    NotMeasured,
}

/// <summary>Something that makes a rule broken, or costs most of what the rule limits.</summary>
/// <param name="Name">A module, a library, or a finding's id.</param>
/// <param name="Cost">Its part of the figure; null where there is no such figure.</param>
/// <param name="Chain">The import statements from the program to it; empty when they were not seen.</param>
/// <param name="Note">What else there is to say; empty when nothing.</param>
public sealed record Offender(string Name, double? Cost, IReadOnlyList<ImportLink> Chain, string Note = "")
{
    /// <summary>The statement that imports it; null when it was not seen.</summary>
    public ImportLink? Importer => Chain.Count > 0 ? Chain[^1] : null;
}

/// <summary>What came of one rule for one entry point.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Outcome">What came of it.</param>
public sealed record RuleResult(BudgetRule Rule, RuleOutcome Outcome)
{
    /// <summary>The median of the recordings; null when not measured, and for rules without a figure.</summary>
    public double? Value { get; init; }

    /// <summary>The limit; null for rules without one.</summary>
    public double? Limit { get; init; }

    /// <summary>What value and limit are numbers of.</summary>
    public QuantityKind Kind { get; init; } = QuantityKind.Count;

    /// <summary>What it is due to, the worst first; empty while the rule is kept.</summary>
    public IReadOnlyList<Offender> Offenders { get; init; } = [];

    /// <summary>Whether the check fails by it.</summary>
    public bool Fails => Outcome == RuleOutcome.Broken && Rule.Level == BudgetLevel.Error;
}

/// <summary>What came of the rules for an entry point.</summary>
/// <param name="Entry">The entry point.</param>
/// <param name="Python">The interpreter's version.</param>
/// <param name="Recordings">How many recordings of it there were.</param>
/// <param name="Rules">The rules, in the budget's order; those that are off are not among them.</param>
/// <param name="Notes">Sentences that a reader needs to judge the figures.</param>
public sealed record EntryResult(string Entry, string Python, int Recordings, IReadOnlyList<RuleResult> Rules, IReadOnlyList<string> Notes)
{
    /// <summary>How many of the recordings got less than half of the looks that were due: libprof was kept from the processor.</summary>
    public int Starved { get; init; }
}

/// <summary>What came of a check.</summary>
/// <param name="Entries">Each entry point, in the order of the recordings.</param>
/// <param name="Unseen">Entry points that the budget names and that no recording is of.</param>
public sealed record BudgetReport(IReadOnlyList<EntryResult> Entries, IReadOnlyList<string> Unseen)
{
    /// <summary>Whether a rule of level error is broken.</summary>
    public bool Fails => Entries.Any(entry => entry.Rules.Any(rule => rule.Fails));

    /// <summary>The rules of level error that could not be checked.</summary>
    public IEnumerable<(EntryResult Entry, RuleResult Result)> Unchecked => Entries.SelectMany(
        entry => entry.Rules.Where(rule => rule is { Outcome: RuleOutcome.NotMeasured, Rule.Level: BudgetLevel.Error }),
        (entry, rule) => (entry, rule));
}
