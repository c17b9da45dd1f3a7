using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Exporters.Diffs;

/// <summary>A format for differences. One file each in this directory, one line each in <see cref="DiffExporters"/>.</summary>
public interface IDiffExporter
{
    /// <summary>Its name, as <c>--format</c> takes it.</summary>
    string Name { get; }

    /// <summary>Writes a difference.</summary>
    /// <param name="diff">What to write.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="options">What the caller decides.</param>
    /// <exception cref="IOException">The output cannot be written.</exception>
    void Export(RecordingDiff diff, Stream output, ExportOptions options);
}

/// <summary>The formats there are for differences.</summary>
public static class DiffExporters
{
    /// <summary>Every format, in the order in which help lists them.</summary>
    public static IReadOnlyList<IDiffExporter> All { get; } = [new DiffTextExporter(), new DiffJsonExporter(), new DiffMarkdownExporter(), new DiffHtmlExporter()];

    /// <summary>A format by its name; null when there is none.</summary>
    /// <param name="name">As given by the user.</param>
    public static IDiffExporter? Find(string name) => All.FirstOrDefault(exporter => string.Equals(exporter.Name, name, StringComparison.OrdinalIgnoreCase));
}
