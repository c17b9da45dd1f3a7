using LibProf.Analyzer.Model;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Imports;

/// <summary>
/// Where an import that was put off until the first use of its name (PEP 810, Python 3.15) was declared. What is on the stack then is the use: it is the cause
/// of the import, and the declaration is a statement elsewhere, by the sources in the recording.
/// </summary>
public sealed class LazyDeclarations
{
    private readonly Profile _profile;
    private readonly List<(string Module, string File, SourceImport Statement)> _lazy = [];

    /// <summary>Collects the declarations in the sources of a profile; none before 3.15.</summary>
    /// <param name="profile">The profile.</param>
    public LazyDeclarations(Profile profile)
    {
        _profile = profile;
        if (profile.Image.Python is not { } python || !LanguageFeatures.Of(python.Version).HasLazyImports)
        {
            return;
        }

        foreach (ModuleSource source in profile.Sources.Values)
        {
            _lazy.AddRange(source.Imports.Where(import => (import.Conditions & ImportConditions.Lazy) != 0).Select(import => (source.Module, source.File, import)));
        }
    }

    /// <summary>The declaration of a module's lazy import; null when its import was not lazy, or when it is not clear which declaration was resolved.</summary>
    /// <param name="import">The import, whose cause is the use.</param>
    public ImportStatement? Of(ModuleImport import)
    {
        if (_lazy.Count == 0 || import.Cause is not { Module: { } user, Line: { } line })
        {
            return null;
        }

        bool isEager = _profile.Sources.TryGetValue(user, out ModuleSource? source) && source.Imports.Any(statement =>
            line >= statement.Line && line <= statement.EndLine && (statement.Conditions & ImportConditions.Lazy) == 0);
        if (isEager)
        {
            return null;
        }

        var found = _lazy.Where(lazy => Names(lazy.Module, lazy.File, lazy.Statement, import.Name)).ToList();
        if (found.Exists(lazy => lazy.Module == user))
        {
            found.RemoveAll(lazy => lazy.Module != user);
        }

        return found.Count > 0 && found.TrueForAll(lazy => lazy.Module == found[0].Module)
            ? new ImportStatement(found[0].Module, found[0].File, found[0].Statement.Line) : null;
    }

    private static bool Names(string module, string file, SourceImport statement, string name)
    {
        string target = statement.Target.TrimStart('.');
        int dots = statement.Target.Length - target.Length;
        if (dots > 0)
        {
            string package = module;
            for (int i = Path.GetFileName(file).StartsWith("__init__.", StringComparison.Ordinal) ? 1 : 0; i < dots; i++)
            {
                package = package[..Math.Max(0, package.LastIndexOf('.'))];
            }

            target = target.Length == 0 ? package : $"{package}.{target}";
        }

        return target == name || target.StartsWith(name + ".", StringComparison.Ordinal) || $"{target}.{statement.Name}" == name;
    }
}
