using System.Text;
using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// Annotations of GitHub Actions, one line each: a finding appears in the pull request beside its import statement. Warnings where there is evidence,
/// notices where it is a guess; those that save most first, since GitHub shows only the first ten of each kind in a step.
/// </summary>
public sealed class GithubExporter : IProfileExporter
{
    /// <inheritdoc/>
    public string Name => "github";

    /// <inheritdoc/>
    public string FileExtension => "github.txt";

    /// <inheritdoc/>
    public string Description => "findings as annotations of GitHub Actions";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        var places = new SourcePlaces(report.Profile);
        var text = new StringBuilder();
        foreach (Finding finding in report.Findings.Findings)
        {
            SourcePlace? place = places.Primary(finding);
            string message = string.Join('\n', [FindingText.Headline(finding, report.Profile.ColdStartNs), .. FindingText.Advice(finding)]);
            text.Append(WorkflowCommand.Of(
                FindingText.IsWarning(finding) ? "warning" : "notice", place?.Path, place?.Line, $"{finding.Pattern}: {finding.Subject}", message));
        }

        if (report.Findings.Missing is { } missing)
        {
            text.Append(WorkflowCommand.Of("notice", null, null, "LibProf", missing));
        }

        output.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
