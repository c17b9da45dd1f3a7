using System.Globalization;

namespace LibProf.Cli.Commands;

/// <summary>Values that verbs which sample have in common, checked as the parser cannot.</summary>
internal static class SamplingValues
{
    private const double HighestRate = 1_000_000;

    /// <summary>Looks per second; 0 for as many as possible.</summary>
    /// <exception cref="CliException">The value makes no sense.</exception>
    public static double Rate(string? rate, double otherwise, string verb) => rate switch
    {
        null => otherwise,
        "max" => 0,
        _ when double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out double hz) && hz is > 0 and <= HighestRate => hz,
        _ => throw CliException.Usage($"bad rate '{rate}'", $"a number of looks per second up to {HighestRate:0}, or 'max'; see libprof {verb} --help"),
    };

    /// <summary>A duration is above nothing, if there is one.</summary>
    /// <exception cref="CliException">The value makes no sense.</exception>
    public static void CheckDuration(double? seconds)
    {
        if (seconds is { } value && !(value > 0 && double.IsFinite(value)))
        {
            throw CliException.Usage("bad duration", "a number of seconds above 0");
        }
    }
}
