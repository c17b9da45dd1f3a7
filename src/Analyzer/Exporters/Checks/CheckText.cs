using System.Globalization;
using System.Text;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters.Checks;

/// <summary>The result of a check as plain text: what is broken, by what, and which line imports that.</summary>
public static class CheckText
{
    /// <summary>The text.</summary>
    /// <param name="report">The result.</param>
    /// <param name="brokenOnly">Whether to leave out what is kept.</param>
    public static string Render(BudgetReport report, bool brokenOnly)
    {
        var text = new StringBuilder();
        foreach (EntryResult entry in report.Entries)
        {
            List<RuleResult> rules = [.. entry.Rules.Where(rule => !brokenOnly || rule.Outcome != RuleOutcome.Kept).OrderBy(Rank)];
            if (rules.Count == 0 && brokenOnly)
            {
                continue;
            }

            text.Append(text.Length > 0 ? "\n" : "");
            text.Append(CultureInfo.InvariantCulture, $"{entry.Entry}: Python {entry.Python}, {Recordings(entry.Recordings)}\n");
            HashSet<string> shown = [];
            int width = rules.Select(rule => rule.Rule.Key.Length).DefaultIfEmpty().Max();
            foreach (RuleResult rule in rules)
            {
                text.Append("  ").Append(Word(rule).PadRight(7)).Append(rule.Rule.Key.PadRight(width)).Append("  ").Append(Sentence(rule)).Append('\n');
                // init, total and cpu are often due to the same imports: once is enough.
                bool isNew = rule.Offenders.Count > 0 && shown.Add(string.Join('\n', rule.Offenders.Select(offender => $"{offender.Name} {offender.Cost}")));
                foreach (Offender offender in isNew ? rule.Offenders : [])
                {
                    Write(text, offender, rule, width);
                }
            }

            foreach (string note in brokenOnly ? [] : entry.Notes)
            {
                text.Append("  ").Append(note).Append('\n');
            }
        }

        foreach (string unseen in brokenOnly ? [] : report.Unseen)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nNo recording is of {SafeText.Clean(unseen)}, which the budget has rules for.\n");
        }

        return text.Append(brokenOnly ? "" : Summary(report)).ToString();
    }

    /// <summary>What a result is called.</summary>
    /// <param name="rule">The result.</param>
    public static string Word(RuleResult rule) => rule.Outcome switch
    {
        RuleOutcome.Kept => "ok",
        RuleOutcome.NotMeasured => "?",
        _ => rule.Rule.Level == BudgetLevel.Error ? "error" : "warn",
    };

    /// <summary>What is to say of a result, on one line.</summary>
    /// <param name="result">The result.</param>
    public static string Sentence(RuleResult result)
    {
        switch (result)
        {
            case { Outcome: RuleOutcome.NotMeasured }:
                return "not measured in these recordings";
            case { Rule: AbsenceRule, Offenders: { Count: > 0 } offenders }:
                return string.Join(", ", offenders.Select(offender => offender.Name)) + (offenders.Count == 1 ? " is loaded and must not be" : " are loaded and must not be");
            case { Rule: AbsenceRule absence }:
                return $"not loaded: {SafeText.Clean(string.Join(", ", absence.Patterns.Select(pattern => pattern.Text)))}";
            case { Rule: StatusRule status, Outcome: RuleOutcome.Broken }:
                return ReportViewBuilder.Text($"the program ended with status {result.Value:0}, not {status.Status}: it may not have done what the budget is about");
            case { Rule: StatusRule status }:
                return ReportViewBuilder.Text($"the program ended with {status.Status}");
            case { Value: { } value, Limit: { } limit, Outcome: RuleOutcome.Broken }:
                string above = limit <= 0 || result.Kind == QuantityKind.Share ? "above"
                    : value > 2 * limit ? ReportViewBuilder.Text($"{value / limit:0.0} times") : ReportViewBuilder.Text($"{100 * (value / limit - 1):0.0} % above");
                return $"{result.Kind.Text(value)}, {above} {result.Kind.Text(limit)}";
            case { Value: { } value, Limit: { } limit }:
                return $"{result.Kind.Text(value)} of {result.Kind.Text(limit)}";
            default:
                return "";
        }
    }

    /// <summary>An offender's figure for people; empty when it has none.</summary>
    /// <param name="offender">The offender.</param>
    /// <param name="rule">The rule that it breaks.</param>
    public static string Cost(Offender offender, RuleResult rule) => offender.Cost is not { } cost ? "" : rule.Rule switch
    {
        LimitRule { Metric: BudgetMetric.Modules } => ReportViewBuilder.Count((long)cost, "module", "modules"),
        LimitRule { Metric: BudgetMetric.Memory } => QuantityKind.Memory.Text(cost),
        _ => QuantityKind.Time.Text(cost),
    };

    private static void Write(StringBuilder text, Offender offender, RuleResult rule, int width)
    {
        string[] facts = [.. new[] { Cost(offender, rule), offender.Note }.Where(part => part.Length > 0)];
        text.Append(' ', 11 + width).Append(offender.Name).Append(facts.Length > 0 ? ": " + string.Join(", ", facts) : "").Append('\n');
        if (offender.Chain.Count == 0)
        {
            text.Append(' ', 13 + width).Append("its import was not seen\n");
        }

        // How it came to what must not be there matters to the end; of what is too much, the importer.
        foreach (ImportLink link in rule.Rule is LimitRule ? offender.Chain.TakeLast(1) : offender.Chain)
        {
            text.Append(' ', 13 + width).Append(CultureInfo.InvariantCulture, $"{link.At} imports {SafeText.Clean(link.Imports)}\n");
        }
    }

    private static string Summary(BudgetReport report)
    {
        List<RuleResult> rules = [.. report.Entries.SelectMany(entry => entry.Rules)];
        int errors = rules.Count(rule => rule.Fails);
        int warnings = rules.Count(rule => rule is { Outcome: RuleOutcome.Broken, Rule.Level: BudgetLevel.Warn });
        int unknown = rules.Count(rule => rule.Outcome == RuleOutcome.NotMeasured);
        List<string> parts = [errors == 0 ? "Within the budget" : $"The budget is exceeded: {ReportViewBuilder.Count(errors, "error", "errors")}"];
        if (warnings > 0)
        {
            parts.Add(ReportViewBuilder.Count(warnings, "warning", "warnings"));
        }

        if (unknown > 0)
        {
            parts.Add(ReportViewBuilder.Count(unknown, "rule", "rules") + " not checked");
        }

        return "\n" + string.Join(", ", parts) + ".\n";
    }

    private static string Recordings(int count) => count == 1 ? "one recording" : ReportViewBuilder.Text($"median of {count} recordings");

    private static int Rank(RuleResult rule) => rule switch
    {
        { Outcome: RuleOutcome.Broken, Rule.Level: BudgetLevel.Error } => 0,
        { Outcome: RuleOutcome.NotMeasured } => 1,
        { Outcome: RuleOutcome.Broken } => 2,
        _ => 3,
    };
}
