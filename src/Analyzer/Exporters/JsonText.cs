namespace LibProf.Analyzer.Exporters;

/// <summary>Makes strings from a target fit for JSON.</summary>
internal static class JsonText
{
    /// <summary>Replaces halves of surrogate pairs, which Python strings may hold alone (undecodable file names) and UTF-8 cannot.</summary>
    public static string Clean(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }

            return Replace(text);
        }

        return text;
    }

    private static string Replace(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (int i = 0; i < source.Length; i++)
        {
            if (i + 1 < source.Length && char.IsSurrogatePair(source[i], source[i + 1]))
            {
                span[i] = source[i];
                span[i + 1] = source[++i];
            }
            else
            {
                span[i] = char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
            }
        }
    });
}
