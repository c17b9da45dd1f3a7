using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Phases;
using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Reports;

/// <summary>Everything that reports show, worked out once: what the formats differ in is only how they write it.</summary>
public sealed class ReportModel
{
    private readonly LibraryResolver _libraries;
    private readonly FindingOptions _options;

    private ReportModel(Profile profile, FindingOptions options, string? initUntil)
    {
        _options = options;
        Profile = profile;
        Imports = ImportTree.Of(profile);
        Phases = RunPhases.Of(profile, Imports);
        LibraryResolver libraries = _libraries = new LibraryResolver(profile, Imports.MainFile, Imports.BodyFiles);
        Usage = UsageBuilder.Of(profile, Imports, libraries.Resolve, initUntil);
        Modules = ModuleReport.Of(profile, Imports, libraries);
        Libraries = LibraryReport.Of(Modules, profile.ColdStartNs);
        Quality = SamplingQuality.Of(profile);
    }

    /// <summary>What was recorded.</summary>
    public Profile Profile { get; }

    /// <summary>The imports, attributed.</summary>
    public ImportTree Imports { get; }

    /// <summary>The phases of the run; null for an attach and for what is not Python.</summary>
    public RunPhases? Phases { get; }

    /// <summary>All modules, in the order in which their imports began; those without a time after them, in the order of sys.modules.</summary>
    public IReadOnlyList<ModuleReport> Modules { get; }

    /// <summary>All libraries, the costliest first.</summary>
    public IReadOnlyList<LibraryReport> Libraries { get; }

    /// <summary>What of the program was used after its initialisation.</summary>
    public UsageReport Usage { get; }

    /// <summary>What the program pays for without need; worked out when first asked for.</summary>
    public FindingsReport Findings => field ??= FindingsReport.Of(this, _libraries, Usage, module => Imports.Memory?.Find(module)?.ExclusiveKib, _options);

    /// <summary>How good the samples are.</summary>
    public SamplingQuality Quality { get; }

    /// <summary>Whether a Python was found.</summary>
    public bool IsPython => Profile.Image.Python is not null;

    /// <summary>Works a profile out.</summary>
    /// <param name="profile">The profile.</param>
    public static ReportModel Of(Profile profile) => new(profile, FindingOptions.Default, initUntil: null);

    /// <summary>Works a profile out.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="options">From when on something is worth a finding.</param>
    /// <param name="initUntil">MODULE:FUNCTION with whose first call initialisation ends; null to find its end.</param>
    public static ReportModel Of(Profile profile, FindingOptions options, string? initUntil = null) => new(profile, options, initUntil);
}
