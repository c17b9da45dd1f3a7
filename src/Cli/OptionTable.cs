using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using CommandLine;

namespace LibProf.Cli;

/// <summary>An option as its attribute defines it.</summary>
/// <param name="Short">Its letter; null for none.</param>
/// <param name="Long">Its name without dashes.</param>
/// <param name="Meta">What its value is called; null when it takes none.</param>
/// <param name="Help">What it does.</param>
internal sealed record OptionEntry(char? Short, string Long, string? Meta, string Help)
{
    /// <summary>The ways to write it, with the dashes.</summary>
    public IEnumerable<string> Names => Short is { } letter ? ["-" + letter, "--" + Long] : ["--" + Long];
}

/// <summary>An argument as its attribute defines it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Many">Whether there may be several.</param>
/// <param name="Help">What it is.</param>
internal sealed record ArgumentEntry(string Name, bool Many, string Help);

/// <summary>
/// What a verb takes, read from the very attributes by which CommandLineParser parses: help, manual page and completion are made of it, so that
/// none of them can lack an option.
/// </summary>
/// <param name="Options">The options, the verb's own first.</param>
/// <param name="Arguments">The arguments, in order.</param>
internal sealed record OptionTable(IReadOnlyList<OptionEntry> Options, IReadOnlyList<ArgumentEntry> Arguments)
{
    private static readonly OptionEntry HelpOption = new('h', "help", null, "Show this text.");

    /// <summary>Reads a class of options.</summary>
    /// <typeparam name="T">The class; its properties survive trimming by the annotation.</typeparam>
    public static OptionTable Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>()
    {
        List<OptionEntry> options = [];
        List<(int Index, ArgumentEntry Entry)> arguments = [];
        foreach (PropertyInfo property in typeof(T).GetProperties())
        {
            if (property.GetCustomAttribute<OptionAttribute>() is { Hidden: false } option)
            {
                options.Add(Entry(option, property.PropertyType));
            }
            else if (property.GetCustomAttribute<ValueAttribute>() is { Hidden: false } value)
            {
                bool isMany = property.PropertyType != typeof(string);
                arguments.Add((value.Index, new ArgumentEntry(value.MetaName, isMany, value.HelpText)));
            }
        }

        return new OptionTable([.. options, HelpOption], [.. arguments.OrderBy(one => one.Index).Select(one => one.Entry)]);
    }

    private static OptionEntry Entry(OptionAttribute option, Type type)
    {
        string? meta = type == typeof(bool) ? null : option.MetaValue.Length > 0 ? option.MetaValue : option.LongName.ToUpperInvariant();
        string byDefault = option.Default is { } value ? string.Create(CultureInfo.InvariantCulture, $" (default: {value})") : "";
        return new OptionEntry(option.ShortName.Length > 0 ? option.ShortName[0] : null, option.LongName, meta, option.HelpText.TrimEnd('.') + byDefault + ".");
    }
}
