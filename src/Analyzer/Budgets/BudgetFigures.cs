using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Budgets;

/// <summary>The figures of a recording that budgets limit.</summary>
public static class BudgetFigures
{
    /// <summary>A figure in its metric's unit; null when it was not measured.</summary>
    /// <param name="report">The recording.</param>
    /// <param name="metric">Which figure.</param>
    public static double? Of(ReportModel report, BudgetMetric metric) => metric switch
    {
        BudgetMetric.Init => report.Phases?.ImportNs / 1e6,
        BudgetMetric.Total => report.Profile.Attached || report.Profile.ProcessEnd is null ? null : report.Profile.DurationNs / 1e6,
        BudgetMetric.ColdStart => report.Profile.Attached || report.Profile.ProcessEnd is null ? null : report.Profile.ColdStartNs / 1e6,
        BudgetMetric.Cpu => report.Profile.ProcessEnd?.CpuNs / 1e6,
        BudgetMetric.Memory => PeakKib(report),
        BudgetMetric.Modules => report.Modules.Count(IsLoaded),
        BudgetMetric.Libraries => ThirdParty(report).Count(),
        BudgetMetric.MaxUnused => UnusedShare(report),
        _ => null,
    };

    /// <summary>The libraries of which nothing ran after initialisation, as far as that is known.</summary>
    /// <param name="report">The recording.</param>
    public static IEnumerable<LibraryReport> Unused(ReportModel report) => report.Libraries.Where(library =>
        report.Usage.Libraries.GetValueOrDefault(library.Library.Name)?.Verdict is UseVerdict.Never or UseVerdict.NotSinceInit);

    private static double? UnusedShare(ReportModel report)
    {
        long all = report.Libraries.Sum(library => library.InitNs ?? 0);
        return report.Usage is { HasExecutions: true, IsComplete: true } && all > 0 ? (double)Unused(report).Sum(library => library.InitNs ?? 0) / all : null;
    }

    /// <summary>Both are readings of the same peak, and the later one may have come too late for the process's end.</summary>
    private static double? PeakKib(ReportModel report)
    {
        long? peak = report.Profile.Image.End?.PeakRssKib ?? report.Profile.ProcessEnd?.PeakRssKib;
        return report.Imports.Memory?.Process.PeakKib is { } seen && !(seen <= peak) ? seen : peak;
    }

    /// <summary>Whether a module was there, and not only asked for in vain.</summary>
    /// <param name="module">The module.</param>
    public static bool IsLoaded(ModuleReport module) => module.Info is not null;

    /// <summary>The libraries that are neither the standard library's nor the program's own, and of which a module was loaded.</summary>
    /// <param name="report">The recording.</param>
    public static IEnumerable<LibraryReport> ThirdParty(ReportModel report)
    {
        // Without a file, and of no distribution: made at run time (cython_runtime), no library.
        HashSet<LibraryId> loaded = [.. report.Modules
            .Where(module => IsLoaded(module) && (module.Library.Kind == LibraryKind.Distribution || module.Info!.File.Length > 0)).Select(module => module.Library)];
        return report.Libraries.Where(library => library.Library.Kind is LibraryKind.Distribution or LibraryKind.Unknown && loaded.Contains(library.Library));
    }
}
