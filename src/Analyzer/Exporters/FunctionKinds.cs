using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>Sorts functions by where their file comes from, for formats that colour frames by category.</summary>
internal sealed class FunctionKinds
{
    /// <summary>The categories and their colours, by number; "Other" is the one that profiler.firefox.com wants to be grey.</summary>
    public static IReadOnlyList<(string Name, string Color)> Categories { get; } =
        [("Other", "grey"), ("Application", "yellow"), ("Library", "blue"), ("Standard library", "green"), ("Import machinery", "orange")];

    private const int Other = 0;
    private const int ImportMachinery = 4;

    private readonly Dictionary<string, ModuleReport> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ModuleReport> _byFile = new(StringComparer.Ordinal);

    /// <summary>Learns the files of a report's modules.</summary>
    public FunctionKinds(ReportModel report)
    {
        foreach (ModuleReport module in report.Modules)
        {
            _byName.TryAdd(module.Name, module);
            if (module.Info is { File.Length: > 0 } info)
            {
                _byFile.TryAdd(info.File, module);
            }
        }
    }

    /// <summary>The number of a function's category.</summary>
    public int Of(in FunctionInfo function)
    {
        if (function.File.StartsWith("<frozen importlib.", StringComparison.Ordinal))
        {
            return ImportMachinery;
        }

        return _byFile.TryGetValue(function.File, out ModuleReport? module)
            ? Of(module.Library.Kind)
            : function.File.StartsWith("<frozen ", StringComparison.Ordinal) ? 3 : Other;
    }

    /// <summary>The number of the category of a module's library.</summary>
    public int Of(string module) => _byName.TryGetValue(module, out ModuleReport? known) ? Of(known.Library.Kind) : Other;

    private static int Of(LibraryKind kind) => kind switch
    {
        LibraryKind.Application => 1,
        LibraryKind.Distribution => 2,
        LibraryKind.StandardLibrary => 3,
        _ => Other,
    };
}
