using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli;

/// <summary>What runs a verb: its arguments after the verb, a command after <c>--</c> included.</summary>
internal delegate int VerbHandler(ReadOnlySpan<string> arguments);

/// <summary>A command line to try.</summary>
/// <param name="Line">What to type.</param>
/// <param name="What">What it does, as a sentence without its point.</param>
internal sealed record Example(string Line, string What);

/// <summary>One of the values that an option can have.</summary>
/// <param name="Name">What to type.</param>
/// <param name="What">What it means, in a few words.</param>
internal sealed record Choice(string Name, string What);

/// <summary>A verb of the command line.</summary>
/// <param name="Name">What is typed.</param>
/// <param name="Usage">What follows <c>libprof NAME</c>.</param>
/// <param name="Summary">One line of what it does.</param>
/// <param name="Example">One line to try.</param>
/// <param name="Run">Runs it and gives the exit status.</param>
/// <param name="Options">Reads its options; called only where they are shown.</param>
internal sealed record Verb(string Name, string Usage, string Summary, string Example, VerbHandler Run, Func<OptionTable> Options)
{
    /// <summary>What a newcomer should know before the options, as paragraphs separated by line feeds; may be empty.</summary>
    public string Details { get; init; } = "";

    /// <summary>More lines to try.</summary>
    public IReadOnlyList<Example> Examples { get; init; } = [];

    /// <summary>The values that an option can have, by the option's long name or the argument's name; null when it can have any. In its help text they stand for <c>{values}</c>.</summary>
    public Func<string, IReadOnlyList<Choice>?> Choices { get; init; } = _ => null;

    /// <summary>Whether a command follows after <c>--</c>.</summary>
    public bool TakesCommand => Usage.Contains("-- COMMAND", StringComparison.Ordinal);

    /// <summary>All lines to try; there is at least one.</summary>
    public IReadOnlyList<Example> AllExamples => Examples.Count > 0 ? Examples : [new Example(Example, Summary)];

    /// <summary>Its options, with the values filled in that they can have.</summary>
    public OptionTable Table()
    {
        OptionTable table = Options();
        return new OptionTable(
            [.. table.Options.Select(option => option with { Help = Filled(option.Help, option.Long) })],
            [.. table.Arguments.Select(argument => argument with { Help = Filled(argument.Help, argument.Name) })]);
    }

    /// <summary>The whole text of <c>libprof NAME --help</c>, as wide as the terminal.</summary>
    public string Help() => Cli.Help.OfVerb(this, Cli.Help.Width(StandardStream.Output.IsTerminal ? StandardStream.Output.Columns : ReportConsole.DefaultWidth));

    private string Filled(string help, string name) => help.Contains("{values}", StringComparison.Ordinal)
        ? help.Replace("{values}", string.Join(", ", (Choices(name) ?? []).Select(choice => choice.Name)), StringComparison.Ordinal) : help;
}
