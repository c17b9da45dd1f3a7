using System.Text;

namespace LibProf.Sampler.Target;

/// <summary>The metadata of one installed distribution: a <c>*.dist-info</c> directory, a <c>*.egg-info</c> directory or file, or an egg. Read piece by piece, as needed.</summary>
internal sealed class DistributionMetadata
{
    private const int MaxHeaders = 1 << 16;
    private const int MaxFileList = 1 << 24;
    private const int MaxNameLength = 200;

    private readonly TargetFiles _files;
    private readonly string _path;
    private string[]? _topLevels;
    private bool _topLevelsRead;
    private bool _fileListRead;
    private readonly HashSet<string> _listed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _listedDirectories = new(StringComparer.Ordinal);
    private readonly HashSet<string> _listedTopLevels = new(StringComparer.Ordinal);

    /// <summary>Takes an entry of a directory of distributions.</summary>
    /// <param name="files">The target's files.</param>
    /// <param name="location">The directory.</param>
    /// <param name="entry">Its entry.</param>
    public DistributionMetadata(TargetFiles files, string location, string entry)
        : this(files, location + "/" + entry, location, entry)
    {
    }

    private DistributionMetadata(TargetFiles files, string path, string location, string entry)
    {
        _files = files;
        _path = path;
        Location = location;
        IsDistInfo = entry.EndsWith(".dist-info", StringComparison.Ordinal);
        var stem = Path.GetFileNameWithoutExtension(entry);
        var dash = stem.IndexOf('-');
        FileName = dash < 0 ? stem : stem[..dash];
        // 1.2.3-py3.11, as eggs and older egg-infos have it.
        FileVersion = dash < 0 ? "" : stem[(dash + 1)..].Split('-')[0];
        NormalizedName = Normalize(FileName);
    }

    /// <summary>Takes an egg or a wheel, as a directory or a file: its modules and its metadata are inside.</summary>
    public static DistributionMetadata OfEgg(TargetFiles files, string path) =>
        new(files, path + "/EGG-INFO", path, path[(path.LastIndexOf('/') + 1)..]);

    /// <summary>The directory that the metadata stands in.</summary>
    public string Location { get; }

    /// <summary>Whether it is a <c>*.dist-info</c> (PEP 376).</summary>
    public bool IsDistInfo { get; }

    /// <summary>The name in the form of PEP 503, by which names are compared.</summary>
    public string NormalizedName { get; }

    /// <summary>Whether it is installed in place, its files elsewhere.</summary>
    public bool IsEditable { get; set; }

    /// <summary>Names of modules of the recording that belong to it.</summary>
    public List<string> Modules { get; } = [];

    /// <summary>The name as the metadata's file name has it.</summary>
    public string FileName { get; }

    /// <summary>The version as the metadata's file name has it; empty when it has none.</summary>
    public string FileVersion { get; }

