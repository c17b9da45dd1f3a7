using CommandLine;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Recordings;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof report</c>.</summary>
internal sealed class ReportOptions : CommonOptions
{
    [Option('o', "output", MetaValue = "FILE", HelpText = "The file to write; '-' is standard output, the default.")]
    public string Output { get; set; } = "-";

    [Option('f', "format", MetaValue = "FORMAT", HelpText = "What to write: {values} (default: text).")]
    public string Format { get; set; } = "text";

    [Option("gate", MetaValue = "SHARE", HelpText = "A finding needs at least this share of the cold start (default: 0.01).")]
    public double Gate { get; set; } = FindingOptions.Default.Gate;

    [Option("min-utilization", MetaValue = "SHARE", HelpText = "A library of which less is used is rarely used (default: 0.02).")]
    public double MinUtilization { get; set; } = FindingOptions.Default.MinUtilization;

    [Option("rules", MetaValue = "FILE", HelpText = "More lighter alternatives to heavy libraries, as JSON; see docs/findings.md.")]
    public string? Rules { get; set; }

    [Option("init-until", MetaValue = "MODULE:FUNCTION", HelpText = "Initialisation ends with the first call of this function (default: found by itself).")]
    public string? InitUntil { get; set; }

    [Value(0, MetaName = "RECORDING", Required = true, HelpText = "A file that 'run' or 'attach' has written.")]
    public string Recording { get; set; } = "";
}

/// <summary><c>libprof report</c>: shows or converts a recording.</summary>
internal static class ReportCommand
{
    public static Verb Verb { get; } = new(
        "report", "[options] RECORDING", "show or convert a recording",
        "libprof report --format json app-1234.libprof", Run, OptionParser.Table<ReportOptions>)
    {
        Details =
            "Without options: what the program loads without need, the phases of its start, the libraries by initialisation time, the costliest imports with the statement that caused each.",
        Examples =
        [
            new Example("libprof report app-1234.libprof", "the report as text; with --verbose nothing is left out"),
            new Example("libprof report --format html -o report.html app-1234.libprof", "one page to look at in a browser"),
            new Example("libprof report --format json app-1234.libprof | jq '.findings[].id'", "for scripts"),
            new Example("libprof report --format markdown app-1234.libprof >>\"$GITHUB_STEP_SUMMARY\"", "for a pull request"),
        ],
        Choices = name => name == "format" ? FormatChoices.OfReport : null,
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        SignalInbox.LetSignalsThrough();
        ReportOptions? options = OptionParser.Parse<ReportOptions>(Verb.Name, arguments);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        if (options.Output.Length == 0 || options.Recording.Length == 0)
        {
            throw CliException.Usage("the name of a file is empty", $"see libprof {Verb.Name} --help");
        }

        IProfileExporter exporter = ProfileExporters.Find(options.Format) ?? throw RecordingOutput.UnknownFormat(options.Format, []);
        FindingOptions findings = Thresholds.Of(Verb.Name, options.Gate, options.MinUtilization, options.Rules);
        RecordingFile recording = RecordingFile.Read(options.Recording, profile => ReportModel.Of(profile, findings, options.InitUntil));
        recording.WarnOfCut(options.Quiet);
        Write(options, exporter, recording.Report);
        return ExitStatus.Done;
    }

    private static void Write(ReportOptions options, IProfileExporter exporter, ReportModel report)
    {
        if (options.Output == "-")
        {
            if (exporter is TextExporter && StandardStream.Output.IsTerminal)
            {
                ReportText.Show(report, options.Verbose, StandardStream.Output);
                return;
            }

            using StandardOutputStream output = new();
            int width = StandardStream.Output.Columns is > 0 and int columns ? columns : ReportConsole.DefaultWidth;
            exporter.Export(report, output, new ExportOptions { Width = width, Verbose = options.Verbose });
            return;
        }

        try
        {
            using FileStream file = new(options.Output, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            exporter.Export(report, file, new ExportOptions { Verbose = options.Verbose });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitStatus.Usage, $"cannot write {options.Output}: {RecordingOutput.Reason(exception, options.Output)}", "name another file with -o FILE", exception);
        }
    }
}
