using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Findings;

namespace LibProf.Analyzer.Reports;

/// <summary>A finding, for people.</summary>
/// <param name="Title">Pattern and subject.</param>
/// <param name="Saving">What acting saves: time, share, memory, and how sure that is.</param>
/// <param name="Share">The saving as a share of the cold start; 0 when not known.</param>
/// <param name="Evidence">What it rests on.</param>
/// <param name="Chain">The import statements that lead to it.</param>
/// <param name="Suggestion">What to do.</param>
/// <param name="Warning">What its import does beyond itself; empty for nothing.</param>
public sealed record FindingRow(string Title, string Saving, double Share, string Evidence, string Chain, string Suggestion, string Warning);

/// <summary>Chooses what reports for people say of the findings.</summary>
internal static class FindingRows
{
    private const int Rows = 8;
    private const int LinksShown = 6;

    /// <summary>The rows, those that save most first.</summary>
    /// <param name="report">The figures.</param>
    /// <param name="paths">How files are shown.</param>
    /// <param name="verbose">Whether to list all.</param>
    public static IReadOnlyList<FindingRow> Of(ReportModel report, DisplayPaths paths, bool verbose) =>
        [.. report.Findings.Findings.Take(verbose ? int.MaxValue : Rows).Select(finding => Row(finding, report, paths))];

    /// <summary>What is said of those that are not listed; empty when all are.</summary>
    /// <param name="report">The figures.</param>
    /// <param name="shown">How many are.</param>
    public static string More(ReportModel report, int shown) => report.Findings.Findings.Count > shown
        ? ReportViewBuilder.Text($"and {ReportViewBuilder.Count(report.Findings.Findings.Count - shown, "smaller one", "smaller ones")}") : "";

    private static FindingRow Row(Finding finding, ReportModel report, DisplayPaths paths)
    {
        double share = finding.SavingNs is { } ns && report.Profile.ColdStartNs > 0 ? (double)ns / report.Profile.ColdStartNs : 0;
        List<string> saving = [];
        if (finding.SavingNs is { } savedNs)
        {
            saving.Add($"{TextReport.Ms(savedNs / 1e6)} ms ({TextReport.Percent(share)})");
        }

        if (finding.SavingKib is > 0 and var kib)
        {
            saving.Add(ReportViewBuilder.Text($"{kib / 1024.0:0.0} MiB"));
        }

        string sure = finding.Confidence switch
        {
            FindingConfidence.Proof => "proven",
            FindingConfidence.Sampled => "by samples",
            _ => "a guess",
        };
        List<string> links = [.. finding.Chain.Select(link => SafeText.Clean(link.Imports) + " at " + paths.At(link.File, link.Line > 0 ? link.Line : null))];
        if (links.Count > LinksShown)
        {
            links = [.. links.Take(2), "...", .. links.TakeLast(LinksShown - 2)];
        }

        return new FindingRow(
            SafeText.Clean($"{finding.Pattern}: {finding.Subject}"), $"saves {string.Join(", ", saving)}, {sure}", share, SafeText.Clean(finding.Evidence),
            string.Join(" > ", links), SafeText.Clean(finding.Suggestion), SafeText.Clean(string.Join("; ", finding.SideEffects)));
    }
}
