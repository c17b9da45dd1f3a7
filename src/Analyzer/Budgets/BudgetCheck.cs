using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Statistics;

namespace LibProf.Analyzer.Budgets;

/// <summary>
/// Compares recordings with a budget. Recordings of the same entry point count together: figures by their median, so that one slow run
/// does no harm; what must not be loaded must not be loaded in any of them.
/// </summary>
public static class BudgetCheck
{
    /// <summary>Checks.</summary>
    /// <param name="budget">The budget.</param>
    /// <param name="reports">The recordings.</param>
    /// <exception cref="BudgetException">They cannot be checked with it.</exception>
    public static BudgetReport Of(Budget budget, IReadOnlyList<ReportModel> reports)
    {
        List<EntryResult> entries = [];
        HashSet<EntryBudget> used = [];
        foreach ((EntryPoint entry, List<ReportModel> group) in Group(reports))
        {
            IReadOnlyList<BudgetRule> rules = budget.For(entry);
            if (rules.Count == 0)
            {
                string known = string.Join(", ", budget.Entries.Select(one => one.Pattern));
                throw new BudgetException(0, $"the budget has no rule for {SafeText.Clean(entry.ToString())}", $"it has rules for {SafeText.Clean(known)}");
            }

            used.UnionWith(budget.Entries.Where(one => Budget.EntryMatches(one.Pattern, entry)));
            entries.Add(Check(entry, rules, group));
        }

        return new BudgetReport(entries, [.. budget.Entries.Where(one => !used.Contains(one)).Select(one => one.Pattern)]);
    }

    /// <summary>The recordings by entry point, in the order in which these come first.</summary>
    /// <param name="reports">The recordings.</param>
    /// <exception cref="BudgetException">One is not of a Python, or those of one entry point are of several.</exception>
    public static IReadOnlyList<(EntryPoint Entry, List<ReportModel> Reports)> Group(IReadOnlyList<ReportModel> reports)
    {
        List<(EntryPoint Entry, List<ReportModel> Reports)> groups = [];
        foreach (ReportModel report in reports)
        {
            EntryPoint entry = EntryPoint.Of(report.Profile.Image.Image);
            if (!report.IsPython)
            {
                string what = $"no Python was seen in the recording of {SafeText.Clean(entry.ToString())}";
                throw entry.Kind == EntryPointKind.Program
                    ? new BudgetException(0, what, "a budget is about what a Python imports")
                    : new BudgetException(0, what + ": it was over before libprof came to look", "the machine was busy: record it again");
            }

            int index = groups.FindIndex(group => group.Entry == entry);
            if (index < 0)
            {
                groups.Add((entry, [report]));
                continue;
            }

            groups[index].Reports.Add(report);
            string first = Python(groups[index].Reports[0]);
            if (first != Python(report))
            {
                throw new BudgetException(
                    0, $"the recordings of {SafeText.Clean(entry.ToString())} are of several Pythons: {first} and {Python(report)}", "check those of each by themselves: a median of both means nothing");
            }
        }

        return groups;
    }

    private static string Python(ReportModel report) => SafeText.Clean(report.Profile.Image.Python?.Version ?? "");

    private static EntryResult Check(EntryPoint entry, IReadOnlyList<BudgetRule> rules, List<ReportModel> reports)
    {
        var finder = new OffenderFinder(reports);
        List<RuleResult> results = [.. rules.Where(rule => rule.Level != BudgetLevel.Off).Select(rule => Check(rule, reports, finder)).OfType<RuleResult>()];
        int starved = reports.Count(report => report.Quality is { Missed: { } missed } quality && missed > quality.Samples);
        return new EntryResult(SafeText.Clean(entry.ToString()), Python(reports[0]), reports.Count, results, Notes(reports, results, starved)) { Starved = starved };
    }

    private static RuleResult? Check(BudgetRule rule, List<ReportModel> reports, OffenderFinder finder)
    {
        switch (rule)
        {
            case LimitRule limit:
                double? value = Medians.OfKnown(reports.Select(report => BudgetFigures.Of(report, limit.Metric)));
                RuleOutcome outcome = value is null ? RuleOutcome.NotMeasured : value <= limit.Limit ? RuleOutcome.Kept : RuleOutcome.Broken;
                return new RuleResult(rule, outcome)
                {
                    Value = value,
                    Limit = limit.Limit,
                    Kind = limit.Metric.Kind(),
                    Offenders = outcome == RuleOutcome.Broken ? finder.Of(limit.Metric, value!.Value) : [],
                };
            case AbsenceRule absence:
                IReadOnlyList<Offender> loaded = finder.Matching(absence.Patterns);
                return new RuleResult(rule, loaded.Count == 0 ? RuleOutcome.Kept : RuleOutcome.Broken) { Offenders = loaded };
            case FindingRule findings:
                return Check(findings, reports, finder);
            case StatusRule status:
                return Check(status, reports);
            default:
                return null;
        }
    }

    /// <summary>Findings that are there count, whatever the recordings lack; that there are none says nothing where they could not be found.</summary>
    private static RuleResult Check(FindingRule rule, List<ReportModel> reports, OffenderFinder finder)
    {
        double count = Medians.Of(reports.Select(report => (double)report.Findings.Findings.Count(finding => NamePattern.Glob(rule.Pattern.Text, finding.Pattern))));
        RuleOutcome outcome = count > rule.Most ? RuleOutcome.Broken : reports.TrueForAll(report => report.Findings.Missing is null) ? RuleOutcome.Kept : RuleOutcome.NotMeasured;
        return new RuleResult(rule, outcome)
        {
            Value = outcome == RuleOutcome.NotMeasured ? null : count,
            Limit = rule.Most,
            Offenders = outcome == RuleOutcome.Broken ? finder.Findings(rule.Pattern, count) : [],
        };
    }

    /// <summary>Any recording that ended otherwise counts: a median of statuses means nothing. Null when no status is known and none was asked for.</summary>
    private static RuleResult? Check(StatusRule rule, List<ReportModel> reports)
    {
        List<int> known = [.. reports.Select(report => report.Profile.ProcessEnd?.ExitStatus).OfType<int>()];
        if (known.Count == 0)
        {
            return rule.Place.Line == 0 ? null : new RuleResult(rule, RuleOutcome.NotMeasured) { Limit = rule.Status };
        }

        int? other = known.Exists(status => status != rule.Status) ? known.Find(status => status != rule.Status) : null;
        return new RuleResult(rule, other is null ? RuleOutcome.Kept : RuleOutcome.Broken) { Value = other ?? rule.Status, Limit = rule.Status };
    }

    private static List<string> Notes(List<ReportModel> reports, List<RuleResult> results, int starved)
    {
        List<string> notes = [];
        bool times = results.Exists(result => result.Kind == QuantityKind.Time && result.Rule is LimitRule);
        if (times && starved > 0)
        {
            notes.Add($"{ReportViewBuilder.Count(starved, "recording", "recordings")} of {reports.Count} got less than half of the looks: the machine was busy, and times are off.");
        }

        Profile first = reports[0].Profile;
        if (times && reports.Exists(report => report.Profile.Environment?.CpuQuota != first.Environment?.CpuQuota || report.Profile.Environment?.Cpus != first.Environment?.Cpus))
        {
            notes.Add("The recordings were made with different numbers of processors: times may differ by that.");
        }

        return notes;
    }
}