    /// <summary>A name in the form of PEP 503: lower case, every run of <c>-</c>, <c>_</c> and <c>.</c> as one <c>-</c>.</summary>
    public static string Normalize(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (c is not ('-' or '_' or '.'))
                text.Append(char.ToLowerInvariant(c));
            else if (text.Length > 0 && text[^1] != '-')
                text.Append('-');
        }
        return text.ToString();
    }

    /// <summary>Contents of <c>top_level.txt</c>; null when there is none.</summary>
    public string[]? TopLevels
    {
        get
        {
            if (!_topLevelsRead)
            {
                _topLevelsRead = true;
                _topLevels = _files.ReadText(_path + "/top_level.txt", MaxHeaders)?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            }
            return _topLevels;
        }
    }

    /// <summary>Contents of a small file of the metadata; null when there is none.</summary>
    public string? ReadText(string name) => _files.ReadText(_path + "/" + name, MaxHeaders);

    /// <summary>Whether a top-level module or package is among what the distribution says that it holds.</summary>
    /// <remarks>By <c>top_level.txt</c>, else by its list of files, when that was read, else by its name.</remarks>
    public bool Claims(string topLevel)
    {
        if (TopLevels is { } topLevels)
            return Array.IndexOf(topLevels, topLevel) >= 0;
        return _listedTopLevels.Count > 0 ? _listedTopLevels.Contains(topLevel) : Normalize(topLevel) == NormalizedName;
    }

    /// <summary>Whether the list of files has a file. <see cref="ReadFileList"/> comes first.</summary>
    /// <param name="relativePath">Relative to <see cref="Location"/>; one of those that were asked for.</param>
    public bool Lists(string relativePath) => _listed.Contains(relativePath);

    /// <summary>How many levels the deepest directory has that holds a file of the distribution and, directly or not, the given one; 0 for none.</summary>
    public int DepthOfListedDirectory(string relativePath)
    {
        for (var end = relativePath.LastIndexOf('/'); end > 0; end = relativePath.LastIndexOf('/', end - 1))
        {
            if (_listedDirectories.Contains(relativePath[..end]))
                return relativePath.AsSpan(0, end).Count('/') + 1;
        }
        return 0;
    }

    /// <summary>
    /// Reads the list of files once: RECORD (PEP 376), <c>installed-files.txt</c>, or what a source distribution was made of.
    /// </summary>
    /// <param name="wanted">Of the files, only these are kept, by their paths relative to <see cref="Location"/>.</param>
    public void ReadFileList(HashSet<string> wanted)
    {
        if (_fileListRead)
            return;
        _fileListRead = true;
        if (IsDistInfo)
            ReadList(_files.ReadText(_path + "/RECORD", MaxFileList), wanted, RecordPath);
        else if (_files.ReadText(_path + "/installed-files.txt", MaxFileList) is { } installed)
            ReadList(installed, wanted, InstalledPath);
        else
            ReadList(_files.ReadText(_path + "/SOURCES.txt", MaxFileList), wanted, SourcePath);
    }

    /// <summary>Name and version by the metadata's headers, else by its file name.</summary>
    public (string Name, string Version) ReadNameAndVersion()
    {
        var headers = IsDistInfo ? ReadText("METADATA") : ReadText("PKG-INFO") ?? _files.ReadText(_path, MaxHeaders);
        string? name = null, version = null;
        foreach (var line in (headers ?? "").AsSpan().EnumerateLines())
        {
            if (line.IsEmpty)
                break;
            if (line.StartsWith("Name:", StringComparison.OrdinalIgnoreCase))
                name ??= Clean(line[5..]);
            else if (line.StartsWith("Version:", StringComparison.OrdinalIgnoreCase))
                version ??= Clean(line[8..]);
        }
        return (string.IsNullOrEmpty(name) ? Clean(FileName) : name, string.IsNullOrEmpty(version) ? Clean(FileVersion) : version);
    }

    private delegate ReadOnlySpan<char> PathOfLine(ReadOnlySpan<char> line);

    // It goes to terminals and reports: nothing but one line of visible text.
    private static string Clean(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        var clean = new StringBuilder();
        foreach (var c in text[..Math.Min(text.Length, MaxNameLength)])
        {
            if (!char.IsControl(c))
                clean.Append(c);
        }
        return clean.ToString();
    }

    private static ReadOnlySpan<char> RecordPath(ReadOnlySpan<char> line)
    {
        // A line of CSV: path, hash, size. Quotes only around paths with a comma or a quote; the latter are no module's.
        if (line.StartsWith('"'))
        {
            var end = line[1..].IndexOf('"');
            return end < 0 ? default : line.Slice(1, end);
        }
        var comma = line.IndexOf(',');
        return comma < 0 ? line : line[..comma];
    }

    // Relative to the egg-info directory.
    private static ReadOnlySpan<char> InstalledPath(ReadOnlySpan<char> line) => line.StartsWith("../") ? line[3..] : default;

    // Relative to the project; the egg-info stands in src/ when that is where the packages are.
    private static ReadOnlySpan<char> SourcePath(ReadOnlySpan<char> line) => line.StartsWith("src/") ? line[4..] : line;

    private void ReadList(ReadOnlySpan<char> text, HashSet<string> wanted, PathOfLine pathOf)
    {
        var wantedPaths = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        var directories = _listedDirectories.GetAlternateLookup<ReadOnlySpan<char>>();
        var topLevels = _listedTopLevels.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var line in text.EnumerateLines())
        {
            var path = pathOf(line.Trim());
            if (path.IsEmpty || path[0] is '/' or '.')
                continue;
            var slash = path.LastIndexOf('/');
            if (slash > 0)
                directories.Add(path[..slash]);
            var first = path.IndexOf('/');
            if (first < 0)
            {
                var dot = path.IndexOf('.');
                if (dot > 0)
                    topLevels.Add(path[..dot]);
            }
            else if (!path[..first].Contains('.'))
            {
                topLevels.Add(path[..first]);
            }
            if (wantedPaths.TryGetValue(path, out var known))
                _listed.Add(known);
        }
    }
}
