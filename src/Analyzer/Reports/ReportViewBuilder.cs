using System.Globalization;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Memory;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Phases;
using LibProf.Analyzer.Usage;
using LibProf.Analyzer.Views;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Reports;

/// <summary>Chooses what a report for people says.</summary>
public static class ReportViewBuilder
{
    private const int LibraryRows = 15;
    private const int ImportRows = 25;
    private const int FunctionRows = 5;

    /// <summary>An import or library below this share of the run is not worth a line.</summary>
    private const double MinShare = 0.002;

    /// <summary>Makes the rows.</summary>
    /// <param name="report">The figures.</param>
    /// <param name="verbose">Whether to list everything.</param>
    public static ReportView Build(ReportModel report, bool verbose = false)
    {
        Profile profile = report.Profile;
        var paths = new DisplayPaths(profile, report.Imports.MainFile);
        long minNs = verbose ? 0 : (long)(profile.DurationNs * MinShare);
        List<LibraryReport> measured = report.IsPython ? [.. report.Libraries.Where(library => library.InitNs is not null)] : [];
        List<LibraryReport> libraries = [.. measured.Where(library => library.InitNs >= minNs).Take(verbose ? int.MaxValue : LibraryRows)];
        List<ModuleReport> timed = report.IsPython ? [.. report.Modules.Where(module => module.Import is not null)] : [];
        IReadOnlyList<ImportTreeLine> imports = ImportTreeView.Of(timed, verbose ? int.MaxValue : ImportRows, minNs);
        IReadOnlyList<FindingRow> findings = FindingRows.Of(report, paths, verbose);
        return new ReportView
        {
            Findings = findings,
            MoreFindings = FindingRows.More(report, findings.Count),
            Command = Command(profile.Image.Image),
            Target = Target(profile),
            TotalMs = profile.DurationNs / 1e6,
            Phases = Phases(report.Phases, profile.ColdStartNs),
            Memory = report.IsPython ? Memory(report.Imports.Memory?.Process, profile.Attached) : "",
            Libraries = [.. libraries.Select(library => Row(library, report.Usage))],
            MoreLibraries = More(measured.Count - libraries.Count, "library", "libraries", measured.Skip(libraries.Count).Sum(library => library.InitNs ?? 0)),
            Imports = [.. imports.Select(line => Row(line, paths))],
            MoreImports = timed.Count > imports.Count ? Text($"and {Count(timed.Count - imports.Count, "cheaper import", "cheaper imports")}") : "",
            Functions = Functions(report, paths, verbose),
            Quality = Quality(report),
            Environment = Environment(profile),
            Notes = ReportNotes.Of(report),
        };
    }

    /// <summary>A command line as one would type it; the executable when the arguments are not known.</summary>
    /// <param name="image">The process image.</param>
    public static string Command(ProcessImage image)
    {
        if (image.Handler is { } handler)
        {
            return "handler " + SafeText.Clean(Path.Combine(handler.Directory, handler.Module)) + ", run by " + SafeText.Clean(image.Executable);
        }

        return Command(image.CommandLine.Count > 0 || image.Executable.Length == 0 ? image.CommandLine : [image.Executable]);
    }

    /// <summary>Arguments as one would type them.</summary>
    /// <param name="arguments">The arguments, the program first.</param>
    public static string Command(IReadOnlyList<string> arguments) =>
        arguments.Count == 0 ? "(unknown command)" : string.Join(' ', arguments.Select(Quote));

