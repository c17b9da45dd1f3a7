using System.Diagnostics.CodeAnalysis;
using CommandLine;
using CommandLine.Text;

namespace LibProf.Cli;

/// <summary>CommandLineParser with our own one-line errors.</summary>
internal static class OptionParser
{
    /// <summary>Parses a verb's own arguments. Null when help was asked for.</summary>
    /// <exception cref="CliException">They make no sense.</exception>
    public static T? Parse<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(string verb, ReadOnlySpan<string> arguments)
        where T : class, new()
    {
        if (arguments.IsEmpty)
        {
            return new();
        }

        if (arguments.ContainsAny("--help", "-h"))
        {
            return null;
        }

        using Parser parser = new(settings =>
        {
            settings.HelpWriter = null;
            settings.AutoHelp = false;
            settings.AutoVersion = false;
            settings.CaseInsensitiveEnumValues = true;
            settings.ParsingCulture = System.Globalization.CultureInfo.InvariantCulture;
        });
        ParserResult<T> result = parser.ParseArguments<T>(arguments.ToArray());
        return result.Value ?? throw CliException.Usage(Explain(result.Errors.First()), $"see libprof {verb} --help");
    }

    /// <summary>The table of a verb's options, from the attributes of its options class.</summary>
    public static string Table<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>()
        where T : class, new()
    {
        using Parser parser = new(settings =>
        {
            settings.HelpWriter = null;
            settings.AutoHelp = false;
            settings.AutoVersion = false;
        });
        HelpText text = new() { AutoHelp = false, AutoVersion = false, AddDashesToOption = true, AdditionalNewLineAfterOption = false, MaximumDisplayWidth = 100 };
        return text.AddOptions(parser.ParseArguments<T>([])).ToString().Trim('\n', '\r');
    }

    private static string Explain(Error error) => error switch
    {
        UnknownOptionError e => $"unknown option '{Dashed(e.Token)}'",
        MissingValueOptionError e => $"option '{e.NameInfo.NameText}' needs a value",
        BadFormatConversionError e when e.NameInfo.NameText.Length > 0 => $"bad value for option '{e.NameInfo.NameText}'",
        BadFormatConversionError => "bad value",
        MissingRequiredOptionError e when e.NameInfo.NameText.Length > 0 => $"option '{e.NameInfo.NameText}' is required",
        RepeatedOptionError e => $"option '{e.NameInfo.NameText}' was given twice",
        MutuallyExclusiveSetError e => $"option '{e.NameInfo.NameText}' does not go with another one given",
        BadFormatTokenError e => $"cannot understand '{e.Token}'",
        SequenceOutOfRangeError e when e.NameInfo.NameText.Length == 0 => "too many or too few arguments",
        _ => "wrong usage",
    };

    private static string Dashed(string token) => token.StartsWith('-') ? token : token.Length == 1 ? "-" + token : "--" + token;
}
