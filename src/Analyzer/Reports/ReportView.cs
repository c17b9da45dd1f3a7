namespace LibProf.Analyzer.Reports;

/// <summary>A phase of the run.</summary>
/// <param name="Name">For people.</param>
/// <param name="Ms">Milliseconds.</param>
/// <param name="Share">Of the whole run.</param>
public sealed record PhaseRow(string Name, double Ms, double Share);

/// <summary>A library.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version; empty when it has none.</param>
/// <param name="Kind">Where it comes from, for people.</param>
/// <param name="Modules">How many of its modules were loaded.</param>
/// <param name="Ms">Milliseconds of initialisation; null when not measured.</param>
/// <param name="Share">Of the whole run; null when not measured.</param>
public sealed record LibraryRow(string Name, string Version, string Kind, int Modules, double? Ms, double? Share)
{
    /// <summary>Whether it was used after initialisation, for people; empty when that was not followed.</summary>
    public string Use { get; init; } = "";

    /// <summary>MiB that its imports added; null when not measured.</summary>
    public double? Mib { get; init; }
}

/// <summary>An import of the outline.</summary>
/// <param name="Depth">How far it is indented.</param>
/// <param name="Module">The module's name.</param>
/// <param name="InclusiveMs">Milliseconds, imports within included.</param>
/// <param name="OwnMs">Milliseconds without them.</param>
/// <param name="At">File and line of the import statement; empty when the interpreter itself imports.</param>
public sealed record ImportRow(int Depth, string Module, double InclusiveMs, double OwnMs, string At)
{
    /// <summary>MiB that it added, imports within included; null when not measured.</summary>
    public double? InclusiveMib { get; init; }

    /// <summary>MiB that it added without them; null when not measured.</summary>
    public double? OwnMib { get; init; }
}

/// <summary>A function outside of imports.</summary>
/// <param name="Name">Qualified name.</param>
/// <param name="At">File and first line.</param>
/// <param name="Ms">Milliseconds at its own lines.</param>
/// <param name="Share">Of all time outside of imports.</param>
public sealed record FunctionRow(string Name, string At, double Ms, double Share);

/// <summary>
/// What a report for people says: chosen, rounded into rows, and free of anything that a terminal could act on.
/// How it looks is left to the plain text and to the terminal's tables.
/// </summary>
public sealed record ReportView
{
    /// <summary>The command, quoted as for a shell.</summary>
    public required string Command { get; init; }

    /// <summary>Python version, process and exit status.</summary>
    public required string Target { get; init; }

    /// <summary>From exec to exit, or the time sampled, in milliseconds.</summary>
    public required double TotalMs { get; init; }

    /// <summary>Where resident memory comes from, in one line; empty when not measured.</summary>
    public required string Memory { get; init; }

    /// <summary>What the program pays for without need, that which saves most first.</summary>
    public required IReadOnlyList<FindingRow> Findings { get; init; }

    /// <summary>What is said of the findings that are not listed, or of there being none; empty when there is nothing to say.</summary>
    public required string MoreFindings { get; init; }

    /// <summary>The phases that were seen; empty for an attach.</summary>
    public required IReadOnlyList<PhaseRow> Phases { get; init; }

    /// <summary>The libraries with the longest initialisation, the costliest first.</summary>
    public required IReadOnlyList<LibraryRow> Libraries { get; init; }

    /// <summary>What is said of the libraries that are not listed; empty when all are.</summary>
    public required string MoreLibraries { get; init; }

    /// <summary>The costliest imports, outer before inner.</summary>
    public required IReadOnlyList<ImportRow> Imports { get; init; }

    /// <summary>What is said of the imports that are not listed; empty when all are.</summary>
    public required string MoreImports { get; init; }

    /// <summary>The costliest functions outside of imports; empty when hardly any time was spent there.</summary>
    public required IReadOnlyList<FunctionRow> Functions { get; init; }

    /// <summary>The sampling's quality in one line.</summary>
    public required string Quality { get; init; }

    /// <summary>What it ran on, in one line.</summary>
    public required string Environment { get; init; }

    /// <summary>What the reader should know to judge the figures.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
