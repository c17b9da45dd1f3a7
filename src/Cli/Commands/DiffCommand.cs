using CommandLine;
using LibProf.Analyzer.Exporters.Diffs;
using LibProf.Analyzer.Views;
using LibProf.Cli.Recordings;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof diff</c>.</summary>
internal sealed class DiffOptions : CommonOptions
{
    [Option('o', "output", MetaValue = "FILE", HelpText = "The file to write; '-' is standard output, the default.")]
    public string Output { get; set; } = "-";

    [Option('f', "format", MetaValue = "FORMAT", HelpText = "What to write: {values} (default: text).")]
    public string Format { get; set; } = "text";

    [Value(0, MetaName = "BEFORE", Required = true, HelpText = "The earlier recording.")]
    public string Before { get; set; } = "";

    [Value(1, MetaName = "AFTER", Required = true, HelpText = "The later recording.")]
    public string After { get; set; } = "";
}

/// <summary><c>libprof diff</c>: what changed between two recordings.</summary>
internal static class DiffCommand
{
    public static Verb Verb { get; } = new(
        "diff", "[options] BEFORE AFTER", "what changed between two recordings",
        "libprof diff before.libprof after.libprof", Run, OptionParser.Table<DiffOptions>)
    {
        Details =
            "Libraries and modules that came, went, grew or shrank, and who imports the new ones. Differences that are within the noise are not listed.",
        Examples =
        [
            new Example("libprof diff before.libprof after.libprof", "what a change did to the start"),
            new Example("libprof diff --format markdown main.libprof branch.libprof", "for the description of a pull request"),
        ],
        Choices = name => name == "format" ? FormatChoices.OfDiff : null,
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        SignalInbox.LetSignalsThrough();
        DiffOptions? options = OptionParser.Parse<DiffOptions>(Verb.Name, arguments);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        IDiffExporter exporter = DiffExporters.Find(options.Format)
            ?? throw CliException.Usage($"unknown format '{options.Format}'", $"formats: {string.Join(", ", DiffExporters.All.Select(one => one.Name))}");
        using OutputFile output = OutputFile.Open(options.Output);
        RecordingDiff diff = DiffBuilder.Of(Read(options.Before, options.Quiet).Report, Read(options.After, options.Quiet).Report);
        if (diff.Environment.Count > 0 && !options.Quiet)
        {
            StandardError.Warning("the recordings were not made alike: " + string.Join("; ", diff.Environment.Select(change => $"{change.What} {change.Before} -> {change.After}")));
        }

        output.Write(options.Verbose, (stream, export) => exporter.Export(diff, stream, export));
        return ExitStatus.Done;
    }

    private static RecordingFile Read(string path, bool quiet)
    {
        RecordingFile recording = RecordingFile.Read(path);
        if (!recording.Report.IsPython)
        {
            throw CliException.Usage($"{path}: no Python was seen in it", "there is nothing to compare");
        }

        recording.WarnOfCut(quiet);
        return recording;
    }
}
