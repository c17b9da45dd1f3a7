using System.Globalization;
using System.Text;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Exporters.Diffs;

/// <summary>A difference for people, as plain text no wider than asked for.</summary>
public sealed class DiffTextExporter : IDiffExporter
{
    private const int MostRows = 15;
    private const int Indent = 2;

    /// <inheritdoc/>
    public string Name => "text";

    /// <inheritdoc/>
    public void Export(RecordingDiff diff, Stream output, ExportOptions options) => output.Write(Encoding.UTF8.GetBytes(Render(diff, options)));

    private static string Render(RecordingDiff diff, ExportOptions options)
    {
        int width = Math.Max(options.Width, TextReport.MinWidth);
        int rows = options.Verbose ? int.MaxValue : MostRows;
        var text = new StringBuilder();
        text.Append("before  ").Append(SafeText.KeepStart(diff.CommandBefore, 3 * width)).Append('\n');
        text.Append("after   ").Append(SafeText.KeepStart(diff.CommandAfter, 3 * width)).Append('\n');
        if (DiffWords.Warning(diff) is { Length: > 0 } warning)
        {
            text.Append('\n');
            TextReport.WriteWrapped(text, warning, width);
        }

        WriteFigures(text, diff, width);
        WriteLibraries(text, "Libraries that came", diff, ChangeKind.Came, rows, width);
        WriteLibraries(text, "Libraries that went", diff, ChangeKind.Went, rows, width);
        WriteChanged(text, diff, rows, width);
        WriteModules(text, "Modules that came, with those that they bring", diff, ChangeKind.Came, rows, width, options.Verbose);
        WriteModules(text, "Modules that went, with those that they brought", diff, ChangeKind.Went, rows, width, options.Verbose);
        WriteChangedModules(text, diff, rows, width);
        if (diff.Libraries.Count == 0 && diff.Modules.Count == 0)
        {
            text.Append("\nThe same libraries and modules, in the same time.\n");
        }

        text.Append('\n');
        foreach (string note in DiffWords.Notes(diff))
        {
            TextReport.WriteWrapped(text, note, width);
        }

        return text.ToString();
    }

    private static void WriteFigures(StringBuilder text, RecordingDiff diff, int width)
    {
        text.Append('\n');
        var table = new TextTable(
            new TextColumn(""), new TextColumn("before", Right: true), new TextColumn("after", Right: true), new TextColumn("change", Right: true),
            new TextColumn("", Right: true), new TextColumn(""));
        foreach (FigureChange figure in diff.Figures)
        {
            bool noise = figure.IsNoise && figure.Values.Difference is not 0;
            table.Add(
                figure.Title, DiffWords.Value(figure.Values.Before, figure.Kind), DiffWords.Value(figure.Values.After, figure.Kind),
                DiffWords.Difference(figure.Values, figure.Kind), DiffWords.Share(figure.Values), noise ? "noise" : "");
        }

        table.Write(text, width, Indent);
    }

    private static void WriteLibraries(StringBuilder text, string title, RecordingDiff diff, ChangeKind kind, int rows, int width)
    {
        List<LibraryChange> libraries = [.. diff.Libraries.Where(library => library.Change == kind)];
        if (libraries.Count == 0)
        {
            return;
        }

        text.Append('\n').Append(title).Append('\n');
        bool hasMemory = libraries.Exists(library => library.Kib is not { Before: null, After: null });
        var table = new TextTable(
            new TextColumn("ms", Right: true), new TextColumn(hasMemory ? "MiB" : "", Right: true), new TextColumn("modules", Right: true),
            new TextColumn("library", Shrink: 1), new TextColumn("version", Shrink: 1), new TextColumn("imported at", Shrink: -1));
        foreach (LibraryChange library in libraries.Take(rows))
        {
            table.Add(
                DiffWords.Ms(library.Ms.After ?? library.Ms.Before), DiffWords.Mib(library.Kib.After ?? library.Kib.Before),
                DiffWords.Count(library.Modules.After ?? library.Modules.Before), library.Name, DiffWords.Version(library), library.Importer?.At ?? "");
        }

        table.Write(text, width, Indent);
        WriteMore(text, libraries.Count - rows);
    }

