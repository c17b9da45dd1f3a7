using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Live;

/// <summary>Files and lines as a live view shows them: cleaned, and without the directory that modules are found in.</summary>
public sealed class LivePlaces
{
    private readonly DisplayPaths _paths;

    /// <summary>Learns the directories of an interpreter and its process, as far as known.</summary>
    public LivePlaces(PythonInfo? python, ProcessImage? image) =>
        _paths = new DisplayPaths(DisplayPaths.DirectoriesOf(python).Append(image?.WorkingDirectory ?? ""));

    /// <summary>The line of a row, or else where its function begins.</summary>
    public string Of(LiveRow row) => _paths.At(row.Function.File, row.Line > 0 ? row.Line : row.Function.FirstLine is > 0 and int first ? first : null);
}
