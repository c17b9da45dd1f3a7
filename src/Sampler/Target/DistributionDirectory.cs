namespace LibProf.Sampler.Target;

/// <summary>
/// A directory that modules are imported from, with the metadata of the distributions installed in it. Says which of them a module
/// belongs to, and reads no more of them than that takes.
/// </summary>
internal sealed class DistributionDirectory
{
    private const int MaxEntries = 20_000;
    private const int MaxDistributions = 5_000;

    private DistributionDirectory(string path, List<DistributionMetadata> distributions, List<string> editables, bool isStandardLibrary)
    {
        Path = path;
        Distributions = distributions;
        EditableFiles = editables;
        IsStandardLibrary = isStandardLibrary;
    }

    /// <summary>Its path, as the target sees it, without a slash at its end.</summary>
    public string Path { get; }

    /// <summary>One for each distribution; where one has several metadata, the newest form.</summary>
    public List<DistributionMetadata> Distributions { get; }

    /// <summary>Names of files that lead to distributions installed in place.</summary>
    public List<string> EditableFiles { get; }

    /// <summary>Whether it holds the standard library.</summary>
    public bool IsStandardLibrary { get; }

    /// <summary>Whether a directory is one that installers fill, Debian's included.</summary>
    public static bool IsInstallation(string directory) =>
        directory.EndsWith("/site-packages", StringComparison.Ordinal) || directory.EndsWith("/dist-packages", StringComparison.Ordinal);

    /// <summary>Whether a path is that of an egg or a wheel: a directory or a zip file that holds one distribution.</summary>
    public static bool IsEgg(string path) =>
        path.EndsWith(".egg", StringComparison.Ordinal) || path.EndsWith(".whl", StringComparison.Ordinal);

    /// <summary>Lists a directory. One that cannot be listed has no distributions.</summary>
    public static DistributionDirectory Load(TargetFiles files, string path)
    {
        if (IsEgg(path))
            return new DistributionDirectory(path, [DistributionMetadata.OfEgg(files, path)], [], false);
        var names = files.List(path, MaxEntries, IsOfInterest) ?? [];
        names.Sort(StringComparer.Ordinal);
        var best = new Dictionary<string, DistributionMetadata>(StringComparer.Ordinal);
        var editables = new List<string>();
        foreach (var name in names)
        {
            if (!name.EndsWith("-info", StringComparison.Ordinal))
            {
                editables.Add(name);
            }
            else if (best.Count < MaxDistributions)
            {
                // The wheel's form over the egg's, with a version over without (Debian leaves cryptography.egg-info behind), later over earlier.
                var found = new DistributionMetadata(files, path, name);
                if (!best.TryGetValue(found.NormalizedName, out var other)
                    || (found.IsDistInfo, found.FileVersion.Length > 0).CompareTo((other.IsDistInfo, other.FileVersion.Length > 0)) >= 0)
                    best[found.NormalizedName] = found;
            }
        }
        var isStandardLibrary = editables.Remove("os.py") || path.EndsWith("/lib-dynload", StringComparison.Ordinal);
        return new DistributionDirectory(path, [.. best.Values], editables, isStandardLibrary);
    }

    /// <summary>Gives those of the modules that belong to a distribution of this directory their owner.</summary>
    public void Assign(List<ModulePlace> places)
    {
        if (Distributions.Count == 0)
            return;
        if (IsEgg(Path))
        {
            foreach (var place in places)
                place.Owner = Distributions[0];
            return;
        }
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var place in places)
            wanted.Add(place.RelativePath);
        var groups = new Dictionary<string, List<ModulePlace>>(StringComparer.Ordinal);
        foreach (var place in places)
        {
            if (!groups.TryGetValue(place.TopLevel, out var group))
                groups.Add(place.TopLevel, group = []);
            group.Add(place);
        }
        // Most distributions are named as their package, or (google-auth, zope.interface) begin so: these lists of files first.
        foreach (var (top, group) in groups)
        {
            var name = DistributionMetadata.Normalize(top);
            AssignListed(group, wanted, d => d.IsDistInfo && d.NormalizedName.StartsWith(name, StringComparison.Ordinal) && (d.NormalizedName.Length == name.Length || d.NormalizedName[name.Length] == '-'));
        }
        // Then what those have that say they hold the package, then those that say nothing about it.
        foreach (var (top, group) in groups)
            AssignListed(group, wanted, d => d.TopLevels is not null && d.Claims(top));
        foreach (var group in groups.Values)
            AssignListed(group, wanted, d => d.TopLevels is null);
        foreach (var (top, group) in groups)
            AssignUnlisted(top, group);
    }

    private static bool IsOfInterest(ReadOnlySpan<char> name) =>
        name.EndsWith(".dist-info") || name.EndsWith(".egg-info") || name.EndsWith(".egg-link")
        || name.StartsWith("__editable__") || name.SequenceEqual("os.py");

    private void AssignListed(List<ModulePlace> group, HashSet<string> wanted, Predicate<DistributionMetadata> isCandidate)
    {
        if (!group.Exists(place => place.Owner is null))
            return;
        foreach (var distribution in Distributions)
        {
            if (!isCandidate(distribution))
                continue;
            distribution.ReadFileList(wanted);
            foreach (var place in group)
            {
                if (place.Owner is null && distribution.Lists(place.RelativePath))
                    place.Owner = distribution;
            }
        }
    }

    private void AssignUnlisted(string top, List<ModulePlace> group)
    {
        if (!group.Exists(place => place.Owner is null))
            return;
        var claimants = Distributions.FindAll(d => d.Claims(top));
        foreach (var place in group)
        {
            if (place.Owner is null && claimants.Count > 0)
                place.Owner = claimants.Count == 1 ? claimants[0] : Nearest(claimants, place) ?? Namesake(claimants, place);
        }
    }

    /// <summary>Of those that share a package, the one that has files nearest to the module's, below the package itself.</summary>
    private static DistributionMetadata? Nearest(List<DistributionMetadata> claimants, ModulePlace place)
    {
        DistributionMetadata? nearest = null;
        var most = 1;
        foreach (var claimant in claimants)
        {
            var depth = claimant.DepthOfListedDirectory(place.RelativePath);
            if (depth > most)
            {
                most = depth;
                nearest = claimant;
            }
            else if (depth == most)
            {
                nearest = null;
            }
        }
        return nearest;
    }

    /// <summary>Of those that share a package, the one that is named as the module or the longest of its parents: <c>lazr.uri</c>.</summary>
    private static DistributionMetadata? Namesake(List<DistributionMetadata> claimants, ModulePlace place)
    {
        for (var end = place.Name.Length; end > 0; end = place.Name.LastIndexOf('.', end - 1))
        {
            var name = DistributionMetadata.Normalize(place.Name[..end]);
            var namesake = claimants.Find(d => d.NormalizedName == name);
            if (namesake is not null)
                return namesake;
        }
        return null;
    }
}
