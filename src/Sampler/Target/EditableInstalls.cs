using System.Text;
using System.Text.Json;

namespace LibProf.Sampler.Target;

/// <summary>
/// Distributions installed in place: their metadata is in one directory, their modules are in another, the project's.
/// Found by <c>direct_url.json</c> (PEP 610), by the files that setuptools leaves (<c>__editable__*</c>, PEP 660), and by
/// <c>*.egg-link</c> (before that).
/// </summary>
internal sealed class EditableInstalls
{
    private const int MaxFile = 1 << 20;

    private readonly List<Root> _roots = [];

    /// <summary>Looks for them in directories of distributions.</summary>
    /// <param name="files">The target's files.</param>
    /// <param name="directories">The directories.</param>
    public EditableInstalls(TargetFiles files, IEnumerable<DistributionDirectory> directories)
    {
        foreach (var directory in directories)
        {
            foreach (var distribution in directory.Distributions)
            {
                if (ProjectOf(distribution) is { } project)
                    _roots.Add(new Root(project, null, distribution));
            }
            foreach (var name in directory.EditableFiles)
                AddFile(files, directory, name);
        }
    }

    /// <summary>The distribution that a module of a project belongs to; null when it is in none.</summary>
    public DistributionMetadata? OwnerOf(ModulePlace place)
    {
        Root? best = null;
        foreach (var root in _roots)
        {
            // The innermost project wins; what a distribution says that it holds is believed, so that a project's tests and tools are not its own.
            // A virtual environment inside a project is not the project's.
            if (root.Path.Length > (best?.Path.Length ?? 0) && IsIn(place.File, root.Path)
                && (!DistributionDirectory.IsInstallation(place.Base) || IsIn(root.Path, place.Base))
                && (root.TopLevel is null ? root.Distribution.TopLevels is null || root.Distribution.Claims(place.TopLevel) : root.TopLevel == place.TopLevel))
                best = root;
        }
        return best?.Distribution;
    }

    /// <summary>The metadata of the installation whose project the given metadata is in: the <c>egg-info</c> that a build left beside the sources.</summary>
    public DistributionMetadata? InstalledFormOf(DistributionMetadata metadata)
    {
        foreach (var root in _roots)
        {
            if (root.Distribution.NormalizedName == metadata.NormalizedName && (metadata.Location == root.Path || IsIn(metadata.Location, root.Path)))
                return root.Distribution;
        }
        return null;
    }

    private static bool IsIn(string path, string directory) =>
        path.Length > directory.Length && path[directory.Length] == '/' && path.StartsWith(directory, StringComparison.Ordinal);

    /// <summary>The directory of the project when a distribution says that it was installed in place; else null.</summary>
    public static string? ProjectOf(DistributionMetadata distribution)
    {
        if (!distribution.IsDistInfo || distribution.ReadText("direct_url.json") is not { } directUrl)
            return null;
        try
        {
            using var document = JsonDocument.Parse(directUrl);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || !root.TryGetProperty("dir_info", out var directory) || directory.ValueKind != JsonValueKind.Object
                || !directory.TryGetProperty("editable", out var editable) || editable.ValueKind != JsonValueKind.True
                || !root.TryGetProperty("url", out var url) || url.ValueKind != JsonValueKind.String)
                return null;
            var text = url.GetString()!;
            foreach (var scheme in (ReadOnlySpan<string>)["file://localhost/", "file:///"])
            {
                if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
                    return Directory(Uri.UnescapeDataString(text[(scheme.Length - 1)..]));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is none: as if it were not there.
        }
        return null;
    }

    private static string? Directory(string path)
    {
        path = path.Trim().TrimEnd('/');
        return path.StartsWith('/') ? path : null;
    }

    private void AddFile(TargetFiles files, DistributionDirectory directory, string name)
    {
        if (files.ReadText(directory.Path + "/" + name, MaxFile) is not { } text)
            return;
        if (name.EndsWith(".egg-link", StringComparison.Ordinal))
            AddLink(files, name, text);
        else if (Owner(directory, name) is not { } owner || _roots.Exists(root => root.Distribution == owner))
            return;
        else if (name.EndsWith(".pth", StringComparison.Ordinal))
            AddPaths(owner, text);
        else if (name.EndsWith("_finder.py", StringComparison.Ordinal))
            AddMapping(owner, text);
    }

    /// <summary>An egg-link's first line is the directory of the sources and of their egg-info.</summary>
    private void AddLink(TargetFiles files, string name, string text)
    {
        if (Directory(text.Split('\n')[0]) is not { } path)
            return;
        var wanted = DistributionMetadata.Normalize(name[..^".egg-link".Length]);
        if (DistributionDirectory.Load(files, path).Distributions.Find(d => d.NormalizedName == wanted) is { } distribution)
            _roots.Add(new Root(path, null, distribution));
    }

    /// <summary>The distribution of <c>__editable__.NAME-VERSION.pth</c> or <c>__editable___NAME_VERSION_finder.py</c>.</summary>
    private static DistributionMetadata? Owner(DistributionDirectory directory, string file)
    {
        var name = DistributionMetadata.Normalize(file["__editable__".Length..]).TrimStart('-');
        DistributionMetadata? longest = null;
        foreach (var distribution in directory.Distributions)
        {
            if (distribution.NormalizedName.Length > (longest?.NormalizedName.Length ?? 0) && name.StartsWith(distribution.NormalizedName + "-", StringComparison.Ordinal))
                longest = distribution;
        }
        return longest;
    }

    private void AddPaths(DistributionMetadata owner, string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (Directory(line) is { } path)
                _roots.Add(new Root(path, null, owner));
        }
    }

    /// <summary>The finder's table: a line <c>MAPPING: dict[str, str] = {'package': '/path', ...}</c>, written by repr().</summary>
    private void AddMapping(DistributionMetadata owner, string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith("MAPPING"))
                continue;
            var rest = line;
            while (TryTakeString(ref rest, out var package) && TryTakeString(ref rest, out var path))
            {
                var dot = package.IndexOf('.');
                if (Directory(path) is { } directory)
                    _roots.Add(new Root(directory, dot < 0 ? package : package[..dot], owner));
            }
        }
    }

    private static bool TryTakeString(ref ReadOnlySpan<char> rest, out string value)
    {
        value = "";
        var start = rest.IndexOfAny('\'', '"');
        if (start < 0)
            return false;
        var quote = rest[start];
        var text = new StringBuilder();
        for (var i = start + 1; i < rest.Length; i++)
        {
            if (rest[i] == quote)
            {
                rest = rest[(i + 1)..];
                value = text.ToString();
                return true;
            }
            if (rest[i] == '\\' && i + 1 < rest.Length)
                i++;
            text.Append(rest[i]);
        }
        return false;
    }

    /// <summary>A directory whose modules belong to a distribution, all or those of one package.</summary>
    private sealed record Root(string Path, string? TopLevel, DistributionMetadata Distribution);
}
