using System.Globalization;
using System.Text;

namespace LibProf.Analyzer.Reports;

/// <summary>Makes strings from a target fit for a terminal: names and paths may hold anything, escape sequences included.</summary>
public static class SafeText
{
    /// <summary>
    /// Writes control characters, line separators, text direction overrides and halves of surrogate pairs as escapes
    /// (<c>\n</c>, <c>\x1b</c>, <c>\u202e</c>), so that they can neither act nor hide.
    /// </summary>
    /// <param name="text">Any text.</param>
    public static string Clean(string text)
    {
        int first = 0;
        while (first < text.Length && IsPlain(text, first))
        {
            first += char.IsHighSurrogate(text[first]) ? 2 : 1;
        }

        if (first >= text.Length)
        {
            return text;
        }

        var clean = new StringBuilder(text, 0, first, text.Length + 8);
        for (int i = first; i < text.Length; i++)
        {
            if (!IsPlain(text, i))
            {
                clean.Append(Escape(text[i]));
                continue;
            }

            clean.Append(text[i]);
            if (char.IsHighSurrogate(text[i]))
            {
                clean.Append(text[++i]);
            }
        }

        return clean.ToString();
    }

    /// <summary>Columns that a text takes on a terminal: two for wide characters (East Asian, emoji), none for combining ones.</summary>
    /// <param name="text">Cleaned text.</param>
    public static int Columns(string text)
    {
        int columns = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            columns += Columns(rune);
        }

        return columns;
    }

    /// <summary>A text in at most so many columns, its end replaced by <c>...</c> when it is longer.</summary>
    /// <param name="text">Cleaned text.</param>
    /// <param name="columns">How many, at least 4.</param>
    public static string KeepStart(string text, int columns)
    {
        if (Columns(text) <= columns)
        {
            return text;
        }

        var kept = new StringBuilder();
        int left = columns - 3;
        foreach (Rune rune in text.EnumerateRunes())
        {
            left -= Columns(rune);
            if (left < 0)
            {
                break;
            }

            kept.Append(rune.ToString());
        }

        return kept.Append("...").ToString();
    }

    /// <summary>A text in at most so many columns, its start replaced by <c>...</c> when it is longer: of a path the end says more.</summary>
    /// <param name="text">Cleaned text.</param>
    /// <param name="columns">How many, at least 4.</param>
    public static string KeepEnd(string text, int columns)
    {
        if (Columns(text) <= columns)
        {
            return text;
        }

        List<Rune> runes = [.. text.EnumerateRunes()];
        int from = runes.Count;
        int left = columns - 3;
        while (from > 0 && left >= Columns(runes[from - 1]))
        {
            left -= Columns(runes[--from]);
        }

        return "..." + string.Concat(runes.Skip(from));
    }

    /// <summary>As <see cref="KeepEnd"/>, but with the indentation kept: of a module's name, too, the end says more.</summary>
    /// <param name="text">Cleaned text after some spaces.</param>
    /// <param name="columns">How many, at least 4.</param>
    public static string KeepIndentedEnd(string text, int columns)
    {
        string bare = text.TrimStart(' ');
        int indent = Math.Clamp(text.Length - bare.Length, 0, Math.Max(0, columns - 8));
        return new string(' ', indent) + KeepEnd(bare, columns - indent);
    }

    private static bool IsPlain(string text, int index)
    {
        char c = text[index];
        if (char.IsSurrogate(c))
        {
            return char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]);
        }

        return !char.IsControl(c) && c is not ('\u2028' or '\u2029' or '\u200e' or '\u200f' or '\u061c' or '\ufeff')
            && c is not (>= '\u202a' and <= '\u202e') && c is not (>= '\u2066' and <= '\u2069');
    }

    private static string Escape(char c) => c switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < (char)0x100 => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };

    private static int Columns(Rune rune)
    {
        int value = rune.Value;
        if (value < 0x300)
        {
            return 1;
        }

        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
        {
            return 0;
        }

        // The wide blocks of UAX #11.
        return value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0x303E) or (>= 0x3041 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6)
            or (>= 0x1F300 and <= 0x1F64F) or (>= 0x1F680 and <= 0x1F6FF) or (>= 0x1F900 and <= 0x1F9FF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1;
    }
}
