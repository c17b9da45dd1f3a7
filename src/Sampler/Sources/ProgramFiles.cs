using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

/// <summary>
/// Files whose code was run as the body of a module, without being a loaded module's: the program itself, and whatever <c>runpy</c> or
/// <c>exec</c> ran in a namespace of its own.
/// </summary>
/// <param name="image">The process image.</param>
/// <param name="modules">Its modules.</param>
/// <param name="bodies">Files of module bodies that were seen to run, in the order in which they were.</param>
internal sealed class ProgramFiles(ProcessImage image, IReadOnlyList<ModuleInfo> modules, IReadOnlyCollection<string> bodies)
{
    private const int MostFiles = 100;

    /// <summary>These files, as their code names them.</summary>
    public IReadOnlyList<string> Find()
    {
        var known = modules.Where(module => module.Name != "__main__" && module.File.Length > 0).Select(module => Absolute(module.File)).ToHashSet(StringComparer.Ordinal);
        // Compiled code that came without its source still names that, wherever it was.
        var compiled = modules.Where(module => module.Kind == ModuleKind.Bytecode).Select(module => Stem(module.File)).ToHashSet(StringComparer.Ordinal);
        return [.. bodies.Where(file => file.Length > 0 && file[0] != '<' && !known.Contains(Absolute(file)) && !compiled.Contains(Stem(file))).Take(MostFiles)];
    }

    /// <summary>A file's path from the root.</summary>
    /// <param name="file">As the target names it.</param>
    public string Absolute(string file) =>
        file.StartsWith('/') || image.WorkingDirectory.Length == 0 ? file : Path.GetFullPath(file, image.WorkingDirectory);

    private static string Stem(string file)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        return name == "__init__" ? Path.GetFileName(Path.GetDirectoryName(file)) ?? "" : name;
    }
}
