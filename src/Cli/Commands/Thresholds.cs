using LibProf.Analyzer.Findings;
using LibProf.Cli.Recordings;

namespace LibProf.Cli.Commands;

/// <summary>The options that say what is worth a finding, checked.</summary>
internal static class Thresholds
{
    /// <summary>Makes the Analyzer's options.</summary>
    /// <param name="verb">The verb, for its help.</param>
    /// <param name="gate">The least share of the cold start.</param>
    /// <param name="minUtilization">Below this a library is rarely used.</param>
    /// <param name="rules">A file of the user's; null for none.</param>
    /// <exception cref="CliException">A share is none, or the file cannot be used.</exception>
    public static FindingOptions Of(string verb, double gate, double minUtilization, string? rules)
    {
        if (gate is not (>= 0 and <= 1) || minUtilization is not (>= 0 and <= 1))
        {
            throw CliException.Usage("a share is a number from 0 to 1", $"see libprof {verb} --help");
        }

        FindingOptions options = new() { Gate = gate, MinUtilization = minUtilization };
        if (rules is null)
        {
            return options;
        }

        try
        {
            return options with { Rules = FindingRules.Default.With(File.ReadAllBytes(rules)) };
        }
        catch (InvalidDataException exception)
        {
            throw CliException.Usage($"{rules}: {exception.Message}", "docs/findings.md shows the form");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitStatus.Usage, $"cannot read {rules}: {RecordingFile.ReasonToRead(exception, rules)}", "", exception);
        }
    }
}
