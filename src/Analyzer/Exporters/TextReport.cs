using System.Globalization;
using System.Text;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>The report for people as plain text: no colours, ASCII only apart from the target's own names, no wider than asked for.</summary>
public static class TextReport
{
    /// <summary>Narrower than this is not readable: longer lines are accepted instead.</summary>
    public const int MinWidth = 60;

    private const int Indent = 2;
    private static readonly TextColumn _mib = new("MiB", Right: true);
    private static readonly TextColumn _own = new("own", Right: true);

    /// <summary>Deeper imports are not set in any further.</summary>
    private const int DeepestIndent = 12;

    /// <summary>The report.</summary>
    /// <param name="view">What it says.</param>
    /// <param name="width">Columns to use.</param>
    public static string Render(ReportView view, int width)
    {
        width = Math.Max(width, MinWidth);
        var text = new StringBuilder();
        text.Append(SafeText.KeepStart(view.Command, 3 * width)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"{view.Target}, {Ms(view.TotalMs)} ms in all\n");
        WriteWrapped(text, view.Memory, width);
        WriteFindings(text, view, width);
        WritePhases(text, view, width);
        WriteLibraries(text, view, width);
        WriteImports(text, view, width);
        WriteFunctions(text, view, width);
        text.Append('\n');
        WriteWrapped(text, view.Quality, width);
        WriteWrapped(text, view.Environment, width);
        foreach (string note in view.Notes)
        {
            WriteWrapped(text, note, width);
        }

        return text.ToString();
    }

    /// <summary>Milliseconds for people: one decimal is what sampling can tell.</summary>
    /// <param name="ms">Milliseconds.</param>
    public static string Ms(double ms) => ms.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>Mebibytes for people; empty when not measured.</summary>
    /// <param name="mib">Mebibytes.</param>
    public static string Mib(double? mib) => mib is { } value ? Math.Round(value + 0.0, 1).ToString("0.0", CultureInfo.InvariantCulture).Replace("-0.0", "0.0", StringComparison.Ordinal) : "";

    /// <summary>The head of the table of imports.</summary>
    /// <param name="hasMemory">Whether it has columns of memory.</param>
    public static string ImportsTitle(bool hasMemory) =>
        hasMemory ? "Imports: inclusive and own ms and MiB, first import statement" : "Imports: inclusive and own ms, first import statement";

    /// <summary>A share for people.</summary>
    /// <param name="share">From 0 to 1.</param>
    public static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    /// <summary>A module's name, set in as deep as its import was nested; less so where there is little room.</summary>
    /// <param name="row">The import.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static string Indented(ImportRow row, int width) => new string(' ', (width < 100 ? 1 : 2) * Math.Min(row.Depth, DeepestIndent)) + row.Module;

    private static void WriteFindings(StringBuilder text, ReportView view, int width)
    {
        if (view.Findings.Count == 0 && view.MoreFindings.Length == 0)
        {
            return;
        }

        text.Append("\n" + FindingsTitle + "\n");
        foreach ((int index, FindingRow row) in view.Findings.Index())
        {
            WriteWrapped(text, $"{index + 1}. {row.Title}: {row.Saving}", width, Indent);
            foreach ((string label, string sentence) in Details(row))
            {
                WriteWrapped(text, sentence.Length == 0 ? "" : label + sentence, width, Indent + 3);
            }
        }

        WriteMore(text, view.MoreFindings);
    }

    /// <summary>The title of the findings.</summary>
    public const string FindingsTitle = "Findings: what this program loads without need";

    /// <summary>What is said of a finding below its title.</summary>
    /// <param name="row">The finding.</param>
    public static IEnumerable<(string Label, string Sentence)> Details(FindingRow row) =>
        ((string, string)[])[("why: ", row.Evidence), ("imported: ", row.Chain), ("do: ", row.Suggestion), ("mind: ", row.Warning)];

