using System.Text;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>The report for people, as <see cref="TextReport"/> sets it.</summary>
public sealed class TextExporter : IProfileExporter
{
    /// <inheritdoc/>
    public string Name => "text";

    /// <inheritdoc/>
    public string FileExtension => "txt";

    /// <inheritdoc/>
    public string Description => "the report for people";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options) =>
        output.Write(Encoding.UTF8.GetBytes(TextReport.Render(ReportViewBuilder.Build(report, options.Verbose), options.Width)));
}
