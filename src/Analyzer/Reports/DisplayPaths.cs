using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Reports;

/// <summary>Shortens files for people: without the directory that they were found in.</summary>
internal sealed class DisplayPaths
{
    private readonly List<string> _prefixes;

    /// <summary>Takes the directories from a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="mainFile">File of the program's own code, where seen.</param>
    public DisplayPaths(Profile profile, string? mainFile)
        : this(DirectoriesOf(profile.Image.Python)
            .Concat(profile.Distributions.Select(distribution => distribution.Location))
            .Append(Path.GetDirectoryName(mainFile) ?? "").Append(profile.Image.Image.WorkingDirectory))
    {
    }

    /// <summary>Takes any directories; what is none is left out.</summary>
    /// <param name="directories">Absolute paths.</param>
    public DisplayPaths(IEnumerable<string> directories)
    {
        _prefixes = [.. directories
            .Where(path => path.StartsWith('/') && path.Length > 1)
            .Select(path => path.EndsWith('/') ? path : path + "/")
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(path => path.Length)];
    }

    /// <summary>Where an interpreter looks for modules.</summary>
    public static IEnumerable<string> DirectoriesOf(PythonInfo? python) => (python?.SearchPath ?? []).Concat(python?.StandardLibraryPaths ?? []);

    /// <summary>The directories, each with a slash at its end, the longest first.</summary>
    public IReadOnlyList<string> Prefixes => _prefixes;

    /// <summary>File and line, cleaned.</summary>
    /// <param name="file">As the code object names it.</param>
    /// <param name="line">The line; null when not known.</param>
    public string At(string file, int? line)
    {
        string? prefix = _prefixes.Find(path => file.StartsWith(path, StringComparison.Ordinal));
        string shown = SafeText.Clean(prefix is null ? file : file[prefix.Length..]);
        return line is { } number ? $"{shown}:{number}" : shown;
    }
}