    private static void WriteChanged(StringBuilder text, RecordingDiff diff, int rows, int width)
    {
        List<LibraryChange> libraries = [.. diff.Libraries.Where(library => library.Change is not (ChangeKind.Came or ChangeKind.Went))];
        if (libraries.Count == 0)
        {
            return;
        }

        text.Append("\nLibraries that grew, shrank or changed\n");
        bool hasMemory = libraries.Exists(library => library.Kib.Difference is not null);
        var table = new TextTable(
            new TextColumn("ms", Right: true), new TextColumn("change", Right: true), new TextColumn(hasMemory ? "MiB" : "", Right: true),
            new TextColumn("modules", Right: true), new TextColumn("library", Shrink: 1), new TextColumn("version", Shrink: 1));
        foreach (LibraryChange library in libraries.Take(rows))
        {
            table.Add(
                DiffWords.Ms(library.Ms.After), Signed(library.Ms.Difference, DiffWords.Ms), Signed(library.Kib.Difference, DiffWords.Mib),
                DiffWords.Count(library.Modules.After) + (library.Modules.Difference is 0 ? "" : $" ({Signed(library.Modules.Difference, DiffWords.Count)})"),
                library.Name, DiffWords.Version(library));
        }

        table.Write(text, width, Indent);
        WriteMore(text, libraries.Count - rows);
    }

    private static void WriteModules(StringBuilder text, string title, RecordingDiff diff, ChangeKind kind, int rows, int width, bool all)
    {
        List<ModuleChange> modules = [.. diff.Modules.Where(module => module.Change == kind && (all || module.With is null))];
        if (modules.Count == 0)
        {
            return;
        }

        // Imported too quickly for a look, and nothing with it: their number says enough.
        bool IsQuick(ModuleChange module) => !all && module is { InclusiveMs: { Before: null, After: null }, Brings: 0 };
        int quick = modules.Count > rows ? modules.RemoveAll(IsQuick) : 0;

        text.Append('\n').Append(title).Append('\n');
        var table = new TextTable(
            new TextColumn("ms", Right: true), new TextColumn("with", Right: true), new TextColumn("module", Shrink: -1),
            new TextColumn("library", Shrink: 1), new TextColumn("imported at", Shrink: -1));
        foreach (ModuleChange module in modules.Take(rows))
        {
            table.Add(
                DiffWords.Ms(module.InclusiveMs.After ?? module.InclusiveMs.Before), module.Brings > 0 ? "+" + DiffWords.Count(module.Brings) : "",
                module.Name, module.Library, module.Importer?.At ?? "");
        }

        table.Write(text, width, Indent);
        WriteMore(text, Math.Max(0, modules.Count - rows) + quick);
    }

    private static void WriteChangedModules(StringBuilder text, RecordingDiff diff, int rows, int width)
    {
        List<ModuleChange> modules = [.. diff.Modules.Where(module => module.Change is ChangeKind.Grew or ChangeKind.Shrank)];
        if (modules.Count == 0)
        {
            return;
        }

        text.Append("\nModules whose own time or memory grew or shrank\n");
        bool hasMemory = modules.Exists(module => module.Kib.Difference is not null);
        var table = new TextTable(
            new TextColumn("ms", Right: true), new TextColumn("change", Right: true), new TextColumn(hasMemory ? "MiB" : "", Right: true),
            new TextColumn("module", Shrink: -1), new TextColumn("imported at", Shrink: -1));
        foreach (ModuleChange module in modules.Take(rows))
        {
            table.Add(
                DiffWords.Ms(module.Ms.After), Signed(module.Ms.Difference, DiffWords.Ms), Signed(module.Kib.Difference, DiffWords.Mib), module.Name,
                module.Importer?.At ?? "");
        }

        table.Write(text, width, Indent);
        WriteMore(text, modules.Count - rows);
    }

    private static string Signed(double? value, Func<double?, string> format) =>
        value is not { } known ? "" : (known > 0 ? "+" : known < 0 ? "-" : "") + format(Math.Abs(known));

    private static void WriteMore(StringBuilder text, int left)
    {
        if (left > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"  and {left} more\n");
        }
    }
}
