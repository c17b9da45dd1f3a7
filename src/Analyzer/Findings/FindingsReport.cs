using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Findings;

/// <summary>What a program pays for without need, ranked by what acting would save.</summary>
public sealed class FindingsReport
{
    private static readonly IFindingPattern[] _patterns =
    [
        new UnusedLibraryPattern(), new RarelyUsedLibraryPattern(), new HeavyLibraryPattern(), new AvoidableLibraryPattern(),
        new CompiledAtStartPattern(), new DuplicateWorkPattern(),
    ];

    private FindingsReport(IReadOnlyList<Finding> findings, string? missing)
    {
        Findings = findings;
        Missing = missing;
    }

    private FindingsReport(FindingContext context, IReadOnlyList<Finding> findings, string? missing)
        : this(findings, missing)
    {
        // What several findings would save vanishes once.
        var gone = findings.SelectMany(finding => finding.Gone).Concat(context.GoneTogether).ToHashSet(StringComparer.Ordinal);
        List<Finding> others = [.. findings.Where(finding => finding.Gone.Count == 0)];
        SavingNs = context.Costs.Without(gone).WallNs + others.Sum(finding => finding.SavingNs ?? 0);
        SavingKib = Math.Max(0, context.Kib(gone) ?? 0) + others.Sum(finding => finding.SavingKib ?? 0);
    }

    /// <summary>The patterns that are searched for, by name.</summary>
    public static IReadOnlyList<string> Patterns { get; } = [.. _patterns.Select(pattern => pattern.Name)];

    /// <summary>What the patterns mean, in the order in which they are searched for.</summary>
    public static IReadOnlyList<PatternHelp> Help { get; } = [.. _patterns.Select(pattern => pattern.Help)];

    /// <summary>The findings, those that save most first.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>What would vanish on the wall when all of them are acted on, in nanoseconds.</summary>
    public long SavingNs { get; }

    /// <summary>What would vanish of memory then, in KiB; 0 when not measured.</summary>
    public long SavingKib { get; }

    /// <summary>What the recording lacks to find more, as a sentence; null when it has all.</summary>
    public string? Missing { get; }

    /// <summary>Searches a recording.</summary>
    /// <param name="report">Its figures.</param>
    /// <param name="libraries">Whose modules they are.</param>
    /// <param name="usage">What was used.</param>
    /// <param name="exclusiveKib">What a module alone grew the process by, in KiB; null when not measured.</param>
    /// <param name="options">From when on something is worth a finding.</param>
    public static FindingsReport Of(ReportModel report, LibraryResolver libraries, UsageReport usage, Func<string, long?> exclusiveKib, FindingOptions options)
    {
        if (!report.IsPython)
        {
            return new FindingsReport([], null);
        }

        var context = new FindingContext(report, libraries, usage, exclusiveKib, options);
        IReadOnlyList<Finding> findings = [.. _patterns.SelectMany(pattern => pattern.Find(context))
            .OrderByDescending(finding => finding.SavingNs ?? finding.SavingCpuNs ?? 0).ThenBy(finding => finding.Id, StringComparer.Ordinal)];
        return new FindingsReport(context, findings, MissingIn(context));
    }

    private static string? MissingIn(FindingContext context) => context switch
    {
        { Usage.HasExecutions: false } => "Which imports are not needed is not said: the recording has no proof of use (made with --no-use, or by an older libprof).",
        { KnowsUse: false } => "Which imports are not needed is not said: what ran could not be followed to the program's end.",
        { Profile.Sources.Count: 0 } => "The recording does not hold the import statements of the modules' files: what else imports a module is not known.",
        _ => null,
    };
}
