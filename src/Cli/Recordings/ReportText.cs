using System.Text;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Rendering;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Recordings;

/// <summary>Shows the report to a person: in colour on a terminal, plain where it is piped.</summary>
internal static class ReportText
{
    /// <summary>Writes it to standard error.</summary>
    public static void Show(ReportModel report, bool verbose) => Show(report, verbose, StandardStream.Error);

    /// <summary>Writes it, as wide as the terminal.</summary>
    public static void Show(ReportModel report, bool verbose, StandardStream stream)
    {
        stream.Write("\n"u8);
        if (stream.IsTerminal)
        {
            TerminalReport.Write(ReportConsole.Create(stream), report, verbose);
            return;
        }

        stream.Write(Encoding.UTF8.GetBytes(TextReport.Render(ReportViewBuilder.Build(report, verbose), ReportConsole.DefaultWidth)));
    }
}
