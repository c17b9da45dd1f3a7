using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// Findings as results of static analysis (SARIF 2.1.0), for code hosts and editors: each at its import statement, its rule the pattern,
/// how the program comes to import it as a code flow. The level tells how sure it is: warning with evidence, note for a guess.
/// </summary>
public sealed class SarifExporter : IProfileExporter
{
    /// <inheritdoc/>
    public string Name => "sarif";

    /// <inheritdoc/>
    public string FileExtension => "sarif";

    /// <inheritdoc/>
    public string Description => "findings at their import statements (SARIF 2.1.0), for code hosts and editors";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        var places = new SourcePlaces(report.Profile);
        List<SarifRule> rules = [.. FindingsReport.Help.Select(help => new SarifRule(help.Name, help.Title, help.Meaning, help.Advice, "warning"))];
        IEnumerable<SarifResult> results = report.Findings.Findings.Select(finding => Of(finding, rules, places, report.Profile.ColdStartNs));
        SarifWriter.Write(output, report.Profile.Environment?.ToolVersion ?? "", places.Root, rules, results, ReportViewBuilder.Build(report).Notes);
    }

    private static SarifResult Of(Finding finding, List<SarifRule> rules, SourcePlaces places, long coldStartNs)
    {
        SourcePlace? primary = places.Primary(finding);
        List<(string Name, object Value)> properties = [("confidence", JsonFindings.NameOf(finding.Confidence)), ("library", finding.Library)];
        Add("savingMs", finding.SavingNs / 1e6);
        Add("savingCpuMs", finding.SavingCpuNs / 1e6);
        Add("savingKib", finding.SavingKib);
        Add("initMs", finding.InitNs / 1e6);
        return new SarifResult
        {
            Rule = rules.FindIndex(rule => rule.Id == finding.Pattern),
            Level = FindingText.IsWarning(finding) ? "warning" : "note",
            Message = string.Join('\n', [FindingText.Headline(finding, coldStartNs), .. FindingText.Advice(finding)]),
            Subject = finding.Subject,
            Place = primary,
            Related = [.. places.Statements(finding).Where(place => place != primary)],
            Chain = places.Chain(finding.Chain),
            Rank = finding.SavingNs is { } ns && coldStartNs > 0 ? 100.0 * ns / coldStartNs : null,
            Properties = properties,
        };

        void Add(string name, object? value)
        {
            if (value is not null)
            {
                properties.Add((name, value));
            }
        }
    }
}
