using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>An output format. One file each in this directory, one line each in <see cref="ProfileExporters"/>.</summary>
public interface IProfileExporter
{
    /// <summary>Its name, as <c>--format</c> takes it.</summary>
    string Name { get; }

    /// <summary>File name extension without the dot.</summary>
    string FileExtension { get; }

    /// <summary>What it is for, in a few words for the help text.</summary>
    string Description { get; }

    /// <summary>Writes a report.</summary>
    /// <param name="report">What to write.</param>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="options">What the caller decides.</param>
    /// <exception cref="IOException">The output cannot be written.</exception>
    void Export(ReportModel report, Stream output, ExportOptions options);
}

/// <summary>What the caller of an exporter decides.</summary>
public sealed record ExportOptions
{
    /// <summary>Columns that formats for the eye may use.</summary>
    public int Width { get; init; } = 100;

    /// <summary>Whether to show everything instead of what matters most.</summary>
    public bool Verbose { get; init; }
}
