using LibProf.Analyzer.Libraries;

namespace LibProf.Analyzer.Reports;

/// <summary>A statement on the way to a module.</summary>
/// <param name="File">The file that it is in, as the code object names it.</param>
/// <param name="Line">The line; null when it could not be read.</param>
/// <param name="At">File and line for people, without the directory that it was found in.</param>
/// <param name="Imports">The module that it imports.</param>
public sealed record ImportLink(string File, int? Line, string At, string Imports);

/// <summary>Why modules and libraries are loaded: the first import statements from the program to them.</summary>
public sealed class ImportChains
{
    private readonly ReportModel _report;
    private readonly DisplayPaths _paths;
    private readonly Dictionary<string, LibraryId> _libraries;

    /// <summary>Prepares for a report's modules.</summary>
    /// <param name="report">The report.</param>
    public ImportChains(ReportModel report)
    {
        _report = report;
        _paths = new DisplayPaths(report.Profile, report.Imports.MainFile);
        _libraries = report.Modules.GroupBy(module => module.Name).ToDictionary(group => group.Key, group => group.First().Library, StringComparer.Ordinal);
    }

    /// <summary>The statements from the program to a module; empty when its import was not seen or the interpreter itself made it.</summary>
    /// <param name="module">Absolute name.</param>
    public IReadOnlyList<ImportLink> To(string module)
    {
        List<ImportLink> links = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        string? next = module;
        while (next is not null && seen.Add(next) && Link(next) is { } link)
        {
            links.Add(link);
            next = _report.Imports.Find(next)!.Cause!.Module;
        }

        links.Reverse();
        return links;
    }

    /// <summary>The statement that imported a module first; null when that was not seen.</summary>
    /// <param name="module">Absolute name.</param>
    public ImportLink? Link(string module) => _report.Imports.Find(module)?.Cause is { } cause
        ? new ImportLink(cause.File, cause.Line, _paths.At(cause.File, cause.Line), module) : null;

    /// <summary>A finding's statement, for people as well.</summary>
    /// <param name="link">The statement.</param>
    public ImportLink Show(Findings.ImportLink link)
    {
        int? line = link.Line > 0 ? link.Line : null;
        return new ImportLink(link.File, line, _paths.At(link.File, line), link.Imports);
    }

    /// <summary>The statement by which a library came in: the first in another library's code that imports one of its modules; null when none was seen.</summary>
    /// <param name="library">The library.</param>
    public ImportLink? Entrance(LibraryId library)
    {
        ModuleReport? first = _report.Modules.FirstOrDefault(module => module.Library == library && module.Import?.Cause is { } cause
            && !(cause.Module is { } importer && _libraries.TryGetValue(importer, out LibraryId of) && of == library));
        return first is null ? null : Link(first.Name);
    }
}
