namespace LibProf.Analyzer.Findings;

/// <summary>How sure a finding is.</summary>
public enum FindingConfidence
{
    /// <summary>Evidence of execution proves it, for everything that would vanish.</summary>
    Proof,
    /// <summary>No sample speaks against it; for some of what would vanish nothing better is known.</summary>
    Sampled,
    /// <summary>Something that it rests on could not be looked at.</summary>
    Guess,
}

/// <summary>An import statement on the way from the program to a module.</summary>
/// <param name="File">Its file.</param>
/// <param name="Line">Its line; 0 when not known.</param>
/// <param name="Imports">The module that it makes load.</param>
public readonly record struct ImportLink(string File, int Line, string Imports);

/// <summary>A statement to change, so that what a finding is about is not loaded at start.</summary>
/// <param name="Importer">The module that it is in.</param>
/// <param name="Library">The importer's library.</param>
/// <param name="File">Its file.</param>
/// <param name="Line">Its line; 0 when not known.</param>
/// <param name="Imports">The module that it makes load.</param>
/// <param name="Function">The function that it is in, called by the initialisation; empty for the module's own code.</param>
/// <param name="Definitions">Definitions of the importer that are made of it, and have to be put off with it.</param>
public sealed record ImportEdit(string Importer, string Library, string File, int Line, string Imports, string Function, IReadOnlyList<string> Definitions);

/// <summary>Something that the program pays for without need, and what to do about it.</summary>
public sealed record Finding
{
    /// <summary>The pattern and what it is about: the same from run to run.</summary>
    public string Id => Pattern + ":" + Subject;
    /// <summary>For example <c>unused-library</c>.</summary>
    public required string Pattern { get; init; }
    /// <summary>What it is about: a module, a library.</summary>
    public required string Subject { get; init; }
    /// <summary>The library.</summary>
    public required string Library { get; init; }
    /// <summary>The module whose import is at issue; null when it is about more than one.</summary>
    public string? Module { get; init; }
    /// <summary>What importing it took, in nanoseconds, imports within included; null when not measured.</summary>
    public long? InitNs { get; init; }
    /// <summary>That as a share of the cold start.</summary>
    public double? InitShare { get; init; }
    /// <summary>What it grew the process by, in KiB; null when not measured.</summary>
    public long? MemoryKib { get; init; }
    /// <summary>What would vanish on the wall, in nanoseconds; null when acting saves nothing in this run.</summary>
    public long? SavingNs { get; init; }
    /// <summary>What would vanish of the processor's time, in nanoseconds.</summary>
    public long? SavingCpuNs { get; init; }
    /// <summary>What would vanish of memory, in KiB.</summary>
    public long? SavingKib { get; init; }
    /// <summary>How sure it is.</summary>
    public required FindingConfidence Confidence { get; init; }
    /// <summary>What it rests on, in a sentence.</summary>
    public required string Evidence { get; init; }
    /// <summary>What its import does beyond itself, and would be missing.</summary>
    public IReadOnlyList<string> SideEffects { get; init; } = [];
    /// <summary>From the program to it.</summary>
    public IReadOnlyList<ImportLink> Chain { get; init; } = [];
    /// <summary>The statements to change: all of them, for the saving to come.</summary>
    public IReadOnlyList<ImportEdit> Edits { get; init; } = [];
    /// <summary>The modules that would vanish; empty where it is about something else than modules.</summary>
    internal IReadOnlySet<string> Gone { get; init; } = new HashSet<string>();
    /// <summary>Those of them that are in no package which would vanish, too, in the order of their names.</summary>
    public IReadOnlyList<string> Modules => [.. Gone.Where(module => module.LastIndexOf('.') is var dot && (dot < 0 || !Gone.Contains(module[..dot]))).Order(StringComparer.Ordinal)];
    /// <summary>What to do.</summary>
    public required string Suggestion { get; init; }
}
