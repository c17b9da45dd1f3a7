using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Imports;

/// <summary>Which file of the import system a function stands in.</summary>
internal enum MachineryFile
{
    /// <summary>None: a function of the program or of a library.</summary>
    None,
    /// <summary><c>importlib/_bootstrap.py</c>.</summary>
    Bootstrap,
    /// <summary><c>importlib/_bootstrap_external.py</c>.</summary>
    BootstrapExternal,
    /// <summary><c>zipimport.py</c> (C code before 3.8, so without frames).</summary>
    ZipImport,
    /// <summary><c>importlib.import_module</c> itself.</summary>
    ImportModule,
}

/// <summary>What the attribution needs to know of a function, worked out once for each.</summary>
/// <param name="File">Where it belongs in the import system.</param>
/// <param name="Name">Its bare name: before 3.11 that is all there is.</param>
/// <param name="Owner">Its class where known (from 3.11 on), else empty.</param>
internal readonly record struct MachineryFunction(MachineryFile File, string Name, string Owner)
{
    /// <summary>Whether its frames are the import system's own, never the place of an import statement.</summary>
    public bool IsMachinery => File != MachineryFile.None;

    /// <summary>Whether it is the body of a module.</summary>
    public bool IsModuleBody => Name == "<module>" && File == MachineryFile.None;

    /// <summary>Classifies a function by its file and name.</summary>
    /// <param name="function">The function.</param>
    public static MachineryFunction Of(in FunctionInfo function)
    {
        string qualified = function.Name;
        int dot = qualified.LastIndexOf('.');
        string name = dot < 0 ? qualified : qualified[(dot + 1)..];
        string owner = dot < 0 ? "" : qualified[..dot];
        return new MachineryFunction(FileOf(function.File, name), name, owner);
    }

    private static MachineryFile FileOf(string file, string name)
    {
        switch (file)
        {
            case "<frozen importlib._bootstrap>":
                return MachineryFile.Bootstrap;
            case "<frozen importlib._bootstrap_external>":
                return MachineryFile.BootstrapExternal;
            case "<frozen zipimport>":
                return MachineryFile.ZipImport;
            case "<frozen importlib>":
                return name == "import_module" ? MachineryFile.ImportModule : MachineryFile.None;
        }

        if (file.EndsWith("importlib/_bootstrap.py", StringComparison.Ordinal))
        {
            return MachineryFile.Bootstrap;
        }

        if (file.EndsWith("importlib/_bootstrap_external.py", StringComparison.Ordinal))
        {
            return MachineryFile.BootstrapExternal;
        }

        // Other functions of importlib/__init__.py, its module body above all, import like anybody else.
        return name == "import_module" && file.EndsWith("importlib/__init__.py", StringComparison.Ordinal)
            ? MachineryFile.ImportModule
            : MachineryFile.None;
    }
}
