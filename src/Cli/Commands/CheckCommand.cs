using CommandLine;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Exporters.Checks;
using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Recordings;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof check</c>.</summary>
internal sealed class CheckOptions : CommonOptions
{
    [Option("budget", MetaValue = "FILE", HelpText = "The budget: JSON with limits, levels and comments.")]
    public string? Budget { get; set; }

    [Option("update", HelpText = "Write the budget's limits anew from the recordings, with headroom; make the file when there is none.")]
    public bool Update { get; set; }

    [Option("gate", MetaValue = "SHARE", HelpText = "A finding needs at least this share of the cold start (default: 0.01).")]
    public double Gate { get; set; } = FindingOptions.Default.Gate;

    [Option("min-utilization", MetaValue = "SHARE", HelpText = "A library of which less is used is rarely used (default: 0.02).")]
    public double MinUtilization { get; set; } = FindingOptions.Default.MinUtilization;

    [Option("rules", MetaValue = "FILE", HelpText = "More lighter alternatives to heavy libraries, as JSON; see docs/findings.md.")]
    public string? Rules { get; set; }

    [Option('f', "format", MetaValue = "FORMAT", HelpText = "What to write: {values} (default: text).")]
    public string Format { get; set; } = "text";

    [Value(0, MetaName = "RECORDING", HelpText = "Files that 'run' has written; several of one program count by their median.")]
    public IEnumerable<string> Recordings { get; set; } = [];
}

/// <summary><c>libprof check</c>: compares recordings with a budget, for builds that must not get slower.</summary>
internal static class CheckCommand
{
    public static Verb Verb { get; } = new(
        "check", "[options] RECORDING... --budget FILE", "compare recordings with a budget (for CI)",
        "libprof check app-1.libprof app-2.libprof app-3.libprof --budget libprof-budget.json", Run, OptionParser.Table<CheckOptions>)
    {
        Details =
            "A budget is a file of limits: times, memory, numbers of modules and findings, libraries that must not be loaded. Several recordings of a program count by their median. Ends with 0 when the budget is kept, with 1 when it is exceeded, with 2 when the check means nothing.",
        Examples =
        [
            new Example("libprof check run-*.libprof --budget libprof-budget.json --update", "write a budget from recordings, with headroom"),
            new Example("libprof check run-*.libprof --budget libprof-budget.json", "fail a build that exceeds it"),
            new Example("libprof check --format github run-*.libprof --budget libprof-budget.json", "the same, as annotations in a pull request"),
        ],
        Choices = name => name == "format" ? FormatChoices.OfCheck : null,
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        SignalInbox.LetSignalsThrough();
        CheckOptions? options = OptionParser.Parse<CheckOptions>(Verb.Name, arguments);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        string format = FormatChoices.OfCheck.Select(one => one.Name).FirstOrDefault(one => string.Equals(one, options.Format, StringComparison.OrdinalIgnoreCase))
            ?? throw CliException.Usage($"unknown format '{options.Format}'", $"formats: {string.Join(", ", FormatChoices.OfCheck.Select(one => one.Name))}");

        string file = options.Budget is { Length: > 0 } given ? given : throw CliException.Usage("no budget given", "name it with --budget FILE; --update writes one");
        string[] names = [.. options.Recordings];
        if (names.Length == 0)
        {
            throw CliException.Usage("no recording given", $"for example: {Verb.Example}");
        }

        FindingOptions findings = Thresholds.Of(Verb.Name, options.Gate, options.MinUtilization, options.Rules);
        byte[]? bytes = ReadBudget(file, mayBeMissing: options.Update);
        try
        {
            // Before the recordings, which take longer: the usual mistakes are in the file that people write.
            Budget? budget = bytes is null ? null : BudgetReader.Read(bytes);
            ReportModel[] reports = [.. names.Select(name => Read(name, findings))];
            if (options.Update)
            {
                bytes = bytes is null ? BudgetUpdate.Create(reports) : BudgetUpdate.Apply(bytes, budget!, reports);
                budget = BudgetReader.Read(bytes);
                WriteBudget(file, bytes);
            }

            BudgetReport result = BudgetCheck.Of(budget!, reports);
            Show(result, format, Path.GetFullPath(file), new SourcePlaces(reports[0].Profile), options.Quiet);
            return Status(result);
        }
        catch (BudgetException exception)
        {
            string where = exception.Line > 0 ? $"{file}:{exception.Line}" : file;
            throw new CliException(ExitStatus.Usage, $"{where}: {exception.Message}", exception.Hint, exception);
        }
    }

    private static void Show(BudgetReport report, string format, string budget, SourcePlaces places, bool quiet)
    {
        if (format == "text")
        {
            StandardOutput.Write(CheckText.Render(report, quiet));
            return;
        }

        using StandardOutputStream output = new();
        switch (format)
        {
            case "json":
                CheckJson.Write(report, output);
                break;
            case "sarif":
                CheckAnnotations.WriteSarif(report, budget, places, Program.Version, output);
                break;
            default:
                CheckAnnotations.WriteGithub(report, budget, places, output);
                break;
        }
    }

    private static int Status(BudgetReport report)
    {
        if (report.Fails)
        {
            return ExitStatus.Exceeded;
        }

        // A gate that was not looked at must not stand open.
        return report.Unchecked.FirstOrDefault() is (EntryResult entry, RuleResult result)
            ? throw CliException.Usage(
                $"'{result.Rule.Key}' cannot be checked: it was not measured in the recordings of {entry.Entry}",
                entry.Starved > 0 ? "the machine was too busy to look often enough: record it again" : "record it, or set the rule to \"warn\" or \"off\"")
            : ExitStatus.Done;
    }

    private static ReportModel Read(string path, FindingOptions findings)
    {
        RecordingFile recording = RecordingFile.Read(path, profile => ReportModel.Of(profile, findings));
        return recording.CutWarning is { } warning
            ? throw CliException.Usage($"{path}: {warning}", "a budget is checked with whole recordings")
            : recording.Report;
    }

    private static byte[]? ReadBudget(string path, bool mayBeMissing)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (FileNotFoundException) when (mayBeMissing)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string hint = exception is FileNotFoundException ? "libprof check --update writes one from recordings" : "";
            throw new CliException(ExitStatus.Usage, $"cannot read {path}: {RecordingFile.ReasonToRead(exception, path)}", hint, exception);
        }
    }

    private static void WriteBudget(string path, byte[] bytes)
    {
        try
        {
            File.WriteAllBytes(path, bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitStatus.Usage, $"cannot write {path}: {RecordingOutput.Reason(exception, path)}", "", exception);
        }
    }
}
