using System.Text;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters.Checks;

/// <summary>
/// What a check finds amiss, for code hosts: as annotations of GitHub Actions and as SARIF. What must not be loaded is shown at the import statement,
/// what is too much at the rule in the budget's file.
/// </summary>
public static class CheckAnnotations
{
    private const int Offenders = 5;

    /// <summary>Writes annotations of GitHub Actions, errors first; nothing when all is kept.</summary>
    /// <param name="report">The result.</param>
    /// <param name="budget">The budget's file, as given.</param>
    /// <param name="places">Whose files are the project's.</param>
    /// <param name="output">Where to; stays open.</param>
    public static void WriteGithub(BudgetReport report, string budget, SourcePlaces places, Stream output)
    {
        var text = new StringBuilder();
        foreach ((EntryResult entry, RuleResult result) in Amiss(report))
        {
            SourcePlace? place = Place(result, budget, places);
            text.Append(WorkflowCommand.Of(
                result.Rule.Level == BudgetLevel.Error ? "error" : "warning", place?.Path, place?.Line, $"budget: {result.Rule.Key}", Message(entry, result)));
        }

        output.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Writes a SARIF log; the rules are the keys of the budget.</summary>
    /// <param name="report">The result.</param>
    /// <param name="budget">The budget's file, as given.</param>
    /// <param name="places">Whose files are the project's.</param>
    /// <param name="version">libprof's version.</param>
    /// <param name="output">Where to; stays open.</param>
    public static void WriteSarif(BudgetReport report, string budget, SourcePlaces places, string version, Stream output)
    {
        List<(EntryResult Entry, RuleResult Result)> amiss = [.. Amiss(report)];
        List<string> keys = [.. amiss.Select(one => one.Result.Rule.Key).Distinct(StringComparer.Ordinal)];
        List<SarifRule> rules = [.. keys.Select(key => new SarifRule(
            "budget/" + key, $"The budget's rule '{SafeText.Clean(key)}' is broken", "The program loads, takes or needs more than the budget allows.",
            "Change the import that is named, or raise the limit in the budget if the cost is wanted.", "error"))];
        IEnumerable<SarifResult> results = amiss.Select(one => new SarifResult
        {
            Rule = keys.IndexOf(one.Result.Rule.Key),
            Level = one.Result.Rule.Level == BudgetLevel.Error ? "error" : "warning",
            Message = Message(one.Entry, one.Result),
            Subject = one.Entry.Entry,
            Place = Place(one.Result, budget, places),
            Chain = one.Result.Offenders.Count > 0 ? Chain(one.Result.Offenders[0], places) : [],
        });
        SarifWriter.Write(output, version, places.Root, rules, results, report.Entries.SelectMany(entry => entry.Notes));
    }

    /// <summary>What is broken, and what could not be looked at though it would have failed the check.</summary>
    private static IEnumerable<(EntryResult Entry, RuleResult Result)> Amiss(BudgetReport report) =>
        report.Entries.SelectMany(entry => entry.Rules.Select(rule => (Entry: entry, Result: rule)))
            .Where(one => one.Result.Outcome == RuleOutcome.Broken || one.Result is { Outcome: RuleOutcome.NotMeasured, Rule.Level: BudgetLevel.Error })
            .OrderBy(one => one.Result.Rule.Level == BudgetLevel.Error ? 0 : 1);

    private static SourcePlace? Place(RuleResult result, string budget, SourcePlaces places)
    {
        SourcePlace? statement = result.Rule is AbsenceRule or FindingRule && result.Offenders.Count > 0 ? places.Primary(result.Offenders[0].Chain) : null;
        // A rule that holds without being written has no line.
        return statement ?? places.Of(budget, result.Rule.Place.Line, "");
    }

    private static IReadOnlyList<SourcePlace> Chain(Offender offender, SourcePlaces places) =>
        [.. offender.Chain.Select(link => places.Of(link.File, link.Line ?? 0, link.Imports)).OfType<SourcePlace>()];

    private static string Message(EntryResult entry, RuleResult result)
    {
        List<string> lines = [$"{entry.Entry}: {SafeText.Clean(CheckText.Sentence(result))}"];
        foreach (Offender offender in result.Offenders.Take(Offenders))
        {
            string[] facts = [.. new[] { CheckText.Cost(offender, result), offender.Note }.Where(part => part.Length > 0)];
            string importer = offender.Importer is { } link ? $", imported at {link.At}" : "";
            lines.Add(SafeText.Clean(offender.Name + (facts.Length > 0 ? ": " + string.Join(", ", facts) : "") + importer));
        }

        return string.Join('\n', lines);
    }
}
