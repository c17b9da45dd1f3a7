using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Target;

/// <summary>Where a module was imported from.</summary>
internal sealed class ModulePlace
{
    private ModulePlace(string name, string file, string @base)
    {
        Name = name;
        File = file;
        Base = @base;
        RelativePath = file[(@base.Length + 1)..];
        // Of the file: a module may go under another name (requests.packages.chardet).
        var end = RelativePath.AsSpan().IndexOfAny('/', '.');
        TopLevel = end < 0 ? RelativePath : RelativePath[..end];
    }

    /// <summary>The module's name.</summary>
    public string Name { get; }

    /// <summary>Its file.</summary>
    public string File { get; }

    /// <summary>The directory (or egg) that its top-level package or module is in, without a slash at its end.</summary>
    public string Base { get; }

    /// <summary>Its file, relative to that.</summary>
    public string RelativePath { get; }

    /// <summary>The name of the package or module in <see cref="Base"/> that its file is in.</summary>
    public string TopLevel { get; }

    /// <summary>The distribution that it belongs to, once that is known.</summary>
    public DistributionMetadata? Owner { get; set; }

    /// <summary>Finds the place of a module that has a file.</summary>
    /// <param name="module">The module.</param>
    /// <param name="searchPath"><c>sys.path</c>.</param>
    /// <returns>Null when it has no file, or none that a distribution could hold.</returns>
    public static ModulePlace? Of(ModuleInfo module, IReadOnlyList<string> searchPath)
    {
        if (module.Name is "__main__" or "__mp_main__" || module.Kind == ModuleKind.Builtin || !module.File.StartsWith('/'))
            return null;
        var byName = BaseByName(module.Name, module.File);
        var entry = BaseBySearchPath(module.File, searchPath);
        // Mostly the same. Where not: what is in site-packages is somebody's there, under whatever name it goes (scipy/sparse/_csparsetools
        // as _csparsetools); elsewhere a finder may have led to a directory that sys.path does not have.
        var isInstalled = entry is not null && DistributionDirectory.IsInstallation(entry) && !(byName is not null && DistributionDirectory.IsEgg(byName));
        var @base = isInstalled ? entry : byName ?? entry;
        return @base is null ? null : new ModulePlace(module.Name, module.File, @base);
    }

    /// <summary>What is left of <c>/base/a/b.py</c> or <c>/base/a/b/__init__.py</c> without the parts of <c>a.b</c>.</summary>
    private static string? BaseByName(string name, string file)
    {
        var slash = file.LastIndexOf('/');
        var stem = file.AsSpan(slash + 1);
        var dot = stem.IndexOf('.');
        if (dot > 0)
            stem = stem[..dot];
        var rest = stem is "__init__" ? file.AsSpan(0, slash) : file.AsSpan(0, slash + 1 + stem.Length);
        var last = name.Length;
        while (last > 0)
        {
            var part = name.AsSpan(0, last);
            var before = part.LastIndexOf('.');
            part = part[(before + 1)..];
            if (part.IsEmpty || !rest.EndsWith(part) || rest.Length <= part.Length || rest[^(part.Length + 1)] != '/')
                return null;
            rest = rest[..^(part.Length + 1)];
            last = before;
        }
        return rest.IsEmpty ? null : rest.ToString();
    }

    /// <summary>For modules under another name than their file's: the longest entry of <c>sys.path</c> that their file is in.</summary>
    private static string? BaseBySearchPath(string file, IReadOnlyList<string> searchPath)
    {
        string? longest = null;
        foreach (var entry in searchPath)
        {
            var directory = entry.TrimEnd('/');
            if (directory.Length > (longest?.Length ?? 0) && file.Length > directory.Length + 1 && file[directory.Length] == '/' && file.StartsWith(directory, StringComparison.Ordinal))
                longest = directory;
        }
        return longest;
    }
}
