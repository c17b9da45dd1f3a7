using System.Text;

namespace LibProf.Cli.Completion;

/// <summary>The completion script for fish.</summary>
internal static class FishCompletion
{
    /// <summary>The script.</summary>
    /// <param name="verbs">All verbs.</param>
    public static string Script(IReadOnlyList<Verb> verbs)
    {
        var text = new StringBuilder(
            """
            # fish completion for libprof; made by 'libprof completion fish'.
            function __libprof_verb
                set -l words (commandline -opc)
                test (count $words) -ge 2; and test "$words[2]" = "$argv[1]"; and not contains -- -- $words
            end

            function __libprof_needs_verb
                test (count (commandline -opc)) -eq 1
            end

            function __libprof_after_dashes
                contains -- -- (commandline -opc)
            end

            function __libprof_command
                set -l words (commandline -opc)
                set -l at (contains -i -- -- $words)
                set -l rest $words[(math $at + 1)..-1] (commandline -ct)
                complete -C "$rest"
            end

            function __libprof_processes
                set -l words (commandline -opc)
                $words[1] completion pids 2>/dev/null
            end

            complete -c libprof -f
            complete -c libprof -n __libprof_after_dashes -a '(__libprof_command)'
            complete -c libprof -n __libprof_needs_verb -l help -d 'Show the verbs.'
            complete -c libprof -n __libprof_needs_verb -l version -d 'Show the version.'
            complete -c libprof -n __libprof_needs_verb -a help -d 'explain a verb'

            """);
        foreach (Verb verb in verbs)
        {
            text.Append("complete -c libprof -n __libprof_needs_verb -a ").Append(verb.Name).Append(" -d ").Append(Quote(verb.Summary)).Append('\n');
            text.Append("complete -c libprof -n '__libprof_verb help' -a ").Append(verb.Name).Append('\n');
        }

        text.Append("complete -c libprof -n '__libprof_verb help' -l man -d 'the manual page'\n");
        foreach (Verb verb in verbs)
        {
            OptionTable table = verb.Table();
            string head = $"complete -c libprof -n '__libprof_verb {verb.Name}'";
            text.Append('\n');
            foreach (OptionEntry option in table.Options)
            {
                text.Append(head).Append(option.Short is { } letter ? $" -s {letter}" : "").Append(" -l ").Append(option.Long).Append(" -d ").Append(Quote(option.Help));
                text.Append(option.Meta is { } meta ? " -r" + Values(verb, option.Long, ValueKinds.Of(verb, option.Long, meta)) : "").Append('\n');
            }

            string values = table.Arguments.Count > 0 ? Values(verb, table.Arguments[^1].Name, ValueKinds.OfArguments(verb, table)) : "";
            text.Append(values.Trim() is "" or "-f" ? "" : head + values + "\n");
            text.Append(verb.TakesCommand ? head + " -a -- -d 'the command follows'\n" : "");
        }

        return text.ToString();
    }

    private static string Values(Verb verb, string name, ValueKind kind) => kind switch
    {
        ValueKind.File => " -F",
        ValueKind.Choice => " -f -a " + Quote(string.Join(' ', verb.Choices(name)!.Select(choice => $"{choice.Name}\\t{Inner(choice.What)}"))),
        ValueKind.Process => " -f -k -a '(__libprof_processes)'",
        ValueKind.Command => " -f -a '(__fish_complete_command)'",
        _ => " -f",
    };

    /// <summary>Within -a, which fish expands once more: there \t is the tab before a description.</summary>
    private static string Inner(string text) => "'" + text.Replace("'", "", StringComparison.Ordinal) + "'";

    private static string Quote(string text) => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
