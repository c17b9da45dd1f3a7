using System.Text;

namespace LibProf.Cli.Completion;

/// <summary>The completion script for zsh: a function <c>_libprof</c> in a directory of $fpath, or read by <c>source</c> after compinit.</summary>
internal static class ZshCompletion
{
    /// <summary>The script.</summary>
    /// <param name="verbs">All verbs.</param>
    public static string Script(IReadOnlyList<Verb> verbs)
    {
        var text = new StringBuilder(
            """
            #compdef libprof
            # zsh completion for libprof; made by 'libprof completion zsh'.
            _libprof_processes() {
              local -a lines=("${(@f)$(_call_program processes ${(q)words[1]:-libprof} completion pids 2>/dev/null)}") found
              local line
              for line in $lines; do found+=("${line%%$'\t'*}:${${line#*$'\t'}//:/\\:}"); done
              _describe -V process found
            }

            _libprof() {
              local libprof=$words[1] verb=$words[2] at=${words[(ie)--]}
              if ((CURRENT == 2)); then
                local -a verbs=(

            """);
        foreach (Verb verb in verbs)
        {
            text.Append("      ").Append(Quote($"{verb.Name}:{verb.Summary}")).Append('\n');
        }

        text.Append("      'help:explain a verb'\n    )\n    _describe verb verbs -- && return\n    _values option --help --version\n    return\n  fi\n");
        text.Append(
            """
              if ((at < CURRENT)); then
                shift $at words
                ((CURRENT -= at))
                _normal
                return
              fi
              # From the verb on, as _arguments wants it; its own words[1] is the program, for the list of processes.
              words=("$libprof" "${(@)words[3,-1]}")
              ((CURRENT--))
              case $verb in

            """);
        foreach (Verb verb in verbs)
        {
            OptionTable table = verb.Table();
            text.Append("    ").Append(verb.Name).Append(")\n      _arguments -s");
            foreach (OptionEntry option in table.Options)
            {
                string names = string.Join(' ', option.Names);
                string head = option.Short is null ? Quote($"--{option.Long}{(option.Meta is null ? "" : "=")}") : $"{Quote($"({names})")}{{-{option.Short}{(option.Meta is null ? "" : "+")},--{option.Long}{(option.Meta is null ? "" : "=")}}}";
                string value = option.Meta is null ? "" : $":{option.Meta.Replace(":", "\\:", StringComparison.Ordinal)}:{Action(verb, option.Long, ValueKinds.Of(verb, option.Long, option.Meta))}";
                text.Append(" \\\n        ").Append(head).Append(Quote($"[{Text(option.Help)}]{value}"));
            }

            if (table.Arguments.Count > 0)
            {
                ArgumentEntry argument = table.Arguments[^1];
                text.Append(" \\\n        ").Append(Quote($"*:{argument.Name}:{Action(verb, argument.Name, ValueKinds.OfArguments(verb, table))}"));
            }

            text.Append(" ;;\n");
        }

        text.Append("    help) _values verb ").AppendJoin(' ', verbs.Select(verb => verb.Name)).Append(" --man ;;\n");
        return text.Append(
            """
              esac
            }

            if [[ $funcstack[1] == _libprof ]]; then
              _libprof "$@"
            else
              compdef _libprof libprof
            fi

            """).ToString();
    }

    private static string Action(Verb verb, string name, ValueKind kind) => kind switch
    {
        ValueKind.File => "_files",
        ValueKind.Choice => $"(({string.Join(' ', verb.Choices(name)!.Select(choice => choice.Name + "\\:" + '"' + Text(choice.What).Replace(":", "\\:", StringComparison.Ordinal) + '"'))}))",
        ValueKind.Process => "_libprof_processes",
        ValueKind.Command => "_cmdstring",
        _ => " ",
    };

    /// <summary>Within brackets of _arguments.</summary>
    private static string Text(string help) => help.Replace("\\", "", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)
        .Replace("\"", "", StringComparison.Ordinal).Replace("$", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal);

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
