using System.Globalization;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Reports;
using Spectre.Console;

namespace LibProf.Cli.Rendering;

/// <summary>
/// The report for people on a terminal: the same rows as the plain text, as coloured tables. Strings of the target come cleaned of
/// control characters and are written as plain text, never as markup.
/// </summary>
public static class TerminalReport
{
    /// <summary>A share from which a figure stands out.</summary>
    private const double HotShare = 0.1;

    private static readonly Style Muted = new(Color.Grey);
    private static readonly Style Heading = new(decoration: Decoration.Bold);
    private static readonly Style Hot = new(Color.Red);
    private static readonly Style Warm = new(Color.Yellow);
    private static readonly Style NameStyle = new(Color.Aqua);

    /// <summary>Writes the report.</summary>
    /// <param name="console">Where to; its width counts.</param>
    /// <param name="report">The figures.</param>
    /// <param name="verbose">Whether to list everything.</param>
    public static void Write(IAnsiConsole console, ReportModel report, bool verbose = false)
    {
        ReportView view = ReportViewBuilder.Build(report, verbose);
        int width = Math.Max(TextReport.MinWidth, console.Profile.Width);
        Line(console, SafeText.KeepStart(view.Command, 3 * width), Heading);
        Line(console, $"{view.Target}, {TextReport.Ms(view.TotalMs)} ms in all", Style.Plain);
        Line(console, view.Memory, Style.Plain);
        WriteFindings(console, view);
        WritePhases(console, view, width);
        WriteLibraries(console, view);
        WriteImports(console, view, width);
        WriteFunctions(console, view, width);
        console.WriteLine();
        Line(console, view.Quality, Muted);
        Line(console, view.Environment, Muted);
        foreach (string note in view.Notes)
        {
            Line(console, note, Warm);
        }
    }

    private static void WriteFindings(IAnsiConsole console, ReportView view)
    {
        if (view.Findings.Count == 0 && view.MoreFindings.Length == 0)
        {
            return;
        }

        console.WriteLine();
        Line(console, TextReport.FindingsTitle, Heading);
        foreach ((int index, FindingRow row) in view.Findings.Index())
        {
            var title = new Paragraph().Append($"{index + 1}. ").Append(row.Title, NameStyle).Append(": ").Append(row.Saving, Heat(row.Share));
            console.Write(new Padder(title, new Padding(1, 0, 0, 0)));
            foreach ((string label, string sentence) in TextReport.Details(row).Where(detail => detail.Sentence.Length > 0))
            {
                var text = new Paragraph().Append(label, Muted).Append(sentence, label.StartsWith("mind", StringComparison.Ordinal) ? Warm : Style.Plain);
                console.Write(new Padder(text, new Padding(4, 0, 0, 0)));
            }
        }

        Line(console, view.MoreFindings, Muted);
    }

    private static void WritePhases(IAnsiConsole console, ReportView view, int width)
    {
        if (view.Phases.Count == 0)
        {
            return;
        }

        int bar = Math.Min(40, width - 40);
        Table table = NewTable(Left("phase"), Right("ms"), Right("share"), Left(""));
        foreach (PhaseRow phase in view.Phases)
        {
            table.AddRow(
                Cell(phase.Name), Cell(TextReport.Ms(phase.Ms)), Cell(TextReport.Percent(phase.Share)),
                Cell(Bar(console, phase.Share, bar), phase.Name == "imports" ? Hot : NameStyle));
        }

        WriteTable(console, "Phases", table, "");
    }

    private static void WriteLibraries(IAnsiConsole console, ReportView view)
    {
        if (view.Libraries.Count == 0)
        {
            return;
        }

        bool hasMemory = view.Libraries.Any(row => row.Mib is not null);
        bool hasUse = view.Libraries.Any(row => row.Use.Length > 0);
        Table table = NewTable(
            [Right("ms"), Right("share"), .. hasMemory ? [Right("MiB")] : Array.Empty<TableColumn>(), Right("modules"), Left("library"), Left("version"), Left("kind"), .. hasUse ? [Left("use")] : Array.Empty<TableColumn>()]);
        foreach (LibraryRow row in view.Libraries)
        {
            table.AddRow(
            [
                Cell(row.Ms is { } ms ? TextReport.Ms(ms) : "", Heat(row.Share)), Cell(row.Share is { } share ? TextReport.Percent(share) : "", Heat(row.Share)),
                .. hasMemory ? [Cell(TextReport.Mib(row.Mib))] : Array.Empty<Text>(),
                Cell(row.Modules.ToString(CultureInfo.InvariantCulture)), Cell(row.Name, NameStyle), Cell(row.Version), Cell(row.Kind, Muted), .. hasUse ? [Cell(row.Use)] : Array.Empty<Text>(),
            ]);
        }

        WriteTable(console, "Libraries by initialisation time", table, view.MoreLibraries);
    }

