using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Exporters.Diffs;

/// <summary>
/// A difference as one page for a browser: it loads nothing and holds no script at all, and its content security policy allows nothing but
/// its own style. Every string is encoded where it is put in; what is folded away opens by the browser's own means, also from the keyboard.
/// </summary>
public sealed class DiffHtmlExporter : IDiffExporter
{
    private const int MostRows = 500;

    private const string Style = """
        :root{color-scheme:light dark;--page:#f5f4f0;--surface:#fffefb;--line:#dedad0;--ink:#1c1e22;--ink-2:#575a61;--more:#a8322a;--less:#1b6b4d}
        @media(prefers-color-scheme:dark){:root{--page:#17181b;--surface:#1f2125;--line:#3a3d44;--ink:#eceae4;--ink-2:#a8abb3;--more:#f09a8d;--less:#7fcfae}}
        body{margin:0 auto;max-width:75rem;padding:1rem;background:var(--page);color:var(--ink);font:1rem/1.45 system-ui,"Noto Sans","DejaVu Sans",sans-serif}
        h1{font-size:1.4rem;margin:.5rem 0}h2,summary{font-size:1.1rem;font-weight:600;margin:1.2rem 0 .4rem}summary{cursor:pointer}
        code{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.9em;overflow-wrap:anywhere}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem .8rem;margin:0}dt{color:var(--ink-2)}dd{margin:0}
        .wide{overflow-x:auto;background:var(--surface);border:1px solid var(--line);border-radius:6px}
        table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;text-align:left;border-top:1px solid var(--line);vertical-align:top}
        thead th{border-top:0;color:var(--ink-2);font-weight:600;white-space:nowrap}.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        .more{color:var(--more)}.less{color:var(--less)}.noise,.note{color:var(--ink-2)}.warning{border-left:4px solid var(--more);padding:.4rem .8rem;background:var(--surface)}
        """;

    /// <inheritdoc/>
    public string Name => "html";

    /// <inheritdoc/>
    public void Export(RecordingDiff diff, Stream output, ExportOptions options) =>
        output.Write(Encoding.UTF8.GetBytes(Render(diff, options.Verbose ? int.MaxValue : MostRows)));

