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
    private const int LeastParallel = 16;

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
    /// <param name="program">Where the program itself began: what the interpreter and <c>site</c> had imported by then does not depend on it.</param>
    /// <param name="bodies">Files of module bodies that were seen to run: what is no module's is the program's, too (<c>python -m</c>, <c>runpy</c>).</param>
    /// <returns>One entry for each module whose file could be read; further files of the program are called <c>&lt;FILE&gt;</c>.</returns>
    public static IEnumerable<ModuleSource> Find(
        string rootPrefix, ProcessImage image, IReadOnlyList<ModuleInfo> modules, ProgramBoundary program, IReadOnlyCollection<string>? bodies = null)
    {
        using TargetFiles targetFiles = new(rootPrefix);
        Reader files = new(targetFiles, new ZippedFiles(targetFiles), new ProgramFiles(image, modules, bodies ?? []));
        LibraryStrings names = new([.. modules
            .Where(module => module.Name.Contains('.') || module.File.Contains("-packages/", StringComparison.Ordinal)).Select(module => module.Name)]);
        Func<ModuleInfo, bool> isOfProgram = program.Among(modules);
        ModuleInfo[] wanted = [.. modules
            .Where(module => module.Name == "__main__" || (isOfProgram(module) && module.Name != "__mp_main__" && !_always.Contains(module.Name)))
            .Take(MaxModules)];
        var found = new ModuleSource?[wanted.Length];
        long left = MaxTotalBytes;
        // Whoever waits for the program waits for this, too: on all processors, unless it is not worth waking them.
        ParallelOptions options = new() { MaxDegreeOfParallelism = wanted.Length < LeastParallel ? 1 : Environment.ProcessorCount };
        Parallel.For(0, wanted.Length, options, () => new SourceScratch(), (i, _, scratch) =>
        {
            if (Interlocked.Read(ref left) > 0)
            {
                found[i] = Read(files, image, wanted[i], names, scratch, ref left);
            }

            return scratch;
        }, _ => { });
        List<ModuleSource> sources = [.. found.OfType<ModuleSource>()];
        string? main = sources.Find(source => source.Module == "__main__")?.File;
        foreach (string file in files.Program.Find().Where(file => main is null || files.Program.Absolute(file) != files.Program.Absolute(main)))
        {
            if (files.ReadText(file) is { } text)
            {
                sources.Add(SourceScanner.Scan($"<{file}>", file, text));
            }
        }

        return sources;
    }

    private static ModuleSource? Read(Reader files, ProcessImage image, ModuleInfo module, LibraryStrings names, SourceScratch scratch, ref long left)
    {
        if (module.Name == "__main__")
        {
            return ReadProgram(files, image, module);
        }

        if (module.File.EndsWith(".py", StringComparison.Ordinal))
        {
            if (files.ReadText(module.File) is not { } text)
            {
                return null;
            }

            Interlocked.Add(ref left, -text.Length);
            return SourceScanner.Scan(module.Name, module.File, text, scratch);
        }

        if (module.Kind == ModuleKind.Extension && module.File.Length > 0 && files.ReadBytes(module.File) is { } bytes)
        {
            Interlocked.Add(ref left, -bytes.Length);
            return new ModuleSource { Module = module.Name, File = module.File, References = names.In(bytes, module.Name) };
        }

        return null;
    }

    private static ModuleSource? ReadProgram(Reader files, ProcessImage image, ModuleInfo main)
    {
        var (file, code) = main.File.Length > 0 ? (main.File, null) : ProgramOf(image.CommandLine);
        if (code is not null)
            return SourceScanner.Scan(main.Name, "<string>", code);
        file ??= files.Program.Find().FirstOrDefault();
        if (file is null)
            return null;
        // python DIRECTORY runs its __main__.py, and so does python ZIPFILE.
        var inside = file.TrimEnd('/') + "/__main__.py";
        var text = files.ReadText(inside);
        if (text is not null)
            file = inside;
        else
            text = files.ReadText(file);
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

    /// <summary>What is read of the target's files.</summary>
    private sealed record Reader(TargetFiles Files, ZippedFiles Zipped, ProgramFiles Program)
    {
        public string? ReadText(string file) =>
            Files.ReadText(Program.Absolute(file), MaxSourceBytes) ?? Zipped.ReadText(Program.Absolute(file), MaxSourceBytes);

        public byte[]? ReadBytes(string file) => Files.ReadBytes(Program.Absolute(file), MaxLibraryBytes);
    }
}
