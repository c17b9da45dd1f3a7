using System.Text;

namespace LibProf.Cli.Benchmarking;

/// <summary>Takes a command in one string apart as a shell does, quotes and backslashes included, and nothing else: no shell is run.</summary>
internal static class ShellWords
{
    private const string ForShells = "|&;<>()$`*?[#~\n";

    /// <summary>The words of a command.</summary>
    /// <exception cref="CliException">A quote is not closed, there is no word, or it needs a shell.</exception>
    public static IReadOnlyList<string> Split(string command)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool inWord = false;
        char quote = '\0';
        for (int i = 0; i < command.Length; i++)
        {
            char c = command[i];
            bool last = i + 1 == command.Length;
            if (quote == '\'')
            {
                _ = c == quote ? word : word.Append(c);
                quote = c == quote ? '\0' : quote;
            }
            else if (c == '\\')
            {
                // Between double quotes a backslash is one unless it stands before a character that would not be itself there.
                bool escapes = !last && (quote == '\0' || command[i + 1] is '"' or '\\' or '$' or '`');
                _ = word.Append(escapes ? command[++i] : c);
                inWord = true;
            }
            else if (quote == '"')
            {
                if (c is '$' or '`')
                {
                    throw NeedsShell(c);
                }

                _ = c == quote ? word : word.Append(c);
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                inWord = true;
            }
            else if (c is ' ' or '\t')
            {
                Finish();
            }
            else if (ForShells.Contains(c, StringComparison.Ordinal) && !(inWord && c is '#' or '~'))
            {
                throw NeedsShell(c);
            }
            else
            {
                _ = word.Append(c);
                inWord = true;
            }
        }

        if (quote != '\0')
        {
            throw CliException.Usage($"a quote is not closed in '{command}'", "it is one command with its arguments, quoted as for a shell");
        }

        Finish();
        return words.Count > 0 ? words : throw CliException.Usage("the other command is empty", "it is one command with its arguments, quoted as for a shell");

        void Finish()
        {
            if (inWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            inWord = false;
        }
    }

    private static CliException NeedsShell(char c) =>
        CliException.Usage($"'{(c == '\n' ? "\\n" : c)}' in the other command needs a shell, and none is run", "quote it, or write: sh -c '...'");
}
