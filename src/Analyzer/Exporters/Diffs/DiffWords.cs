using System.Globalization;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Exporters.Diffs;

/// <summary>What the formats for people say alike.</summary>
internal static class DiffWords
{
    /// <summary>A change with its sign; empty when there is none to tell.</summary>
    public static string Difference(Figures figures, QuantityKind kind) => figures.Difference is { } difference
        ? (difference > 0 ? "+" : difference < 0 ? "-" : "") + kind.Text(Math.Abs(difference)) : "";

    /// <summary>A change as a share of what was there before; empty when there is none to tell.</summary>
    public static string Share(Figures figures) => figures.Share is { } share ? (100 * share).ToString("+0;-0;0", CultureInfo.InvariantCulture) + " %" : "";

    /// <summary>A value; empty when not measured.</summary>
    public static string Value(double? value, QuantityKind kind) => value is { } known ? kind.Text(known) : "";

    /// <summary>Milliseconds without the unit; empty when not measured.</summary>
    public static string Ms(double? ms) => ms is { } known ? TextReport.Ms(known) : "";

    /// <summary>MiB without the unit; empty when not measured.</summary>
    public static string Mib(double? kib) => kib is { } known ? (known / 1024).ToString("0.0", CultureInfo.InvariantCulture) : "";

    /// <summary>A count; empty when not known.</summary>
    public static string Count(double? count) => count is { } known ? known.ToString("0", CultureInfo.InvariantCulture) : "";

    /// <summary>What a library's version was and is.</summary>
    public static string Version(LibraryChange library) => library switch
    {
        { Change: ChangeKind.Came } => library.VersionAfter,
        { Change: ChangeKind.Went } => library.VersionBefore,
        _ when library.VersionBefore == library.VersionAfter => library.VersionAfter,
        _ => $"{library.VersionBefore} -> {library.VersionAfter}",
    };

    /// <summary>The word for a kind of change.</summary>
    public static string Word(ChangeKind change) => change.ToString().ToLowerInvariant();

    /// <summary>Sentences on how far the figures can be compared.</summary>
    public static IReadOnlyList<string> Notes(RecordingDiff diff)
    {
        List<string> notes = [];
        DiffNoise noise = diff.Noise;
        notes.Add(ReportViewBuilder.Text(
            $"Taken for noise, and not listed: differences of times below {noise.Ms:0.#} ms or {100 * noise.Share:0} %, of memory below {noise.Kib / 1024:0.##} MiB or {100 * noise.KibShare:0} %."));
        if (noise.Speed is { } speed && Math.Abs(Math.Log(speed)) > 0.1)
        {
            notes.Add(ReportViewBuilder.Text($"The modules that both recordings have took {speed:0.00} times as long in the later one: the machine, more likely than the program."));
        }

        return notes;
    }

    /// <summary>The warning about surroundings that are not the same; empty when they are.</summary>
    public static string Warning(RecordingDiff diff) => diff.Environment.Count == 0 ? ""
        : "The recordings were not made alike, figures may differ for that: "
            + string.Join("; ", diff.Environment.Select(change => $"{change.What} {change.Before} -> {change.After}")) + ".";

    /// <summary>The modules that came or went by themselves, those with them left out.</summary>
    public static IEnumerable<ModuleChange> Outermost(RecordingDiff diff, ChangeKind kind) =>
        diff.Modules.Where(module => module.Change == kind && module.With is null);
}
