using LibProf.Analyzer.Libraries;

namespace LibProf.Analyzer.Reports;

/// <summary>A library and what initialising it took.</summary>
/// <param name="Library">Which.</param>
/// <param name="Modules">How many of its modules were loaded (or asked for in vain); one that several interpreters loaded counts once.</param>
/// <param name="InitNs">The sum of its modules' exclusive times in nanoseconds; null when none was measured.</param>
/// <param name="InitShare">That as a share of the time from exec to exit; null likewise.</param>
public sealed record LibraryReport(LibraryId Library, int Modules, long? InitNs, double? InitShare)
{
    /// <summary>What its modules' imports added to resident memory, the sum of their exclusive changes, in KiB; null when none was measured.</summary>
    public long? MemoryKib { get; init; }

    /// <summary>Of that, pages of mapped files: its shared libraries, above all.</summary>
    public long? MemoryFileKib { get; init; }

    /// <summary>The libraries of some modules, the costliest first.</summary>
    /// <param name="modules">The modules.</param>
    /// <param name="durationNs">From exec to exit (for an attach: the time sampled).</param>
    public static IReadOnlyList<LibraryReport> Of(IReadOnlyList<ModuleReport> modules, long durationNs) =>
        [.. modules
            .GroupBy(module => module.Library)
            .Select(group => Of(group.Key, [.. group], durationNs))
            .OrderByDescending(library => library.InitNs ?? -1)
            .ThenBy(library => library.Library.Name, StringComparer.Ordinal)];

    private static LibraryReport Of(LibraryId library, IReadOnlyList<ModuleReport> modules, long durationNs)
    {
        long? initNs = modules.Any(module => module.Import is not null) ? modules.Sum(module => module.Import?.ExclusiveNs ?? 0) : null;
        double? share = initNs is { } ns && durationNs > 0 ? (double)ns / durationNs : null;
        bool hasMemory = modules.Any(module => module.Memory is not null);
        return new LibraryReport(library, modules.Select(module => module.PlainName).Distinct(StringComparer.Ordinal).Count(), initNs, share)
        {
            MemoryKib = hasMemory ? modules.Sum(module => module.Memory?.ExclusiveKib ?? 0) : null,
            MemoryFileKib = hasMemory ? modules.Sum(module => module.Memory?.FileExclusiveKib ?? 0) : null,
        };
    }
}
