using System.Text.RegularExpressions;

namespace LibProf.TestSupport;

/// <summary>A statement that a comment "# imports NAME" marks as the one that imports NAME first.</summary>
/// <param name="Module">NAME.</param>
/// <param name="File">The file, relative to the tree.</param>
/// <param name="Line">The statement's line, from 1.</param>
public sealed record ImportMarker(string Module, string File, int Line);

/// <summary>Reads the truth about who imports what from the marks in a tree of Python programs such as tests/Targets/imports.</summary>
public static partial class ImportMarkers
{
    /// <summary>All marks of all .py files below <paramref name="directory"/>.</summary>
    public static IReadOnlyList<ImportMarker> Read(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*.py", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .SelectMany(file => File.ReadLines(file).SelectMany((line, index) => Mark().Matches(line)
                .Select(mark => new ImportMarker(mark.Groups[1].Value, Path.GetRelativePath(directory, file), index + 1))))
            .Where(mark => mark.Module != "NAME")];

    [GeneratedRegex(@"# imports ([\w.]+)")]
    private static partial Regex Mark();
}