    private static void WritePhases(StringBuilder text, ReportView view, int width)
    {
        if (view.Phases.Count == 0)
        {
            return;
        }

        text.Append("\nPhases\n");
        int bar = Math.Min(40, width - 40);
        var table = new TextTable(new TextColumn("phase"), new TextColumn("ms", Right: true), new TextColumn("share", Right: true), new TextColumn(""));
        foreach (PhaseRow phase in view.Phases)
        {
            table.Add(phase.Name, Ms(phase.Ms), Percent(phase.Share), new string('#', (int)Math.Round(Math.Clamp(phase.Share, 0, 1) * bar)));
        }

        table.Write(text, width, Indent);
    }

    private static void WriteLibraries(StringBuilder text, ReportView view, int width)
    {
        if (view.Libraries.Count == 0)
        {
            return;
        }

        text.Append("\nLibraries by initialisation time\n");
        bool hasMemory = view.Libraries.Any(row => row.Mib is not null);
        bool hasUse = view.Libraries.Any(row => row.Use.Length > 0);
        var table = new TextTable(
        [
            new TextColumn("ms", Right: true), new TextColumn("share", Right: true), .. hasMemory ? [_mib] : Array.Empty<TextColumn>(),
            new TextColumn("modules", Right: true), new TextColumn("library", Shrink: 1), new TextColumn("version", Shrink: 1), new TextColumn("kind"),
            .. hasUse ? [new TextColumn("use")] : Array.Empty<TextColumn>(),
        ]);
        foreach (LibraryRow row in view.Libraries)
        {
            table.Add(
            [
                row.Ms is { } ms ? Ms(ms) : "", row.Share is { } share ? Percent(share) : "", .. hasMemory ? [Mib(row.Mib)] : Array.Empty<string>(),
                row.Modules.ToString(CultureInfo.InvariantCulture), row.Name, row.Version, row.Kind, .. hasUse ? [row.Use] : Array.Empty<string>(),
            ]);
        }

        table.Write(text, width, Indent);
        WriteMore(text, view.MoreLibraries);
    }

    private static void WriteImports(StringBuilder text, ReportView view, int width)
    {
        if (view.Imports.Count == 0)
        {
            return;
        }

        bool hasMemory = view.Imports.Any(row => row.InclusiveMib is not null);
        text.Append('\n').Append(ImportsTitle(hasMemory)).Append('\n');
        var table = new TextTable(
        [
            new TextColumn("ms", Right: true), new TextColumn("own", Right: true), .. hasMemory ? [_mib, _own] : Array.Empty<TextColumn>(),
            new TextColumn("module", Shrink: -1), new TextColumn("imported at", Shrink: -1),
        ]);
        foreach (ImportRow row in view.Imports)
        {
            table.Add(
            [
                Ms(row.InclusiveMs), Ms(row.OwnMs), .. hasMemory ? [Mib(row.InclusiveMib), Mib(row.OwnMib)] : Array.Empty<string>(),
                Indented(row, width), row.At,
            ]);
        }

        table.Write(text, width, Indent);
        WriteMore(text, view.MoreImports);
    }

    private static void WriteFunctions(StringBuilder text, ReportView view, int width)
    {
        if (view.Functions.Count == 0)
        {
            return;
        }

        text.Append("\nFunctions outside of imports, by time at their own lines\n");
        var table = new TextTable(
            new TextColumn("ms", Right: true), new TextColumn("share", Right: true), new TextColumn("function", Shrink: 1),
            new TextColumn("defined at", Shrink: -1));
        foreach (FunctionRow row in view.Functions)
        {
            table.Add(Ms(row.Ms), Percent(row.Share), row.Name, row.At);
        }

        table.Write(text, width, Indent);
    }

    private static void WriteMore(StringBuilder text, string more)
    {
        if (more.Length > 0)
        {
            text.Append(' ', Indent).Append(more).Append('\n');
        }
    }

    internal static void WriteWrapped(StringBuilder text, string sentence, int width, int indent = 0)
    {
        if (sentence.Length == 0)
        {
            return;
        }

        text.Append(' ', indent);
        int column = 0;
        width -= indent;
        foreach (string word in sentence.Split(' '))
        {
            int columns = SafeText.Columns(word);
            if (column > 0 && column + 1 + columns > width)
            {
                text.Append('\n').Append(' ', indent);
                column = 0;
            }
            else if (column > 0)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += columns;
        }

        text.Append('\n');
    }
}
