using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Memory;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Reports;

/// <summary>A module: from <c>sys.modules</c>, from an import that was seen (also one that failed), or both.</summary>
/// <param name="Name">Absolute name, as <see cref="ModuleKey"/> writes it.</param>
/// <param name="Info">Its entry in <c>sys.modules</c>; null when it was not seen there.</param>
/// <param name="Library">The library it belongs to.</param>
/// <param name="Import">What its import took; null when that was not measured.</param>
public sealed record ModuleReport(string Name, ModuleInfo? Info, LibraryId Library, ModuleImport? Import)
{
    /// <summary>Its name in <c>sys.modules</c>.</summary>
    public string PlainName => ModuleKey.NameOf(Name);

    /// <summary>Number of the interpreter that loaded it, 0 for the main one.</summary>
    public long InterpreterId => ModuleKey.InterpreterOf(Name);

    /// <summary>What its import did to resident memory; null when that was not measured.</summary>
    public ModuleMemory? Memory { get; init; }

    /// <summary>Where its import was declared lazy, when it was put off until a first use, which is then the import's cause; else null.</summary>
    public ImportStatement? LazyDeclaration { get; init; }

    /// <summary>Every module of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="imports">Its imports.</param>
    /// <param name="libraries">Where modules come from.</param>
    public static IReadOnlyList<ModuleReport> Of(Profile profile, ImportTree imports, LibraryResolver libraries)
    {
        List<ModuleInfo> known = [.. profile.Modules.Select(module => module.Name == "__main__" ? Main(module, imports.MainFile) : module)];
        var infos = known.ToDictionary(module => module.Name, StringComparer.Ordinal);
        LazyDeclarations lazy = new(profile);
        List<ModuleReport> modules = [.. imports.Modules
            .Select(import => new ModuleReport(import.Name, infos.GetValueOrDefault(import.Name), libraries.Resolve(import.Name), import)
            {
                Memory = imports.Memory?.Find(import.Name),
                LazyDeclaration = lazy.Of(import),
            })];
        modules.AddRange(known
            .Where(module => imports.Find(module.Name) is null)
            .Select(module => new ModuleReport(module.Name, module, libraries.Resolve(module.Name), null)));
        return modules;
    }

    /// <summary>The interpreter makes <c>__main__</c> as a built-in module and fills it with the program later: what was seen run says more.</summary>
    private static ModuleInfo Main(ModuleInfo module, string? mainFile)
    {
        if (module.File.Length > 0 || mainFile is null)
        {
            return module.Kind == ModuleKind.Builtin ? module with { Kind = ModuleKind.Unknown } : module;
        }

        bool isFile = mainFile[0] != '<';
        return module with { File = isFile ? mainFile : "", Kind = isFile ? ModuleKind.Source : ModuleKind.Unknown };
    }
}
