using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Target;

/// <summary>
/// Says which installed distributions a process's modules belong to, by the metadata that installers leave beside the modules:
/// <c>*.dist-info</c> (PEP 376, 427), <c>*.egg-info</c> as a directory or a file (setuptools, distutils, Debian), eggs, and what
/// leads to distributions installed in place. A module's file in a distribution's list of files decides, then the only
/// distribution that says it holds the top-level package, then (namespace packages) the nearest listed directory and the name.
/// </summary>
/// <remarks>The metadata is not trusted: sizes and counts are bounded, and nothing here fails; what cannot be read is as if it were not there.</remarks>
public static class DistributionCatalog
{
    /// <summary>Finds the distributions of modules.</summary>
    /// <param name="rootPrefix">The target's root directory as libprof sees it, such as <c>/proc/PID/root</c>; empty for libprof's own.</param>
    /// <param name="searchPath"><c>sys.path</c> of the target.</param>
    /// <param name="modules">Its modules; only their names, files, kinds and search paths matter.</param>
    /// <returns>Distributions with at least one of the modules, by name; a module belongs to one at most. The standard library is none.</returns>
    public static IReadOnlyList<DistributionInfo> Find(string rootPrefix, IReadOnlyList<string> searchPath, IReadOnlyList<ModuleInfo> modules)
    {
        using var files = new TargetFiles(rootPrefix);
        var directories = new Dictionary<string, DistributionDirectory>(StringComparer.Ordinal);
        DistributionDirectory Load(string path)
        {
            if (!directories.TryGetValue(path, out var directory))
                directories.Add(path, directory = DistributionDirectory.Load(files, path));
            return directory;
        }

        var places = new List<ModulePlace>();
        foreach (var module in modules)
        {
            if (ModulePlace.Of(module, searchPath) is { } place)
                places.Add(place);
        }
        foreach (var group in places.GroupBy(place => place.Base))
            Load(group.Key).Assign([.. group]);
        AssignEditables(files, places, searchPath, Load);
        foreach (var place in places)
            place.Owner?.Modules.Add(place.Name);
        AddNamespaces(modules, places);
        return Describe(places);
    }

    private static void AssignEditables(TargetFiles files, List<ModulePlace> places, IReadOnlyList<string> searchPath, Func<string, DistributionDirectory> load)
    {
        // Metadata beside the sources of a project is a build's; the installation's is elsewhere and says that it is editable.
        var doubtful = places.FindAll(place => place.Owner is null ? !load(place.Base).IsStandardLibrary : !place.Owner.IsDistInfo && !DistributionDirectory.IsInstallation(place.Base));
        if (doubtful.Count == 0)
            return;
        var paths = searchPath.Where(path => path.StartsWith('/')).Select(path => path.TrimEnd('/')).Concat(places.Select(place => place.Base)).Distinct().Where(path => path.Length > 0);
        var installs = new EditableInstalls(files, paths.Select(load).ToList());
        foreach (var place in doubtful)
        {
            var owner = place.Owner is null ? installs.OwnerOf(place) : installs.InstalledFormOf(place.Owner);
            if (owner is null)
                continue;
            owner.IsEditable = true;
            place.Owner = owner;
        }
    }

    /// <summary>A namespace package has no file; it belongs to a distribution when everything below it that belongs to any does.</summary>
    private static void AddNamespaces(IReadOnlyList<ModuleInfo> modules, List<ModulePlace> places)
    {
        foreach (var module in modules)
        {
            if (module.File.Length > 0 || module.SearchPath.Count == 0)
                continue;
            DistributionMetadata? owner = null;
            var shared = false;
            foreach (var place in places)
            {
                if (place.Owner is null || place.Name.Length <= module.Name.Length || place.Name[module.Name.Length] != '.' || !place.Name.StartsWith(module.Name, StringComparison.Ordinal))
                    continue;
                shared |= owner is not null && owner != place.Owner;
                owner = place.Owner;
            }
            if (!shared)
                owner?.Modules.Add(module.Name);
        }
    }

    private static List<DistributionInfo> Describe(List<ModulePlace> places)
    {
        var found = new List<DistributionInfo>();
        foreach (var owner in places.Select(place => place.Owner).OfType<DistributionMetadata>().Distinct())
        {
            var (name, version) = owner.ReadNameAndVersion();
            found.Add(new DistributionInfo(name, version, owner.Location, owner.IsEditable || EditableInstalls.ProjectOf(owner) is not null, owner.Modules));
        }
        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }
}
