using System.Text;

namespace LibProf.Cli;

/// <summary>The texts of <c>libprof --help</c> and <c>libprof VERB --help</c>.</summary>
internal static class Help
{
    private const int Narrowest = 50;
    private const int Widest = 100;
    private const int Indent = 2;

    /// <summary>How wide texts are set: as the terminal, but no wider than one reads well.</summary>
    /// <param name="columns">The terminal's; 0 when it does not know.</param>
    public static int Width(int columns) => columns <= 0 ? Widest : Math.Clamp(columns, Narrowest, Widest);

    /// <summary>The verbs.</summary>
    /// <param name="verbs">All of them.</param>
    /// <param name="width">Columns to use.</param>
    public static string Overview(IReadOnlyList<Verb> verbs, int width)
    {
        StringBuilder text = new("libprof: what the imports and the start of a Python program cost\n\n");
        int column = verbs.Max(verb => verb.Name.Length + verb.Usage.Length) + "libprof ".Length + 1;
        foreach (Verb verb in verbs)
        {
            WriteRow(text, $"libprof {verb.Name} {verb.Usage}", verb.Summary, column, width);
        }

        text.Append('\n');
        WriteParagraph(text, "'libprof VERB --help' explains a verb and its options; 'libprof help --man' is the manual page; 'libprof --version' the version.", width);
        text.Append("\nexamples:\n");
        WriteExample(text, new Example("libprof run -- python3 app.py", "record a program and show what its start costs"), width);
        WriteExample(text, new Example("libprof report --format html -o report.html app-1234.libprof", "make a page of the recording"), width);
        return text.ToString();
    }

    /// <summary>A verb: what it is for, its arguments and options, what to try.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="width">Columns to use.</param>
    public static string OfVerb(Verb verb, int width)
    {
        OptionTable table = verb.Table();
        var text = new StringBuilder();
        WriteParagraph(text, $"usage: libprof {verb.Name} {verb.Usage}", width);
        WriteParagraph(text, verb.Summary, width);
        foreach (string paragraph in verb.Details.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append('\n');
            WriteParagraph(text, paragraph, width);
        }

        List<(string Left, string Right)> arguments = [.. table.Arguments.Select(argument => (argument.Name + (argument.Many ? "..." : ""), argument.Help))];
        List<(string Left, string Right)> options = [.. table.Options.Select(option => (Left(option), option.Help))];
        int column = Math.Min(arguments.Concat(options).Max(row => row.Left.Length) + 2, Math.Max(20, width / 2 - Indent));
        Write(text, "arguments", arguments, column, width);
        Write(text, "options", options, column, width);
        text.Append("\nexamples:\n");
        foreach (Example example in verb.AllExamples)
        {
            WriteExample(text, example, width);
        }

        return text.ToString();
    }

    private static string Left(OptionEntry option) =>
        (option.Short is { } letter ? $"-{letter}, " : "    ") + "--" + option.Long + (option.Meta is { } meta ? " " + meta : "");

    private static void Write(StringBuilder text, string title, List<(string Left, string Right)> rows, int column, int width)
    {
        if (rows.Count > 0)
        {
            text.Append('\n').Append(title).Append(":\n");
        }

        foreach ((string left, string right) in rows)
        {
            WriteRow(text, left, right, column, width);
        }
    }

    private static void WriteExample(StringBuilder text, Example example, int width)
    {
        text.Append(' ', Indent).Append(example.Line).Append('\n');
        foreach (string line in Wrap(example.What, width - (3 * Indent)))
        {
            text.Append(' ', 3 * Indent).Append(line).Append('\n');
        }
    }

    /// <summary>Left and right side by side where both have room, else one below the other.</summary>
    private static void WriteRow(StringBuilder text, string left, string right, int column, int width)
    {
        bool beside = width - Indent - column >= 24;
        int indent = beside ? Indent + column : 4 * Indent;
        text.Append(' ', Indent).Append(left);
        bool first = beside && left.Length < column;
        text.Append(first ? new string(' ', column - left.Length) : "\n");
        foreach (string line in Wrap(right, width - indent))
        {
            text.Append(' ', first ? 0 : indent).Append(line).Append('\n');
            first = false;
        }
    }

    private static void WriteParagraph(StringBuilder text, string paragraph, int width)
    {
        foreach (string line in Wrap(paragraph, width))
        {
            text.Append(line).Append('\n');
        }
    }

    /// <summary>Breaks a text into lines between its words.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">Columns to use; a longer word has a line of its own.</param>
    internal static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
