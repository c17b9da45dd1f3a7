using System.Text;

namespace LibProf.Cli;

/// <summary>The manual page libprof(1), in the macros of man(7), from the same definitions as help.</summary>
internal static class ManualPage
{
    private const int LineWidth = 78;

    /// <summary>The page.</summary>
    /// <param name="verbs">All verbs.</param>
    /// <param name="version">libprof's version.</param>
    public static string Of(IReadOnlyList<Verb> verbs, string version)
    {
        var text = new StringBuilder();
        text.Append(".\\\" Made by 'libprof help --man'.\n.TH LIBPROF 1 \"\" \"libprof ").Append(Escape(version)).Append("\" \"User Commands\"\n");
        text.Append(".SH NAME\nlibprof \\- what the imports and the start of a Python program cost\n.SH SYNOPSIS\n");
        foreach ((int index, Verb verb) in verbs.Index())
        {
            text.Append(index > 0 ? ".br\n" : "").Append(".B libprof ").Append(verb.Name).Append("\n").Append(Line(verb.Usage));
        }

        text.Append(".SH DESCRIPTION\n");
        text.Append(Line("LibProf looks at a CPython process (3.6 to 3.15, Linux on x86-64) from outside some thousand times a second and bills the time and the memory of its start to the libraries and modules that took them. Nothing is imported into the program, injected into it or changed in it, and by default it is never stopped."));
        text.Append(".SH VERBS\n");
        foreach (Verb verb in verbs)
        {
            Write(text, verb);
        }

        text.Append(".SH EXIT STATUS\n");
        text.Append(Line("libprof run ends with the program's own status (128+N for signal N). Otherwise 0: done; 1: check found a budget exceeded; 2: wrong usage or unusable input; 125: libprof itself failed; 126: the command cannot be executed; 127: it was not found. An error is one line on standard error, and where there is one, a second line with what to do."));
        text.Append(".SH EXAMPLES\n");
        foreach (Example example in verbs.SelectMany(verb => verb.AllExamples))
        {
            text.Append(".TP\n.B ").Append(Escape(example.Line)).Append('\n').Append(Line(example.What));
        }

        text.Append(".SH SEE ALSO\n.BR python3 (1),\n.BR process_vm_readv (2),\n.BR ptrace (2)\n");
        return text.ToString();
    }

    private static void Write(StringBuilder text, Verb verb)
    {
        OptionTable table = verb.Table();
        text.Append(".SS libprof ").Append(verb.Name).Append(' ').Append(Escape(verb.Usage)).Append('\n');
        text.Append(Line(char.ToUpperInvariant(verb.Summary[0]) + verb.Summary[1..] + "."));
        foreach (string paragraph in verb.Details.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append(".PP\n").Append(Line(paragraph));
        }

        foreach (ArgumentEntry argument in table.Arguments)
        {
            text.Append(".TP\n.I ").Append(Escape(argument.Name)).Append('\n').Append(Line(argument.Help));
        }

        foreach (OptionEntry option in table.Options)
        {
            string names = string.Join(", ", option.Names.Select(name => $"\\fB{Escape(name)}\\fR"));
            text.Append(".TP\n").Append(names).Append(option.Meta is { } meta ? $" \\fI{Escape(meta)}\\fR" : "").Append('\n').Append(Line(option.Help));
            foreach (Choice choice in verb.Choices(option.Long) ?? [])
            {
                text.Append(".RS\n.TP\n.B ").Append(Escape(choice.Name)).Append('\n').Append(Line(choice.What)).Append(".RE\n");
            }
        }
    }

    /// <summary>Lines of text, none too long for an editor; one that begins with a point or a quote would be a request.</summary>
    private static string Line(string text) =>
        string.Concat(Help.Wrap(Escape(text), LineWidth).Select(line => (line.Length > 0 && line[0] is '.' or '\'' ? "\\&" : "") + line + "\n"));

    private static string Escape(string text) => text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
        .Replace("'", "\\(aq", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal).Replace("^", "\\(ha", StringComparison.Ordinal).Replace("~", "\\(ti", StringComparison.Ordinal);
}
