using System.Globalization;
using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>What formats for reviews (Markdown, SARIF, annotations) say alike of findings.</summary>
internal static class FindingText
{
    /// <summary>Whether it is worth a warning; what is a guess is worth a note.</summary>
    /// <param name="finding">The finding.</param>
    public static bool IsWarning(Finding finding) => finding.Confidence != FindingConfidence.Guess;

    /// <summary>How sure it is, in a word or two.</summary>
    /// <param name="finding">The finding.</param>
    public static string Sureness(Finding finding) => finding.Confidence switch
    {
        FindingConfidence.Proof => "proven",
        FindingConfidence.Sampled => "by samples",
        _ => "a guess",
    };

    /// <summary>What acting on it saves; empty when not known.</summary>
    /// <param name="finding">The finding.</param>
    /// <param name="coldStartNs">The time that shares are of, in nanoseconds.</param>
    public static string Saving(Finding finding, long coldStartNs) => Saving(finding.SavingNs, finding.SavingKib, coldStartNs);

    /// <summary>A saving for people: time, its share, memory; empty when there is none.</summary>
    /// <param name="ns">Nanoseconds; null when not known.</param>
    /// <param name="kib">KiB; null when not known.</param>
    /// <param name="coldStartNs">The time that shares are of, in nanoseconds.</param>
    public static string Saving(long? ns, long? kib, long coldStartNs)
    {
        List<string> parts = [];
        if (ns is { } time)
        {
            parts.Add(TextReport.Ms(time / 1e6) + " ms" + (coldStartNs > 0 ? $" ({TextReport.Percent((double)time / coldStartNs)})" : ""));
        }

        if (kib is > 0 and var memory)
        {
            parts.Add((memory / 1024.0).ToString("0.0", CultureInfo.InvariantCulture) + " MiB");
        }

        return string.Join(", ", parts);
    }

    /// <summary>What is found, as one line.</summary>
    /// <param name="finding">The finding.</param>
    /// <param name="coldStartNs">The time that shares are of, in nanoseconds.</param>
    public static string Headline(Finding finding, long coldStartNs)
    {
        string saving = Saving(finding, coldStartNs);
        return SafeText.Clean($"{finding.Subject}: {finding.Evidence}") + (saving.Length > 0 ? $"; acting on it saves {saving}" : "") + $", {Sureness(finding)}.";
    }

    /// <summary>What to do and what to mind, as lines of their own.</summary>
    /// <param name="finding">The finding.</param>
    public static IEnumerable<string> Advice(Finding finding)
    {
        yield return "Do: " + SafeText.Clean(finding.Suggestion);
        if (finding.SideEffects.Count > 0)
        {
            yield return "Mind: " + SafeText.Clean(string.Join("; ", finding.SideEffects));
        }
    }
}
