namespace LibProf.Cli.Completion;

/// <summary>What a shell can offer for a value.</summary>
internal enum ValueKind
{
    /// <summary>Nothing: a number, a name that only the user knows.</summary>
    None,
    /// <summary>Files.</summary>
    File,
    /// <summary>One of a few words.</summary>
    Choice,
    /// <summary>The ids of Python processes.</summary>
    Process,
    /// <summary>Programs.</summary>
    Command,
}

/// <summary>Tells by what a value is called what it is: the names are those of the help texts.</summary>
internal static class ValueKinds
{
    /// <summary>The kind of an option's or an argument's value.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="name">The option's long name, or the argument's.</param>
    /// <param name="meta">What the value is called.</param>
    public static ValueKind Of(Verb verb, string name, string meta) => meta switch
    {
        _ when verb.Choices(name) is not null => ValueKind.Choice,
        "FILE" or "RECORDING" or "BEFORE" or "AFTER" or "DIRECTORY" => ValueKind.File,
        "PID" => ValueKind.Process,
        "CMD" or "COMMAND" => ValueKind.Command,
        _ => ValueKind.None,
    };

    /// <summary>The kind of what a verb takes besides options: of its last argument, which may come again.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="table">Its table.</param>
    public static ValueKind OfArguments(Verb verb, OptionTable table) =>
        table.Arguments.Count == 0 ? ValueKind.None : Of(verb, table.Arguments[^1].Name, table.Arguments[^1].Name);

    /// <summary>The words that an argument of a verb can be; empty for none.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="table">Its table.</param>
    public static IReadOnlyList<Choice> OfArgument(Verb verb, OptionTable table) =>
        table.Arguments.Count == 0 ? [] : verb.Choices(table.Arguments[^1].Name) ?? [];
}
