using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Libraries;

/// <summary>Says which library a module belongs to, by the distributions' module lists and the modules' files.</summary>
public sealed class LibraryResolver
{
    private readonly Dictionary<string, LibraryId> _distributions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ModuleInfo> _modules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LibraryId> _resolved = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, string> _bodyFiles;
    private readonly List<string> _standardLibrary;
    private readonly List<string> _application = [];

    /// <summary>Prepares for the modules of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="mainFile">File of the program's own code, where seen.</param>
    /// <param name="bodyFiles">By module, the file whose code was seen run as its body: for modules without a file in the inventory.</param>
    public LibraryResolver(Profile profile, string? mainFile, IReadOnlyDictionary<string, string>? bodyFiles = null)
    {
        _bodyFiles = (bodyFiles ?? new Dictionary<string, string>()).GroupBy(pair => ModuleKey.NameOf(pair.Key), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First().Value, StringComparer.Ordinal);
        foreach (ModuleInfo module in profile.Modules)
        {
            _ = _modules.TryAdd(ModuleKey.NameOf(module.Name), module);
        }

        foreach (DistributionInfo distribution in profile.Distributions)
        {
            var id = new LibraryId(LibraryKind.Distribution, distribution.Name, distribution.Version);
            foreach (string module in distribution.Modules)
            {
                _distributions.TryAdd(module, id);
            }
        }

        PythonInfo? python = profile.Image.Python;
        _standardLibrary = [.. (python?.StandardLibraryPaths ?? []).Select(WithSlash)];
        if (_standardLibrary.Count == 0 && _modules.TryGetValue("os", out ModuleInfo? os) && Path.GetDirectoryName(os.File) is { Length: > 0 } directory)
        {
            _standardLibrary.Add(WithSlash(directory)); // as sysconfig would say: every interpreter has os there
        }

        string workingDirectory = profile.Image.Image.WorkingDirectory;
        if (_modules.TryGetValue("__main__", out ModuleInfo? main) && main.File.Length > 0)
        {
            mainFile = main.File;
        }

        if (mainFile is { Length: > 0 } && mainFile[0] != '<' && (mainFile[0] == '/' || workingDirectory.Length > 0))
        {
            AddApplication(Path.GetDirectoryName(Absolute(workingDirectory, mainFile)));
        }

        AddApplication(profile.Image.Image.Handler is { Directory: { Length: > 0 } directoryOfHandler } ? directoryOfHandler : workingDirectory);
    }

    /// <summary>The library of a module, imported or only asked for; the same one in every interpreter.</summary>
    /// <param name="module">Its absolute name, or its key.</param>
    public LibraryId Resolve(string module)
    {
        module = ModuleKey.NameOf(module);
        if (!_resolved.TryGetValue(module, out LibraryId library))
        {
            // Set first: a module's parents are asked, never its children, so this cannot come back here.
            _resolved[module] = library = Find(module);
        }

        return library;
    }

    private LibraryId Find(string name)
    {
        if (_distributions.TryGetValue(name, out LibraryId distribution))
        {
            return distribution;
        }

        if (name.StartsWith('<'))
        {
            name = name.Trim('<', '>'); // a file of the program that is no module's
            return KindOfFile(name) == LibraryKind.StandardLibrary ? new LibraryId(LibraryKind.StandardLibrary, name, "") : new LibraryId(LibraryKind.Application, name, "");
        }

        string top = TopLevel(name);
        if (name is "__main__" or "__mp_main__")
        {
            return new LibraryId(LibraryKind.Application, name, "");
        }

        _modules.TryGetValue(name, out ModuleInfo? module);
        if (module is { Kind: ModuleKind.Builtin or ModuleKind.Frozen } && !IsInSitePackages(module.File))
        {
            return new LibraryId(LibraryKind.StandardLibrary, top, "");
        }

        string? place = module is { File.Length: > 0 } ? module.File : module?.SearchPath.FirstOrDefault() ?? _bodyFiles.GetValueOrDefault(name);
        if (place is not null && KindOfFile(place) is { } kind)
        {
            return new LibraryId(kind, top, "");
        }

        // Made at run time (six.moves), or never found: as its parent.
        int dot = name.LastIndexOf('.');
        return dot > 0 ? Resolve(name[..dot])
            : new LibraryId(place is null && StandardLibraryNames.Contains(name) ? LibraryKind.StandardLibrary : LibraryKind.Unknown, top, "");
    }

    private LibraryKind? KindOfFile(string file)
    {
        if (IsInSitePackages(file))
        {
            return null;
        }

        if (_standardLibrary.Exists(path => file.StartsWith(path, StringComparison.Ordinal)) || file.StartsWith("<frozen ", StringComparison.Ordinal))
        {
            return LibraryKind.StandardLibrary;
        }

        // A relative file is relative to the working directory, or an entry of sys.path that is.
        return file[0] != '/' || _application.Exists(path => file.StartsWith(path, StringComparison.Ordinal)) ? LibraryKind.Application : null;
    }

    private void AddApplication(string? directory)
    {
        // A program started in / does not own all files.
        if (!string.IsNullOrEmpty(directory) && directory != "/" && !IsInSitePackages(WithSlash(directory)))
        {
            _application.Add(WithSlash(directory));
        }
    }

    /// <summary>Where installers put distributions, Debian's own name included.</summary>
    private static bool IsInSitePackages(string file) =>
        file.Contains("/site-packages/", StringComparison.Ordinal) || file.Contains("/dist-packages/", StringComparison.Ordinal);

    private static string Absolute(string directory, string file) => file[0] == '/' ? file : WithSlash(directory) + file;

    private static string WithSlash(string path) => path.EndsWith('/') ? path : path + "/";

    private static string TopLevel(string name)
    {
        int dot = name.IndexOf('.');
        return dot < 0 ? name : name[..dot];
    }
}
