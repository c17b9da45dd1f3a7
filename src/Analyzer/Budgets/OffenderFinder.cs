using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Budgets;

/// <summary>Finds what a broken rule is due to, and who imports it.</summary>
internal sealed class OffenderFinder(IReadOnlyList<ReportModel> reports)
{
    /// <summary>More than these are not named.</summary>
    private const int Most = 3;

    private const int MostLibraries = 10;

    private readonly Dictionary<ReportModel, ImportChains> _chains = [];

    /// <summary>What makes a figure what it is, the largest first, in the recording that is nearest to the median.</summary>
    public IReadOnlyList<Offender> Of(BudgetMetric metric, double median)
    {
        ReportModel report = reports.Where(one => BudgetFigures.Of(one, metric) is not null).MinBy(one => Math.Abs(BudgetFigures.Of(one, metric)!.Value - median))!;
        return metric switch
        {
            BudgetMetric.Init or BudgetMetric.Total or BudgetMetric.ColdStart or BudgetMetric.Cpu => Costliest(report),
            BudgetMetric.Memory => Largest(report),
            BudgetMetric.MaxUnused => [.. BudgetFigures.Unused(report).OrderByDescending(library => library.InitNs).Take(Most).Select(library => Of(report, library, library.InitNs / 1e6))],
            BudgetMetric.Modules => [.. report.Libraries.OrderByDescending(library => library.Modules).Take(Most).Select(library => Of(report, library, library.Modules))],
            BudgetMetric.Libraries => [.. BudgetFigures.ThirdParty(report).Take(MostLibraries).Select(library => Of(report, library, library.InitNs / 1e6))],
            _ => [],
        };
    }

    /// <summary>What is loaded in some recording though it must not be: for each pattern the library, or else the first module, and who imports it.</summary>
    public IReadOnlyList<Offender> Matching(IReadOnlyList<NamePattern> patterns)
    {
        List<Offender> offenders = [];
        foreach (NamePattern pattern in patterns)
        {
            List<(ReportModel Report, List<ModuleReport> Modules)> found = [.. reports
                .Select(report => (Report: report, Modules: report.Modules.Where(module => IsMeant(pattern, module)).ToList()))
                .Where(one => one.Modules.Count > 0)];
            if (found.Count == 0)
            {
                continue;
            }

            // Of what is loaded together, what came first brought the others; and a recording that saw the import says more.
            (ReportModel report, List<ModuleReport> modules) = found.Find(one => one.Modules.Exists(module => module.Import?.Cause is not null)) is { Report: not null } seen ? seen : found[0];
            ModuleReport first = modules.Find(module => module.Import?.Cause is not null) ?? modules[0];
            string more = modules.Count > 1 ? ReportViewBuilder.Text($"with {ReportViewBuilder.Count(modules.Count - 1, "more module", "more modules")}") : "";
            string where = found.Count < reports.Count ? ReportViewBuilder.Text($"in {found.Count} of {reports.Count} recordings") : "";
            offenders.Add(new Offender(
                SafeText.Clean(first.Name), first.Import?.InclusiveNs / 1e6, Chains(report).To(first.Name), string.Join(", ", new[] { more, where }.Where(text => text.Length > 0))));
        }

        return offenders;
    }

    /// <summary>The findings of a pattern, in the recording whose number of them is nearest to the median.</summary>
    public IReadOnlyList<Offender> Findings(NamePattern pattern, double median)
    {
        ReportModel report = reports.MinBy(one => Math.Abs(one.Findings.Findings.Count(finding => NamePattern.Glob(pattern.Text, finding.Pattern)) - median))!;
        return [.. report.Findings.Findings.Where(finding => NamePattern.Glob(pattern.Text, finding.Pattern)).Select(finding => new Offender(
            SafeText.Clean(finding.Id), finding.SavingNs / 1e6, [.. finding.Chain.Select(link => Chains(report).Show(link))], SafeText.Clean(finding.Suggestion)))];
    }

    private static bool IsMeant(NamePattern pattern, ModuleReport module) => BudgetFigures.IsLoaded(module)
        && (pattern.MatchesModule(module.Name) || (module.Library.Kind == Libraries.LibraryKind.Distribution && pattern.MatchesLibrary(module.Library.Name)));

    /// <summary>The costliest imports that the program itself makes, with everything that they bring.</summary>
    private List<Offender> Costliest(ReportModel report)
    {
        IEnumerable<ModuleImport> outermost = report.Imports.Modules.Where(import => import is { Within: null, Cause: not null });
        return [.. outermost.OrderByDescending(import => import.InclusiveNs).Take(Most)
            .Select(import => new Offender(SafeText.Clean(import.Name), import.InclusiveNs / 1e6, Chains(report).To(import.Name)))];
    }

    /// <summary>Of the same imports, those that take most memory.</summary>
    private List<Offender> Largest(ReportModel report) =>
        [.. report.Modules.Where(module => module is { Memory: not null, Import: { Within: null, Cause: not null } })
            .OrderByDescending(module => module.Memory!.InclusiveKib).Take(Most)
            .Select(module => new Offender(SafeText.Clean(module.Name), module.Memory!.InclusiveKib, Chains(report).To(module.Name)))];

    private Offender Of(ReportModel report, LibraryReport library, double? cost)
    {
        ImportLink? entrance = Chains(report).Entrance(library.Library);
        IReadOnlyList<ImportLink> chain = entrance is null ? [] : Chains(report).To(entrance.Imports);
        return new Offender(SafeText.Clean(library.Library.Name), cost, chain);
    }

    private ImportChains Chains(ReportModel report)
    {
        if (!_chains.TryGetValue(report, out ImportChains? chains))
        {
            _chains[report] = chains = new ImportChains(report);
        }

        return chains;
    }
}
