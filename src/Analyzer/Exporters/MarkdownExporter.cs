using System.Globalization;
using System.Text;
using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// The report as Markdown, for pull requests and job summaries: the verdict, the findings, the costliest libraries; phases, imports and how it was
/// measured in folds. Strings of the target stand as code, so that they cannot be markup, links or mentions.
/// </summary>
public sealed class MarkdownExporter : IProfileExporter
{
    private const int LinksShown = 6;

    /// <inheritdoc/>
    public string Name => "markdown";

    /// <inheritdoc/>
    public string FileExtension => "md";

    /// <inheritdoc/>
    public string Description => "verdict, findings and libraries, for pull requests";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        ReportView view = ReportViewBuilder.Build(report, options.Verbose);
        var text = new StringBuilder();
        text.Append("### What starting ").Append(MarkdownText.Code(EntryPoint.Of(report.Profile.Image.Image) is { Name.Length: > 0 } entry ? entry.ToString() : "the program")).Append(" costs\n\n");
        text.Append("**").Append(Verdict(report)).Append("**\n");
        WriteFindings(text, report, view);
        WriteLibraries(text, view);
        WriteDetails(text, view);
        WriteQuality(text, view);
        output.Write(Encoding.UTF8.GetBytes(JsonText.Clean(text.ToString())));
    }

    /// <summary>The time, and what of it could be saved. What several findings share is counted with one of them, so that savings add up.</summary>
    private static string Verdict(ReportModel report)
    {
        long coldNs = report.Profile.ColdStartNs;
        string what = report.Profile.Attached ? "ms sampled" : report.Profile.Invocations.Count > 0 ? "ms until the first call has returned" : "ms from exec to exit";
        string time = $"{TextReport.Ms(coldNs / 1e6)} {what}";
        if (!report.IsPython)
        {
            return $"{time}; no Python was seen.";
        }

        string imports = report.Phases?.ImportNs is { } ns && coldNs > 0
            ? $", {TextReport.Ms(ns / 1e6)} ms ({TextReport.Percent((double)ns / coldNs)}) of it imports" : "";
        IReadOnlyList<Finding> findings = report.Findings.Findings;
        if (findings.Count == 0)
        {
            return $"{time}{imports}; {(report.Findings.Missing is null ? "no import stands out." : "findings could not be searched for.")}";
        }

        string saving = FindingText.Saving(report.Findings.SavingNs, report.Findings.SavingKib, coldNs);
        return $"{time}{imports}; acting on {ReportViewBuilder.Count(findings.Count, "finding", "findings")} would save {saving}.";
    }

    private static void WriteFindings(StringBuilder text, ReportModel report, ReportView view)
    {
        if (view.Findings.Count == 0)
        {
            return;
        }

        var paths = new DisplayPaths(report.Profile, report.Imports.MainFile);
        text.Append("\n#### Findings\n\n");
        foreach ((int index, Finding finding) in report.Findings.Findings.Take(view.Findings.Count).Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"{index + 1}. **{finding.Pattern}** {MarkdownText.Code(finding.Subject)}");
            string saving = FindingText.Saving(finding, report.Profile.ColdStartNs);
            text.Append(saving.Length > 0 ? $": saves {saving}" : "").Append(", ").Append(FindingText.Sureness(finding)).Append('\n');
            Write("Why", MarkdownText.Sentence(finding.Evidence));
            Write("Imported", Chain(finding, paths));
            Write("Do", MarkdownText.Sentence(finding.Suggestion));
            Write("Mind", MarkdownText.Sentence(string.Join("; ", finding.SideEffects)));
        }

        WriteMore(text, view.MoreFindings);

        void Write(string label, string sentence) => text.Append(sentence.Length == 0 ? "" : $"   - {label}: {sentence}\n");
    }

    private static string Chain(Finding finding, DisplayPaths paths)
    {
        List<string> links = [.. finding.Chain.Select(link => $"{MarkdownText.Code(link.Imports)} at {MarkdownText.Code(paths.At(link.File, link.Line > 0 ? link.Line : null))}")];
        if (links.Count > LinksShown)
        {
            links = [.. links.Take(2), "…", .. links.TakeLast(LinksShown - 2)];
        }

        return string.Join(" → ", links);
    }

    private static void WriteLibraries(StringBuilder text, ReportView view)
    {
        if (view.Libraries.Count == 0)
        {
            return;
        }

        text.Append("\n#### Libraries by initialisation time\n\n| library | version | kind | modules | ms | share | MiB | use |\n|---|---|---|---:|---:|---:|---:|---|\n");
        foreach (LibraryRow row in view.Libraries)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {MarkdownText.Cell(row.Name)} | {MarkdownText.Cell(row.Version)} | {row.Kind} | {row.Modules} | ");
            text.Append(CultureInfo.InvariantCulture, $"{(row.Ms is { } ms ? TextReport.Ms(ms) : "")} | {(row.Share is { } share ? TextReport.Percent(share) : "")} | {TextReport.Mib(row.Mib)} | {row.Use} |\n");
        }

        WriteMore(text, view.MoreLibraries);
    }

    private static void WriteDetails(StringBuilder text, ReportView view)
    {
        if (view.Phases.Count == 0 && view.Imports.Count == 0)
        {
            return;
        }

        text.Append("\n<details><summary>Phases and costliest imports</summary>\n");
        if (view.Phases.Count > 0)
        {
            text.Append("\n| phase | ms | share |\n|---|---:|---:|\n");
            foreach (PhaseRow phase in view.Phases)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {phase.Name} | {TextReport.Ms(phase.Ms)} | {TextReport.Percent(phase.Share)} |\n");
            }
        }

        if (view.Imports.Count > 0)
        {
            text.Append("\n| import | ms | own ms | MiB | imported at |\n|---|---:|---:|---:|---|\n");
            foreach (ImportRow row in view.Imports)
            {
                string indent = string.Concat(Enumerable.Repeat("&nbsp;&nbsp;", Math.Min(row.Depth, 12)));
                text.Append(CultureInfo.InvariantCulture, $"| {indent}{MarkdownText.Cell(row.Module)} | {TextReport.Ms(row.InclusiveMs)} | {TextReport.Ms(row.OwnMs)} | {TextReport.Mib(row.InclusiveMib)} | {MarkdownText.Cell(row.At)} |\n");
            }

            WriteMore(text, view.MoreImports);
        }

        text.Append("\n</details>\n");
    }

    /// <summary>Without the command line, which may hold secrets: a pull request has more readers than a recording.</summary>
    private static void WriteQuality(StringBuilder text, ReportView view)
    {
        text.Append("\n<details><summary>How it was measured</summary>\n\n");
        foreach (string line in (string[])[view.Target, view.Memory, view.Quality, view.Environment, .. view.Notes])
        {
            text.Append(line.Length == 0 ? "" : $"- {MarkdownText.Sentence(line)}\n");
        }

        text.Append("\n</details>\n");
    }

    private static void WriteMore(StringBuilder text, string more) => text.Append(more.Length == 0 ? "" : $"\n{more}\n");
}
