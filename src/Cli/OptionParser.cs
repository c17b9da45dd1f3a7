using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using CommandLine;
using LibProf.Cli.Commands;
using LibProf.Sampler.Target;

namespace LibProf.Cli;

/// <summary>CommandLineParser with our own one-line errors.</summary>
internal static class OptionParser
{
    /// <summary>Parses a verb's own arguments. Null when help was asked for.</summary>
    /// <exception cref="CliException">They make no sense.</exception>
    public static T? Parse<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(string verb, ReadOnlySpan<string> arguments)
        where T : CommonOptions, new()
    {
        if (arguments.ContainsAny("--help", "-h"))
        {
            return null;
        }

        if (!arguments.IsEmpty && OptionWithoutValue(typeof(T), arguments[^1]) is { } name)
        {
            throw CliException.Usage($"option '{name}' needs a value", $"see libprof {verb} --help");
        }

        using Parser parser = NewParser(settings =>
        {
            settings.HelpWriter = null;
            settings.AutoHelp = false;
            settings.AutoVersion = false;
            // As getopt(3) does: "-vqo FILE", "-r100".
            settings.GetoptMode = true;
            settings.ParsingCulture = System.Globalization.CultureInfo.InvariantCulture;
        });
        ParserResult<T> result = parser.ParseArguments<T>(arguments.ToArray());
        T options = result.Value ?? throw CliException.Usage(Explain(result.Errors.First()), $"see libprof {verb} --help");
        return options.Unexpected.FirstOrDefault() is not { } unexpected
            ? options
            : throw CliException.Usage($"unexpected argument '{unexpected}'", options.HintForUnexpected ?? $"see libprof {verb} --help");
    }

    /// <summary>The table of a verb's options, from the attributes of its options class.</summary>
    public static OptionTable Table<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>()
        where T : class => OptionTable.Of<T>();

    // The parser asks the console for its width, and a console that is asked on a terminal writes keypad_xmit to it, installs signal handlers
    // and gives the terminal other settings at the end. It must not find one.
    private static Parser NewParser(Action<ParserSettings> configure)
    {
        using SilencedStreams silenced = new();
        return new Parser(configure);
    }

    /// <summary>The option that stands last without its value, which the parser overlooks; null when there is none.</summary>
    private static string? OptionWithoutValue([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] Type type, string last)
    {
        bool isLong = last.StartsWith("--", StringComparison.Ordinal);
        if (last.Length < 2 || last[0] != '-')
        {
            return null;
        }

        Dictionary<string, bool> takesValue = [];
        foreach (PropertyInfo property in type.GetProperties())
        {
            if (property.GetCustomAttribute<OptionAttribute>() is { } option)
            {
                takesValue["--" + option.LongName] = takesValue["-" + option.ShortName] = property.PropertyType != typeof(bool);
            }
        }

        if (isLong)
        {
            return takesValue.GetValueOrDefault(last) ? last : null;
        }

        // In "-qo" the o has none; in "-oq" the q is its value.
        for (int i = 1; i < last.Length; i++)
        {
            if (takesValue.GetValueOrDefault("-" + last[i]))
            {
                return i == last.Length - 1 ? "-" + last[i] : null;
            }
        }

        return null;
    }

    private static string Explain(Error error) => error switch
    {
        UnknownOptionError e => $"unknown option '{Dashed(e.Token)}'",
        BadFormatTokenError e => $"cannot understand '{e.Token}'",
        NamedError { NameInfo.LongName.Length: > 0 } e => $"{What(e)} option '--{e.NameInfo.LongName}'",
        BadFormatConversionError => "bad value",
        _ => "an argument is missing",
    };

    private static string What(NamedError error) => error switch
    {
        MissingValueOptionError => "no value for",
        BadFormatConversionError => "bad value for",
        MissingRequiredOptionError => "missing",
        RepeatedOptionError => "repeated",
        _ => "wrong use of",
    };

    private static string Dashed(string token) => token.StartsWith('-') ? token : token.Length == 1 ? "-" + token : "--" + token;
}