    private static string Render(RecordingDiff diff, int rows)
    {
        string style = Style.ReplaceLineEndings("\n");
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        var text = new StringBuilder();
        text.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
        text.Append(CultureInfo.InvariantCulture,
            $"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\"/>\n");
        text.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n");
        text.Append("<title>LibProf: what changed</title>\n<style>").Append(style).Append("</style>\n</head>\n<body>\n<main>\n<h1>What changed</h1>\n");
        text.Append("<dl><dt>before</dt><dd>").Append(Code(diff.CommandBefore)).Append("</dd><dt>after</dt><dd>").Append(Code(diff.CommandAfter)).Append("</dd></dl>\n");
        if (DiffWords.Warning(diff) is { Length: > 0 } warning)
        {
            text.Append("<p class=\"warning\" role=\"note\">").Append(Encoded(warning)).Append("</p>\n");
        }

        WriteFigures(text, diff);
        WriteLibraries(text, diff, rows);
        WriteModules(text, "Modules that came", diff, ChangeKind.Came, rows);
        WriteModules(text, "Modules that went", diff, ChangeKind.Went, rows);
        WriteChanged(text, diff, rows);
        if (diff.Libraries.Count == 0 && diff.Modules.Count == 0)
        {
            text.Append("<p>The same libraries and modules, in the same time.</p>\n");
        }

        foreach (string note in DiffWords.Notes(diff))
        {
            text.Append("<p class=\"note\">").Append(Encoded(note)).Append("</p>\n");
        }

        return text.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void WriteFigures(StringBuilder text, RecordingDiff diff)
    {
        Begin(text, "", "before|n", "after|n", "change|n", "share|n");
        foreach (FigureChange figure in diff.Figures)
        {
            bool noise = figure.IsNoise && figure.Values.Difference is not 0;
            string sense = noise ? "noise" : Sense(figure.Values);
            text.Append("<tr><th scope=\"row\">").Append(Encoded(figure.Title)).Append("</th>");
            Number(text, DiffWords.Value(figure.Values.Before, figure.Kind));
            Number(text, DiffWords.Value(figure.Values.After, figure.Kind));
            Number(text, DiffWords.Difference(figure.Values, figure.Kind), sense);
            Number(text, DiffWords.Share(figure.Values) + (noise ? " (noise)" : ""), sense);
            text.Append("</tr>\n");
        }

        End(text, 0);
    }

    private static void WriteLibraries(StringBuilder text, RecordingDiff diff, int rows)
    {
        if (diff.Libraries.Count == 0)
        {
            return;
        }

        text.Append("<h2>Libraries</h2>\n");
        Begin(text, "library", "", "version", "ms|n", "MiB|n", "modules|n", "imported at");
        foreach (LibraryChange library in diff.Libraries.Take(rows))
        {
            text.Append("<tr><th scope=\"row\">").Append(Code(library.Name)).Append("</th><td>").Append(DiffWords.Word(library.Change)).Append("</td><td>")
                .Append(Encoded(DiffWords.Version(library))).Append("</td>");
            Change(text, library.Ms, DiffWords.Ms);
            Change(text, library.Kib, DiffWords.Mib);
            Change(text, library.Modules, DiffWords.Count);
            text.Append("<td>").Append(Code(library.Importer?.At ?? "")).Append("</td></tr>\n");
        }

        End(text, diff.Libraries.Count - rows);
    }

    private static void WriteModules(StringBuilder text, string title, RecordingDiff diff, ChangeKind kind, int rows)
    {
        List<ModuleChange> modules = [.. DiffWords.Outermost(diff, kind)];
        if (modules.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"<details open=\"open\"><summary>{title}: {diff.Modules.Count(module => module.Change == kind)}</summary>\n");
        Begin(text, "module", "library", "ms|n", "MiB|n", "others with it|n", "imported at");
        foreach (ModuleChange module in modules.Take(rows))
        {
            text.Append("<tr><th scope=\"row\">").Append(Code(module.Name)).Append("</th><td>").Append(Encoded(module.Library)).Append("</td>");
            Number(text, DiffWords.Ms(module.InclusiveMs.After ?? module.InclusiveMs.Before));
            Number(text, DiffWords.Mib(module.InclusiveKib.After ?? module.InclusiveKib.Before));
            Number(text, module.Brings > 0 ? DiffWords.Count(module.Brings) : "");
            text.Append("<td>").Append(Code(module.Importer?.At ?? "")).Append("</td></tr>\n");
        }

        End(text, modules.Count - rows);
        text.Append("</details>\n");
    }

    private static void WriteChanged(StringBuilder text, RecordingDiff diff, int rows)
    {
        List<ModuleChange> modules = [.. diff.Modules.Where(module => module.Change is ChangeKind.Grew or ChangeKind.Shrank)];
        if (modules.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"<details open=\"open\"><summary>Modules whose own time or memory grew or shrank: {modules.Count}</summary>\n");
        Begin(text, "module", "ms|n", "MiB|n", "imported at");
        foreach (ModuleChange module in modules.Take(rows))
        {
            text.Append("<tr><th scope=\"row\">").Append(Code(module.Name)).Append("</th>");
            Change(text, module.Ms, DiffWords.Ms);
            Change(text, module.Kib, DiffWords.Mib);
            text.Append("<td>").Append(Code(module.Importer?.At ?? "")).Append("</td></tr>\n");
        }

        End(text, modules.Count - rows);
        text.Append("</details>\n");
    }

    // A column's title, with "|n" behind that of numbers. The box scrolls by itself where the page is narrow, and can be reached by Tab.
    private static void Begin(StringBuilder text, params ReadOnlySpan<string> titles)
    {
        text.Append("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"table\"><table>\n<thead><tr>");
        foreach (string title in titles)
        {
            bool isNumber = title.EndsWith("|n", StringComparison.Ordinal);
            text.Append(isNumber ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">").Append(isNumber ? title[..^2] : title).Append("</th>");
        }

        text.Append("</tr></thead>\n<tbody>\n");
    }

    private static void End(StringBuilder text, int left)
    {
        text.Append("</tbody></table></div>\n");
        if (left > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">and {left} more (all with --verbose)</p>\n");
        }
    }

    private static void Number(StringBuilder text, string value, string sense = "") =>
        text.Append("<td class=\"n").Append(sense.Length > 0 ? " " + sense : "").Append("\">").Append(Encoded(value)).Append("</td>");

    private static void Change(StringBuilder text, Figures figures, Func<double?, string> format) => Number(text, figures switch
    {
        { Before: null } => format(figures.After),
        { After: null } => format(figures.Before),
        { Difference: 0 } => format(figures.After),
        _ => $"{format(figures.Before)} → {format(figures.After)}",
    }, Sense(figures));

    private static string Sense(Figures figures) => figures.Difference switch
    {
        > 0 => "more",
        < 0 => "less",
        _ => "",
    };

    private static string Code(string text) => text.Length == 0 ? "" : $"<code>{Encoded(text)}</code>";

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);
}
