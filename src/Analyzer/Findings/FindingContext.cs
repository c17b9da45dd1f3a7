using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Usage;
using LibProf.CPythonLayouts;

namespace LibProf.Analyzer.Findings;

/// <summary>What patterns look at: the recording, what it says of use, what could be put off. Worked out once.</summary>
internal sealed class FindingContext
{
    /// <summary>Prepares the search.</summary>
    public FindingContext(ReportModel report, LibraryResolver libraries, UsageReport usage, Func<string, long?> exclusiveKib, FindingOptions options)
    {
        Report = report;
        Libraries = libraries;
        Usage = usage;
        Options = options;
        ExclusiveKib = exclusiveKib;
        Language = LanguageFeatures.Of(report.Profile.Image.Python?.Version ?? "");
        Uses = new FunctionUses(usage, Forks(report.Profile, libraries));
        Costs = new CostTable(report.Profile, report.Imports, report.Phases?.FinalizeNs);
        GateNs = Math.Max(1, (long)(options.Gate * ColdStartNs));
        Graph = new ImportGraph(report.Profile, report.Imports, Uses, Language.HasLazyImports);
        Needed = new NeededModules(report.Profile, report.Imports, Graph, libraries, usage, Uses, options.Rules);
        IReadOnlySet<string> together = new HashSet<string>();
        Deferrals = KnowsUse ? Findings.Deferrals.Of(Graph, Needed, Costs, module => libraries.Resolve(module).Name, GateNs, out together) : [];
        GoneTogether = together;
        Words = new FindingWords(this);
    }

    // multiprocessing loads the module that starts a child when it starts one; others call os.fork.
    private static bool Forks(Profile profile, LibraryResolver libraries) =>
        profile.Modules.Any(module => module.Name.StartsWith("multiprocessing.popen_", StringComparison.Ordinal))
        || profile.Sources.Values.Any(source => source.Forks && libraries.Resolve(source.Module).Kind != LibraryKind.StandardLibrary);

    /// <summary>The report's figures.</summary>
    public ReportModel Report { get; }
    /// <summary>The recording.</summary>
    public Profile Profile => Report.Profile;
    /// <summary>The imports.</summary>
    public ImportTree Imports => Report.Imports;
    /// <summary>Whose module is it.</summary>
    public LibraryResolver Libraries { get; }
    /// <summary>What was used.</summary>
    public UsageReport Usage { get; }
    /// <summary>From when on it is worth a finding.</summary>
    public FindingOptions Options { get; }
    /// <summary>What a module alone grew the process by, in KiB; null when not measured.</summary>
    public Func<string, long?> ExclusiveKib { get; }
    /// <summary>What the interpreter offers.</summary>
    public LanguageFeatures Language { get; }
    /// <summary>Functions that ran after initialisation.</summary>
    public FunctionUses Uses { get; }
    /// <summary>Where the time went.</summary>
    public CostTable Costs { get; }
    /// <summary>Who loads whom.</summary>
    public ImportGraph Graph { get; }
    /// <summary>What is needed.</summary>
    public NeededModules Needed { get; }
    /// <summary>What could be put off, the costliest first.</summary>
    public IReadOnlyList<Deferral> Deferrals { get; }
    /// <summary>What would vanish if all of that were put off.</summary>
    public IReadOnlySet<string> GoneTogether { get; }
    /// <summary>How findings are worded.</summary>
    public FindingWords Words { get; }
    /// <summary>The least that a finding must be about, in nanoseconds.</summary>
    public long GateNs { get; }
    /// <summary>From exec to exit; with a handler, through its first invocation.</summary>
    public long ColdStartNs => Profile.ColdStartNs;
    /// <summary>Whether the recording says what ran until the end: without that nothing is known to be unused.</summary>
    public bool KnowsUse => Usage is { HasExecutions: true, IsComplete: true };

    /// <summary>What some modules grew the process by, in KiB; null when not measured.</summary>
    public long? Kib(IEnumerable<string> modules)
    {
        long? sum = null;
        foreach (string module in modules)
        {
            sum = ExclusiveKib(module) is { } kib ? (sum ?? 0) + kib : sum;
        }

        return sum;
    }

    /// <summary>A time as a share of the cold start.</summary>
    public double? Share(long? ns) => ns is { } value && ColdStartNs > 0 ? (double)value / ColdStartNs : null;
}