    private static string Quote(string argument)
    {
        bool plain = argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '=' or ',' or '+' or '@' or '%');
        string clean = SafeText.Clean(argument);
        return plain ? clean : "'" + clean.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
    }

    private static string Target(Profile profile)
    {
        List<string> parts = [profile.Image.Python is { } python ? $"Python {SafeText.Clean(python.Version)}" : "no Python"];
        if (profile.Image.Python is { FreeThreaded: true })
        {
            parts.Add("free-threaded");
        }

        parts.Add(Text($"pid {profile.Image.Image.Pid}"));
        if (profile.ProcessEnd?.ExitStatus is { } status)
        {
            parts.Add(Text($"exit status {status}"));
        }

        if (profile.Invocations.Count > 0)
        {
            parts.Add(Text($"cold start {profile.ColdStartNs / 1e6:0.0} ms"));
        }

        return string.Join(", ", parts);
    }

    private static List<PhaseRow> Phases(RunPhases? phases, long wholeNs)
    {
        var rows = new List<PhaseRow>();
        Add("launch", phases?.LaunchNs);
        Add("runtime init", phases?.RuntimeInitNs);
        Add("site", phases?.SiteNs);
        Add("imports", phases?.ImportNs);
        Add("main", phases?.MainNs);
        Add("handler driver", phases?.DriverNs);
        if (phases is { InvocationsNs: { Count: > 0 } calls })
        {
            Add("first call", calls[0]);
            Add(Text($"{calls.Count - 1} more"), calls.Count > 1 ? calls.Skip(1).Sum() : null);
        }

        Add("finalize", phases?.FinalizeNs);
        return rows;

        void Add(string name, long? ns)
        {
            if (ns is { } value)
            {
                rows.Add(new PhaseRow(name, value / 1e6, wholeNs > 0 ? (double)value / wholeNs : 0));
            }
        }
    }

    private static LibraryRow Row(LibraryReport library, UsageReport usage) => new(
        SafeText.Clean(library.Library.Name), SafeText.Clean(library.Library.Version), KindText(library.Library.Kind), library.Modules,
        library.InitNs / 1e6, library.InitShare)
    {
        Mib = library.MemoryKib / 1024.0,
        Use = usage.HasExecutions && usage.Libraries.TryGetValue(library.Library.Name, out LibraryUse? use) ? UseText(use) : "",
    };

    private static string UseText(LibraryUse use) => use.Verdict switch
    {
        UseVerdict.Used => use.Utilization is { } share ? Text($"used {100 * share:0.0} %") : "used",
        UseVerdict.Never => "never",
        UseVerdict.NotSinceInit => "not since init",
        _ => "?",
    };

    private static string KindText(LibraryKind kind) => kind switch
    {
        LibraryKind.Distribution => "installed",
        LibraryKind.StandardLibrary => "stdlib",
        LibraryKind.Application => "application",
        _ => "unknown",
    };

    private static ImportRow Row(ImportTreeLine line, DisplayPaths paths) => new(
        line.Depth, SafeText.Clean(line.Module.Name), line.Import.InclusiveNs / 1e6, line.Import.ExclusiveNs / 1e6,
        line.Import.Cause is { } cause ? paths.At(cause.File, cause.Line) : "")
    {
        InclusiveMib = line.Module.Memory?.InclusiveKib / 1024.0,
        OwnMib = line.Module.Memory?.ExclusiveKib / 1024.0,
    };

    private static string Memory(ProcessMemory? memory, bool attached)
    {
        if (memory is null)
        {
            return "";
        }

        string before = attached ? "before" : "the interpreter itself";
        return Text($"Memory: {memory.BeforeKib / 1024.0:0.0} MiB {before}, {memory.ImportsKib / 1024.0:0.0} MiB imports ({memory.ImportsFileKib / 1024.0:0.0} of it mapped files), {memory.ProgramKib / 1024.0:0.0} MiB the program; at most {memory.PeakKib / 1024.0:0.0} MiB");
    }

    private static List<FunctionRow> Functions(ReportModel report, DisplayPaths paths, bool verbose)
    {
        if (!report.IsPython || (report.Phases is { } phases && !((phases.MainNs ?? phases.InvocationsNs.Sum()) > 0.05 * report.Profile.DurationNs)))
        {
            return [];
        }

        // Imports have their own tables; here it is about what the program does.
        return [.. HotSpots.Of(report.Profile, stack => !report.Imports.IsImporting(stack) && report.Profile.Stacks.LeafFunction(stack).File != HandlerInfo.DriverFile)
            .Take(verbose ? 4 * FunctionRows : FunctionRows)
            .Select(spot => new FunctionRow(SafeText.Clean(spot.Function.Name), paths.At(spot.Function.File, spot.Function.FirstLine), spot.SelfNs / 1e6, spot.Share))];
    }

    private static string Quality(ReportModel report)
    {
        SamplingQuality quality = report.Quality;
        List<string> parts = [Count(quality.Samples, "sample", "samples")];
        if (quality.DurationNs is { } ns)
        {
            string asked = report.Profile.Environment is { RateHz: > 0 and var rate } ? Text($" of {rate:0.#} asked for") : "";
            parts.Add(Text($"in {ns / 1e6:0.0} ms") + (quality.AchievedHz is { } hz ? Text($" ({hz:0}/s{asked})") : ""));
        }

        string line = string.Join(' ', parts);
        if (quality.Failed is { } failed)
        {
            string reasons = string.Join(", ", quality.Failures.Where(pair => pair.Value > 0).OrderBy(pair => pair.Key)
                .Select(pair => Text($"{pair.Value} {pair.Key.ToString().ToLowerInvariant()}")));
            line += Text($", {failed} failed") + (reasons.Length > 0 ? $" ({reasons})" : "");
        }

        line += Text($", {quality.Cut} cut");
        line += quality.Missed is { } missed ? Text($", {missed} missed") : "";
        line += quality.Idle is > 0 and var idle ? Text($", {idle} idle") : "";
        return line + (quality.Dropped is > 0 and var dropped ? Text($", {dropped} dropped") : "");
    }

    private static string Environment(Profile profile)
    {
        if (profile.Environment is not { } environment)
        {
            return "";
        }

        string quota = environment.CpuQuota is { } limit ? Text($" (quota {limit:0.##})") : "";
        string written = profile.Image.Python?.DontWriteBytecode == true ? ", compiled files are not written" : "";
        return Text($"{Count(environment.Cpus, "CPU", "CPUs")}{quota}, {SafeText.Clean(environment.Platform)}, kernel {SafeText.Clean(environment.Kernel)}, {SafeText.Clean(environment.Mode)}{written}");
    }

    private static string More(int count, string one, string many, long ns) =>
        count <= 0 ? "" : Text($"and {Count(count, "more " + one, "more " + many)}, {ns / 1e6:0.0} ms together");

    internal static string Count(long count, string one, string many) => Text($"{count} {(count == 1 ? one : many)}");

    internal static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
