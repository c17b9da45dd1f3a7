using LibProf.Sampler.Recording;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sources;

/// <summary>
/// Reads what the files of a process's modules say about their imports, after the process (or the watch over it) has ended. Nothing
/// of it is believed to be well-formed: sizes and counts are bounded, and what cannot be read is as if it were not there.
/// </summary>
public static class SourceCatalog
{
    private const int MaxSourceBytes = 4 << 20;
    private const int MaxLibraryBytes = 64 << 20;
    private const long MaxTotalBytes = 1L << 30;
    private const int MaxModules = 50_000;

    // What every interpreter imports to start: nobody can do without it.
    private static readonly HashSet<string> _always = new(StringComparer.Ordinal)
    {
        "abc", "codecs", "io", "os", "os.path", "posixpath", "genericpath", "stat", "site", "sitecustomize", "usercustomize", "_collections_abc",
        "_sitebuiltins", "encodings", "encodings.aliases", "encodings.utf_8", "encodings.latin_1", "encodings.cp437", "_bootlocale", "importlib._bootstrap",
        "importlib._bootstrap_external", "zipimport", "linecache",
    };

    /// <summary>Reads the files of modules.</summary>
    /// <param name="rootPrefix">The target's root directory as libprof sees it; empty for libprof's own.</param>
    /// <param name="image">The process image: its command line says what the program is when <c>__main__</c> does not.</param>
    /// <param name="modules">Its modules.</param>
    /// <returns>One entry for each module whose file could be read.</returns>
    public static IEnumerable<ModuleSource> Find(string rootPrefix, ProcessImage image, IReadOnlyList<ModuleInfo> modules)
    {
        using var files = new TargetFiles(rootPrefix);
        var names = new LibraryStrings([.. modules.Where(module => module.Name.Contains('.') || module.File.Contains("-packages/", StringComparison.Ordinal)).Select(module => module.Name)]);
        long left = MaxTotalBytes;
        foreach (var module in modules.Where(module => !module.BeforeRecording && module.Name != "__mp_main__" && !_always.Contains(module.Name)).Take(MaxModules))
        {
            if (left <= 0)
                yield break;
            if (module.Name == "__main__")
            {
                if (ReadProgram(files, image, module) is { } program)
                    yield return program;
            }
            else if (module.File.EndsWith(".py", StringComparison.Ordinal))
            {
                if (files.ReadText(Absolute(image, module.File), MaxSourceBytes) is not { } text)
                    continue;
                left -= text.Length;
                yield return SourceScanner.Scan(module.Name, module.File, text);
            }
            else if (module.Kind == ModuleKind.Extension && module.File.Length > 0 && files.ReadBytes(Absolute(image, module.File), MaxLibraryBytes) is { } bytes)
            {
                left -= bytes.Length;
                yield return new ModuleSource { Module = module.Name, File = module.File, References = names.In(bytes, module.Name) };
            }
        }
    }

    private static ModuleSource? ReadProgram(TargetFiles files, ProcessImage image, ModuleInfo main)
    {
        var (file, code) = main.File.Length > 0 ? (main.File, null) : ProgramOf(image.CommandLine);
        if (code is not null)
            return SourceScanner.Scan(main.Name, "<string>", code);
        if (file is null)
            return null;
        var text = files.ReadText(Absolute(image, file), MaxSourceBytes);
        if (text is null)
        {
            // python DIRECTORY runs its __main__.py.
            file = file.TrimEnd('/') + "/__main__.py";
            text = files.ReadText(Absolute(image, file), MaxSourceBytes);
        }
        return text is null ? null : SourceScanner.Scan(main.Name, file, text);
    }

    /// <summary>The program in Python's own command line (<c>python -c CODE</c>, <c>python FILE</c>); neither for <c>-m</c> and standard input.</summary>
    private static (string? File, string? Code) ProgramOf(IReadOnlyList<string> arguments)
    {
        for (var i = 1; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument.Length < 2 || argument[0] != '-')
                return (argument.Length > 0 && argument != "-" ? argument : null, null);
            if (argument.StartsWith("--", StringComparison.Ordinal))
                continue;
            // Short options may stand together; -c, -m, -W and -X take what follows.
            var taker = argument.AsSpan(1).IndexOfAny("cmWX");
            if (taker < 0)
                continue;
            var kind = argument[taker + 1];
            var value = taker + 2 < argument.Length ? argument[(taker + 2)..] : ++i < arguments.Count ? arguments[i] : "";
            if (kind == 'c')
                return (null, value);
            if (kind == 'm')
                return (null, null);
        }
        return (null, null);
    }

    private static string Absolute(ProcessImage image, string file) =>
        file.StartsWith('/') || image.WorkingDirectory.Length == 0 ? file : image.WorkingDirectory.TrimEnd('/') + "/" + file;
}
