namespace LibProf.Cli;

/// <summary>What runs a verb: its arguments after the verb, a command after <c>--</c> included.</summary>
internal delegate int VerbHandler(ReadOnlySpan<string> arguments);

/// <summary>A verb of the command line.</summary>
/// <param name="Name">What is typed.</param>
/// <param name="Usage">What follows <c>libprof NAME</c>.</param>
/// <param name="Summary">One line of what it does.</param>
/// <param name="Example">One line to try.</param>
/// <param name="Run">Runs it and gives the exit status.</param>
/// <param name="Options">Makes the help text of its options; called only for <c>--help</c>.</param>
internal sealed record Verb(string Name, string Usage, string Summary, string Example, VerbHandler Run, Func<string> Options)
{
    /// <summary>The whole text of <c>libprof NAME --help</c>.</summary>
    public string Help() =>
        $"""
        usage: libprof {Name} {Usage}
        {Summary}

        {Options()}

        example: {Example}

        """;
}