    private static void WriteImports(IAnsiConsole console, ReportView view, int width)
    {
        if (view.Imports.Count == 0)
        {
            return;
        }

        // A statement's end matters more than its beginning, so paths are shortened here and not by the table.
        List<string> modules = [.. view.Imports.Select(row => TextReport.Indented(row, width))];
        bool hasMemory = view.Imports.Any(row => row.InclusiveMib is not null);
        (int moduleWidth, int atWidth) = Share(width - (hasMemory ? 46 : 30), modules.Max(SafeText.Columns), view.Imports.Max(row => SafeText.Columns(row.At)));
        Table table = NewTable(
            [Right("ms"), Right("own"), .. hasMemory ? [Right("MiB"), Right("own")] : Array.Empty<TableColumn>(), Left("module"), Left("imported at")]);
        foreach ((ImportRow row, string module) in view.Imports.Zip(modules))
        {
            double? share = view.TotalMs > 0 ? row.InclusiveMs / view.TotalMs : null;
            table.AddRow(
            [
                Cell(TextReport.Ms(row.InclusiveMs), Heat(share)), Cell(TextReport.Ms(row.OwnMs), Heat(view.TotalMs > 0 ? row.OwnMs / view.TotalMs : null)),
                .. hasMemory ? [Cell(TextReport.Mib(row.InclusiveMib)), Cell(TextReport.Mib(row.OwnMib))] : Array.Empty<Text>(),
                Cell(SafeText.KeepIndentedEnd(module, moduleWidth), NameStyle), Cell(SafeText.KeepEnd(row.At, atWidth), Muted),
            ]);
        }

        WriteTable(console, TextReport.ImportsTitle(hasMemory), table, view.MoreImports);
    }

    private static void WriteFunctions(IAnsiConsole console, ReportView view, int width)
    {
        if (view.Functions.Count == 0)
        {
            return;
        }

        (int nameWidth, int atWidth) = Share(width - 30, view.Functions.Max(row => SafeText.Columns(row.Name)), view.Functions.Max(row => SafeText.Columns(row.At)));
        Table table = NewTable(Right("ms"), Right("share"), Left("function"), Left("defined at"));
        foreach (FunctionRow row in view.Functions)
        {
            table.AddRow(
                Cell(TextReport.Ms(row.Ms)), Cell(TextReport.Percent(row.Share)), Cell(SafeText.KeepStart(row.Name, nameWidth), NameStyle),
                Cell(SafeText.KeepEnd(row.At, atWidth), Muted));
        }

        WriteTable(console, "Functions outside of imports, by time at their own lines", table, "");
    }

    /// <summary>Divides columns between two texts: each gets what it needs, or at least half.</summary>
    private static (int First, int Second) Share(int columns, int first, int second)
    {
        columns = Math.Max(columns, 16);
        if (first + second <= columns)
        {
            return (Math.Max(4, first), Math.Max(4, second));
        }

        int half = columns / 2;
        return first <= half ? (Math.Max(4, first), columns - first) : second <= half ? (columns - second, Math.Max(4, second)) : (half, columns - half);
    }

    private static Table NewTable(params TableColumn[] columns)
    {
        Table table = new Table().Border(TableBorder.Rounded).BorderStyle(Muted);
        return table.AddColumns(columns);
    }

    private static TableColumn Left(string title) => new TableColumn(new Text(title, Heading)).LeftAligned();

    private static TableColumn Right(string title) => new TableColumn(new Text(title, Heading)).RightAligned().NoWrap();

    private static void WriteTable(IAnsiConsole console, string title, Table table, string more)
    {
        console.WriteLine();
        Line(console, title, Heading);
        console.Write(table);
        if (more.Length > 0)
        {
            Line(console, more, Muted);
        }
    }

    private static Text Cell(string text, Style? style = null) => new(text, style ?? Style.Plain) { Overflow = Overflow.Ellipsis };

    private static string Bar(IAnsiConsole console, double share, int columns) =>
        new(console.Profile.Capabilities.Unicode ? '━' : '#', (int)Math.Round(Math.Clamp(share, 0, 1) * columns));

    private static Style Heat(double? share) => share switch
    {
        >= HotShare => Hot,
        >= HotShare / 4 => Warm,
        _ => Style.Plain,
    };

    private static void Line(IAnsiConsole console, string text, Style style)
    {
        if (text.Length > 0)
        {
            console.Write(new Text(text, style));
            console.WriteLine();
        }
    }
}
