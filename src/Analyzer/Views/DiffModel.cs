using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Views;

/// <summary>How something differs between two recordings.</summary>
public enum ChangeKind
{
    /// <summary>Only the later one has it.</summary>
    Came,
    /// <summary>Only the earlier one has it.</summary>
    Went,
    /// <summary>It takes more time or memory, beyond noise.</summary>
    Grew,
    /// <summary>It takes less, beyond noise.</summary>
    Shrank,
    /// <summary>Only its version or its number of modules is another.</summary>
    Changed,
}

/// <summary>A figure in both recordings.</summary>
/// <param name="Before">In the earlier one; null when not measured there.</param>
/// <param name="After">In the later one; null likewise.</param>
public readonly record struct Figures(double? Before, double? After)
{
    /// <summary>How much more there is in the later one; null unless both are known.</summary>
    public double? Difference => After - Before;

    /// <summary>The same as a share of the earlier one; null unless that is above 0.</summary>
    public double? Share => Before is > 0 ? Difference / Before : null;
}

/// <summary>A figure of the whole run.</summary>
/// <param name="Key">Its name in JSON, unit included.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Kind">What it is a number of.</param>
/// <param name="Values">Milliseconds, KiB, or a number.</param>
/// <param name="IsNoise">Whether the difference is too small to mean something.</param>
public sealed record FigureChange(string Key, string Title, QuantityKind Kind, Figures Values, bool IsNoise);

/// <summary>Something of the surroundings that is not the same, so that figures may differ for another reason than the program.</summary>
/// <param name="What">For people.</param>
/// <param name="Before">In the earlier recording.</param>
/// <param name="After">In the later one.</param>
public sealed record EnvironmentChange(string What, string Before, string After);

/// <summary>A library that differs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Library">Where it comes from.</param>
/// <param name="Change">How it differs.</param>
public sealed record LibraryChange(string Name, LibraryKind Library, ChangeKind Change)
{
    /// <summary>Its version in the earlier recording; empty when it has none or was not there.</summary>
    public string VersionBefore { get; init; } = "";

    /// <summary>Its version in the later one; empty likewise.</summary>
    public string VersionAfter { get; init; } = "";

    /// <summary>Modules loaded.</summary>
    public Figures Modules { get; init; }

    /// <summary>Initialisation in milliseconds.</summary>
    public Figures Ms { get; init; }

    /// <summary>Memory in KiB.</summary>
    public Figures Kib { get; init; }

    /// <summary>The statement by which it came in, in the recording that has it (the later, where both do); null when not seen.</summary>
    public ImportLink? Importer { get; init; }
}

/// <summary>A module that differs.</summary>
/// <param name="Name">Absolute name.</param>
/// <param name="Library">The name of the library that it belongs to.</param>
/// <param name="Change">How it differs.</param>
public sealed record ModuleChange(string Name, string Library, ChangeKind Change)
{
    /// <summary>Exclusive time in milliseconds.</summary>
    public Figures Ms { get; init; }

    /// <summary>Inclusive time in milliseconds.</summary>
    public Figures InclusiveMs { get; init; }

    /// <summary>Exclusive memory in KiB.</summary>
    public Figures Kib { get; init; }

    /// <summary>Inclusive memory in KiB.</summary>
    public Figures InclusiveKib { get; init; }

    /// <summary>The statement that imports it, in the recording that has it (the later, where both do); null when not seen.</summary>
    public ImportLink? Importer { get; init; }

    /// <summary>Of a module that came or went: the outermost one that did so with it, being on the way to it; null when it is that itself.</summary>
    public string? With { get; init; }

    /// <summary>How many modules came or went with it.</summary>
    public int Brings { get; init; }
}

/// <summary>What differs between two recordings. Names are cleaned of what a terminal could act on.</summary>
public sealed record RecordingDiff
{
    /// <summary>The command of the earlier recording, quoted as for a shell.</summary>
    public required string CommandBefore { get; init; }

    /// <summary>The command of the later one.</summary>
    public required string CommandAfter { get; init; }

    /// <summary>What of the surroundings is not the same.</summary>
    public required IReadOnlyList<EnvironmentChange> Environment { get; init; }

    /// <summary>Figures of the whole run, those that one recording lacks included.</summary>
    public required IReadOnlyList<FigureChange> Figures { get; init; }

    /// <summary>Libraries that differ, by what they do to the time.</summary>
    public required IReadOnlyList<LibraryChange> Libraries { get; init; }

    /// <summary>Modules that differ, by what they do to the time.</summary>
    public required IReadOnlyList<ModuleChange> Modules { get; init; }

    /// <summary>What was taken for noise.</summary>
    public required DiffNoise Noise { get; init; }
}
