using System.Globalization;
using System.Text;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Exporters.Diffs;

/// <summary>A difference as Markdown, for pull requests. Names of the target stand as code, so that they cannot be markup.</summary>
public sealed class DiffMarkdownExporter : IDiffExporter
{
    private const int MostRows = 25;

    /// <inheritdoc/>
    public string Name => "markdown";

    /// <inheritdoc/>
    public void Export(RecordingDiff diff, Stream output, ExportOptions options) =>
        output.Write(Encoding.UTF8.GetBytes(Render(diff, options.Verbose ? int.MaxValue : MostRows)));

    private static string Render(RecordingDiff diff, int rows)
    {
        var text = new StringBuilder();
        text.Append("### Imports and start-up\n\n");
        text.Append("Before: ").Append(MarkdownText.Code(diff.CommandBefore)).Append("\\\nAfter: ").Append(MarkdownText.Code(diff.CommandAfter)).Append("\n\n");
        if (diff.Environment.Count > 0)
        {
            text.Append("> [!WARNING]\n> The recordings were not made alike, figures may differ for that: ");
            text.AppendJoin("; ", diff.Environment.Select(change => $"{change.What} {MarkdownText.Code(change.Before)} → {MarkdownText.Code(change.After)}")).Append(".\n\n");
        }

        text.Append("| | before | after | change | |\n|---|---:|---:|---:|---:|\n");
        foreach (FigureChange figure in diff.Figures)
        {
            string noise = figure.IsNoise && figure.Values.Difference is not 0 ? " (noise)" : "";
            text.Append(CultureInfo.InvariantCulture,
                $"| {figure.Title} | {DiffWords.Value(figure.Values.Before, figure.Kind)} | {DiffWords.Value(figure.Values.After, figure.Kind)} | {DiffWords.Difference(figure.Values, figure.Kind)} | {DiffWords.Share(figure.Values)}{noise} |\n");
        }

        WriteLibraries(text, diff, rows);
        WriteModules(text, "Modules that came", diff, ChangeKind.Came, rows);
        WriteModules(text, "Modules that went", diff, ChangeKind.Went, rows);
        WriteChanged(text, diff, rows);
        text.Append('\n').AppendJoin(' ', DiffWords.Notes(diff)).Append('\n');
        return text.ToString();
    }

    private static void WriteLibraries(StringBuilder text, RecordingDiff diff, int rows)
    {
        if (diff.Libraries.Count == 0)
        {
            return;
        }

        text.Append("\n| library | | version | ms | MiB | modules | imported at |\n|---|---|---|---:|---:|---:|---|\n");
        foreach (LibraryChange library in diff.Libraries.Take(rows))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {Code(library.Name)} | {DiffWords.Word(library.Change)} | {Code(DiffWords.Version(library))} | {Change(library.Ms, DiffWords.Ms)} | {Change(library.Kib, DiffWords.Mib)} | {Change(library.Modules, DiffWords.Count)} | {Code(library.Importer?.At ?? "")} |\n");
        }

        WriteMore(text, diff.Libraries.Count - rows);
    }

    private static void WriteModules(StringBuilder text, string title, RecordingDiff diff, ChangeKind kind, int rows)
    {
        List<ModuleChange> modules = [.. DiffWords.Outermost(diff, kind)];
        if (modules.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n<details><summary>{title}: {diff.Modules.Count(module => module.Change == kind)}</summary>\n\n");
        text.Append("| module | library | ms | with | imported at |\n|---|---|---:|---:|---|\n");
        foreach (ModuleChange module in modules.Take(rows))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {Code(module.Name)} | {Code(module.Library)} | {DiffWords.Ms(module.InclusiveMs.After ?? module.InclusiveMs.Before)} | {(module.Brings > 0 ? "+" : "")}{(module.Brings > 0 ? DiffWords.Count(module.Brings) : "")} | {Code(module.Importer?.At ?? "")} |\n");
        }

        WriteMore(text, modules.Count - rows);
        text.Append("\n</details>\n");
    }

    private static void WriteChanged(StringBuilder text, RecordingDiff diff, int rows)
    {
        List<ModuleChange> modules = [.. diff.Modules.Where(module => module.Change is ChangeKind.Grew or ChangeKind.Shrank)];
        if (modules.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n<details><summary>Modules whose own time or memory grew or shrank: {modules.Count}</summary>\n\n");
        text.Append("| module | ms | MiB | imported at |\n|---|---:|---:|---|\n");
        foreach (ModuleChange module in modules.Take(rows))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Code(module.Name)} | {Change(module.Ms, DiffWords.Ms)} | {Change(module.Kib, DiffWords.Mib)} | {Code(module.Importer?.At ?? "")} |\n");
        }

        WriteMore(text, modules.Count - rows);
        text.Append("\n</details>\n");
    }

    private static string Change(Figures figures, Func<double?, string> format) => figures switch
    {
        { Before: null } => format(figures.After),
        { After: null } => "~~" + format(figures.Before) + "~~",
        { Difference: 0 } => format(figures.After),
        _ => $"{format(figures.Before)} → {format(figures.After)}",
    };

    private static string Code(string text) => MarkdownText.Cell(text);

    private static void WriteMore(StringBuilder text, int left)
    {
        if (left > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nand {left} more\n");
        }
    }
}
