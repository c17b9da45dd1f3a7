using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Phases;

namespace LibProf.Analyzer.Reports;

/// <summary>Everything that reports show, worked out once: what the formats differ in is only how they write it.</summary>
public sealed class ReportModel
{
    private ReportModel(Profile profile)
    {
        Profile = profile;
        Imports = ImportTree.Of(profile);
        Phases = RunPhases.Of(profile, Imports);
        var libraries = new LibraryResolver(profile, Imports.MainFile, Imports.BodyFiles);
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

    /// <summary>How good the samples are.</summary>
    public SamplingQuality Quality { get; }

    /// <summary>Whether a Python was found.</summary>
    public bool IsPython => Profile.Image.Python is not null;

    /// <summary>Works a profile out.</summary>
    /// <param name="profile">The profile.</param>
    public static ReportModel Of(Profile profile) => new(profile);
}
