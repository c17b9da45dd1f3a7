using System.Text;

namespace LibProf.Cli.Completion;

/// <summary>The completion script for bash 4.4 and later. It works without the package bash-completion, and uses it for commands where it is there.</summary>
internal static class BashCompletion
{
    /// <summary>The script.</summary>
    /// <param name="verbs">All verbs.</param>
    public static string Script(IReadOnlyList<Verb> verbs)
    {
        var text = new StringBuilder(
            """
            # bash completion for libprof; made by 'libprof completion bash'.
            _libprof_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
            _libprof_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
            _libprof_commands() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -c -- "$cur" | sort -u); }
            _libprof_processes() { _libprof_words "$("${COMP_WORDS[0]}" completion pids 2>/dev/null | cut -f1)"; }

            _libprof()
            {
                local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} i
                COMPREPLY=()
                # --format=json comes in three words.
                if [[ $cur == "=" ]]; then
                    cur=
                elif [[ $prev == "=" ]]; then
                    prev=${COMP_WORDS[COMP_CWORD-2]}
                fi
                if ((COMP_CWORD == 1)); then

            """);
        text.Append("        _libprof_words '").AppendJoin(' ', verbs.Select(verb => verb.Name)).Append(" help --help --version'\n        return\n    fi\n");
        text.Append("    if [[ $verb == help ]]; then\n        _libprof_words '").AppendJoin(' ', verbs.Select(verb => verb.Name)).Append(" --man'\n        return\n    fi\n");
        text.Append(
            """
                for ((i = 2; i < COMP_CWORD; i++)); do
                    if [[ ${COMP_WORDS[i]} == -- ]]; then
                        if declare -F _command_offset >/dev/null; then
                            _command_offset $((i + 1))
                        elif ((COMP_CWORD == i + 1)); then
                            _libprof_commands
                        else
                            _libprof_files
                        fi
                        return
                    fi
                done

                case "$verb $prev" in

            """);
        foreach (Verb verb in verbs)
        {
            foreach (OptionEntry option in verb.Table().Options.Where(option => option.Meta is not null))
            {
                string pattern = string.Join(" | ", option.Names.Select(name => $"'{verb.Name} {name}'"));
                text.Append("        ").Append(pattern).Append(") ").Append(Action(verb, option.Long, ValueKinds.Of(verb, option.Long, option.Meta!))).Append("; return ;;\n");
            }
        }

        text.Append("    esac\n\n    case $verb in\n");
        foreach (Verb verb in verbs)
        {
            OptionTable table = verb.Table();
            string names = string.Join(' ', table.Options.SelectMany(option => option.Names));
            text.Append("        ").Append(verb.Name).Append(")\n            if [[ $cur == -* ]]; then _libprof_words '").Append(names).Append(verb.TakesCommand ? " --" : "").Append("'; return; fi\n            ");
            text.Append(verb.TakesCommand ? $"_libprof_words '{names} --'" : Action(verb, table.Arguments.Count > 0 ? table.Arguments[^1].Name : "", ValueKinds.OfArguments(verb, table))).Append(" ;;\n");
        }

        return text.Append("    esac\n}\ncomplete -F _libprof libprof\n").ToString();
    }

    private static string Action(Verb verb, string name, ValueKind kind) => kind switch
    {
        ValueKind.File => "_libprof_files",
        ValueKind.Choice => $"_libprof_words '{string.Join(' ', verb.Choices(name)!.Select(choice => choice.Name))}'",
        ValueKind.Process => "_libprof_processes",
        ValueKind.Command => "_libprof_commands",
        _ => ":",
    };
}
