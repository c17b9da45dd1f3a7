using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Views;

/// <summary>The figures of a whole run in two recordings.</summary>
internal static class DiffFigures
{
    /// <summary>Every figure that at least one of the recordings has.</summary>
    public static IReadOnlyList<FigureChange> Of(ReportModel before, ReportModel after, DiffNoise noise)
    {
        List<FigureChange> figures = [];
        Add("total_ms", "total", QuantityKind.Time, report => BudgetFigures.Of(report, BudgetMetric.Total));
        Add("launch_ms", "launch", QuantityKind.Time, report => report.Phases?.LaunchNs / 1e6);
        Add("runtime_init_ms", "runtime init", QuantityKind.Time, report => report.Phases?.RuntimeInitNs / 1e6);
        Add("site_ms", "site", QuantityKind.Time, report => report.Phases?.SiteNs / 1e6);
        Add("import_ms", "imports", QuantityKind.Time, report => report.Phases?.ImportNs / 1e6);
        Add("compile_ms", "compiling source", QuantityKind.Time, report => report.Phases is null ? null : report.Modules.Sum(module => module.Import?.Phases.CompileNs ?? 0) / 1e6);
        Add("main_ms", "main", QuantityKind.Time, report => report.Phases?.MainNs / 1e6);
        Add("finalize_ms", "finalize", QuantityKind.Time, report => report.Phases?.FinalizeNs / 1e6);
        Add("cpu_ms", "processor time", QuantityKind.Time, report => BudgetFigures.Of(report, BudgetMetric.Cpu));
        Add("peak_rss_kib", "peak memory", QuantityKind.Memory, report => BudgetFigures.Of(report, BudgetMetric.Memory));
        Add("imports_kib", "memory of imports", QuantityKind.Memory, report => report.Imports.Memory?.Process.ImportsKib);
        Add("modules", "modules", QuantityKind.Count, report => BudgetFigures.Of(report, BudgetMetric.Modules));
        Add("libraries", "libraries", QuantityKind.Count, report => BudgetFigures.Of(report, BudgetMetric.Libraries));
        return figures;

        void Add(string key, string title, QuantityKind kind, Func<ReportModel, double?> figure)
        {
            Figures values = new(figure(before), figure(after));
            if (values.Before is not null || values.After is not null)
            {
                bool small = kind switch { QuantityKind.Time => noise.IsNoiseMs(values), QuantityKind.Memory => noise.IsNoiseKib(values), _ => values.Difference is 0 };
                figures.Add(new FigureChange(key, title, kind, values, small));
            }
        }
    }

    /// <summary>A library's memory in KiB; null when not measured.</summary>
    public static double? Kib(LibraryReport? library) => library?.MemoryKib;

    /// <summary>A module's exclusive memory in KiB; null when not measured.</summary>
    public static double? ExclusiveKib(ModuleReport? module) => module?.Memory?.ExclusiveKib;

    /// <summary>A module's inclusive memory in KiB; null when not measured.</summary>
    public static double? InclusiveKib(ModuleReport? module) => module?.Memory?.InclusiveKib;
}
