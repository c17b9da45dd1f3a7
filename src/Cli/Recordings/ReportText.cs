using System.Text;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Recordings;

/// <summary>Shows the report to a person.</summary>
internal static class ReportText
{
    /// <summary>Writes it to standard error, as wide as the terminal.</summary>
    public static void Show(ReportModel report, bool verbose) => Show(report, verbose, StandardStream.Error);

    /// <summary>Writes it, as wide as the terminal.</summary>
    public static void Show(ReportModel report, bool verbose, StandardStream stream)
    {
        int width = stream.Columns is > 0 and int columns ? columns : ReportConsole.DefaultWidth;
        stream.Write(Encoding.UTF8.GetBytes("\n" + TextReport.Render(ReportViewBuilder.Build(report, verbose), width)));
    }
}
