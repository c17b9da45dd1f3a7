using System.Text;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>Makes strings from a target fit for Markdown as code hosts show it: they become code, in which nothing is markup, a link or a mention.</summary>
internal static class MarkdownText
{
    /// <summary>As code: fenced by more backticks than it holds, control characters as escapes; empty for nothing.</summary>
    /// <param name="text">Any text.</param>
    public static string Code(string text)
    {
        if (text.Length == 0)
        {
            return "";
        }

        text = SafeText.Clean(text);
        int run = 0;
        int longest = 0;
        foreach (char c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        string fence = new('`', longest + 1);
        string space = text[0] == '`' || text[^1] == '`' ? " " : "";
        return fence + space + text + space + fence;
    }

    /// <summary>As code within a table's cell: its bars do not end the cell.</summary>
    /// <param name="text">Any text.</param>
    public static string Cell(string text) => Code(text).Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>A sentence in which names of the target stand: plain words stay as they are, every other one becomes code.</summary>
    /// <param name="text">The sentence.</param>
    public static string Sentence(string text)
    {
        var result = new StringBuilder();
        foreach (string word in SafeText.Clean(text).Split(' '))
        {
            result.Append(result.Length > 0 ? " " : "");
            // What ends a clause stays outside.
            int end = word.TrimEnd(',', ';', ':', '.', ')').Length;
            if (end == 0 || IsPlain(word.AsSpan(0, end)))
            {
                result.Append(word);
            }
            else
            {
                result.Append(Code(word[..end])).Append(word.AsSpan(end));
            }
        }

        return result.ToString();
    }

    /// <summary>
    /// Whether a word is only itself: letters, digits and marks that mean nothing. Not what becomes a link by itself (www.…, the number
    /// of a commit or of an issue as GH-1), an emoji by colons, or a list by standing first.
    /// </summary>
    private static bool IsPlain(ReadOnlySpan<char> word)
    {
        foreach (char c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('\'' or '(' or '%' or '.' or ',' or ';' or '-'))
            {
                return false;
            }
        }

        bool isNumber = word.TrimStart('(').IndexOfAnyExceptInRange('0', '9') < 0;
        bool isHash = word.Length >= 7 && !isNumber && word.IndexOfAnyExcept("0123456789abcdefABCDEF") < 0;
        return !isHash && word.IndexOf("www.", StringComparison.OrdinalIgnoreCase) < 0 && word.IndexOf("GH-", StringComparison.OrdinalIgnoreCase) < 0
            && word[0] != '-' && (!word.Contains('.') || IsFigure(word));
    }

    /// <summary>A number with a point; other words with points inside may be names of hosts.</summary>
    private static bool IsFigure(ReadOnlySpan<char> word) => word.TrimStart('(').TrimEnd('%').IndexOfAnyExcept("0123456789.") < 0;
}
