using System.Reflection;
using System.Text.RegularExpressions;
using CommandLine;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Help;

/// <summary>
/// Every option that the parser takes is in the help, the manual page and each shell's completion. The options are found here by themselves, in the
/// classes of the program's assembly, and not where help takes them from.
/// </summary>
public sealed class DefinitionTests
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    /// <summary>The verbs, by their classes of options.</summary>
    public static TheoryData<string> Verbs() => [.. Classes().Select(one => one.Verb)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_option_has_a_help_text_and_is_in_help_manual_and_completion(string verb)
    {
        string help = Output("help", verb);
        string manual = Output("help", "--man").Replace("\\-", "-", StringComparison.Ordinal);
        Assert.Contains($"libprof {verb}", Output("--help"), StringComparison.Ordinal);
        Assert.Contains($".SS libprof {verb} ", manual, StringComparison.Ordinal);
        string section = manual.Split($".SS libprof {verb} ")[1].Split("\n.S")[0];
        Dictionary<string, string> scripts = Shells.ToDictionary(shell => shell, shell => Output("completion", shell));
        Assert.Matches($@"(?m)^        {verb}\)$", scripts["bash"]);
        Assert.Matches($@"(?m)^    {verb}\)$", scripts["zsh"]);
        foreach (PropertyInfo property in Classes().Single(one => one.Verb == verb).Type.GetProperties())
        {
            if (property.GetCustomAttribute<OptionAttribute>() is { Hidden: false } option)
            {
                Assert.False(string.IsNullOrWhiteSpace(option.HelpText), $"--{option.LongName} of {verb} has no help text");
                Assert.Contains("--" + option.LongName, help, StringComparison.Ordinal);
                Assert.Contains($"\\fB--{option.LongName}\\fR", section, StringComparison.Ordinal);
                Assert.Matches($@"(?m)^        {verb}\)\n.*_libprof_words '[^']*--{option.LongName}[ ']", scripts["bash"]);
                string zsh = scripts["zsh"].Split($"\n    {verb})\n")[1].Split(";;")[0];
                Assert.Matches($"--{option.LongName}[=}}'\\[]", zsh);
                Assert.Matches($@"(?m)^complete -c libprof -n '__libprof_verb {verb}'( -s .)? -l {option.LongName} ", scripts["fish"]);
            }
            else if (property.GetCustomAttribute<ValueAttribute>() is { Hidden: false } value)
            {
                Assert.False(string.IsNullOrWhiteSpace(value.HelpText), $"{value.MetaName} of {verb} has no help text");
                Assert.Contains("  " + value.MetaName, help, StringComparison.Ordinal);
                Assert.Contains(".I " + value.MetaName, section, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void No_placeholder_is_left_in_any_text()
    {
        foreach (string text in (string[])[Output("help", "--man"), .. Shells.Select(shell => Output("completion", shell)), .. Classes().Select(one => Output("help", one.Verb))])
        {
            Assert.DoesNotContain("{values}", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Help_keeps_within_its_width()
    {
        foreach ((string verb, _) in Classes())
        {
            string[] lines = Output("help", verb).Split('\n');
            // Lines to try stand in one piece, for being copied.
            Assert.All(lines.TakeWhile(line => line != "examples:"), line => Assert.True(line.Length <= 100, line));
            Assert.True(lines.SkipWhile(line => line != "examples:").Count(line => line.StartsWith("  libprof ", StringComparison.Ordinal) || line.StartsWith("  source ", StringComparison.Ordinal)) >= 1);
        }
    }

    [Fact]
    public void The_manual_page_has_no_mistakes()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["libprof.1"], Output("help", "--man"));
        bool any = false;
        if (File.Exists("/usr/bin/groff"))
        {
            any = true;
            (int status, _, string errors) = Launch.Launching.Run(["/usr/bin/groff", "-man", "-ww", "-Tutf8", "-z", directory["libprof.1"]]);
            // Debian's base package of groff has no macros.
            Assert.True((status == 0 && errors.Length == 0) || errors.Contains("an.tmac", StringComparison.Ordinal), errors);
        }

        if (File.Exists("/usr/bin/mandoc"))
        {
            any = true;
            (_, string output, _) = Launch.Launching.Run(["/usr/bin/mandoc", "-Tlint", directory["libprof.1"]]);
            // A date would be another with each build.
            Assert.DoesNotMatch(new Regex("(?m)^(?!.*missing date).+$"), output);
        }

        Assert.SkipUnless(any, "neither groff nor mandoc is here");
    }

    private static IEnumerable<(string Verb, Type Type)> Classes() => typeof(Program).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && type.Namespace == "LibProf.Cli.Commands" && type.Name.EndsWith("Options", StringComparison.Ordinal)
            && type.GetProperties().Any(property => property.GetCustomAttribute<OptionAttribute>() is not null))
        .Select(type => (type.Name[..^"Options".Length].ToLowerInvariant(), type)).OrderBy(one => one.Item1, StringComparer.Ordinal);

    private static string Output(params string[] arguments)
    {
        LibProfResult result = LibProfProgram.Run(arguments);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        return result.Output;
    }
}
