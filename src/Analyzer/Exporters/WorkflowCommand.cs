using System.Globalization;
using System.Text;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// A workflow command of GitHub Actions, which makes an annotation: <c>::warning file=...,line=...,title=...::message</c>. The runner takes each line
/// of the output that begins so; within values %, CR and LF, and within properties also : and , are written as %25, %0D, %0A, %3A, %2C.
/// </summary>
internal static class WorkflowCommand
{
    /// <summary>The command with a line feed at its end.</summary>
    /// <param name="level"><c>error</c>, <c>warning</c> or <c>notice</c>.</param>
    /// <param name="file">The file, relative to the checkout; null for none.</param>
    /// <param name="line">The line; null for none.</param>
    /// <param name="title">The annotation's title.</param>
    /// <param name="message">What it says; may have lines.</param>
    public static string Of(string level, string? file, int? line, string title, string message)
    {
        var text = new StringBuilder("::").Append(level).Append(' ');
        if (file is not null)
        {
            text.Append("file=").Append(Property(file)).Append(',');
            if (line is { } number)
            {
                text.Append(CultureInfo.InvariantCulture, $"line={number},");
            }
        }

        return text.Append("title=").Append(Property(title)).Append("::").Append(Data(message)).Append('\n').ToString();
    }

    private static string Property(string text) => Data(SafeText.Clean(text)).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);

    private static string Data(string text) => JsonText.Clean(text)
        .Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);
}
