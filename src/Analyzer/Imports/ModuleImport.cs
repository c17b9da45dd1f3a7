namespace LibProf.Analyzer.Imports;

/// <summary>What importing one module took on the thread that loaded it. Times in nanoseconds.</summary>
public sealed record ModuleImport
{
    /// <summary>The module's absolute name.</summary>
    public required string Name { get; init; }

    /// <summary>Number of the thread in the recording.</summary>
    public required int ThreadId { get; init; }

    /// <summary>When it began first, on the recording's clock.</summary>
    public required long StartNs { get; init; }

    /// <summary>Time with this import on the stack: lock waits, finders and nested imports included; repeated attempts added up.</summary>
    public required long InclusiveNs { get; init; }

    /// <summary>The part of it with no other module's import further up the stack.</summary>
    public required long ExclusiveNs { get; init; }

    /// <summary>The inclusive time by phase; nested imports count for the phase that they happen in.</summary>
    public required ImportPhaseTimes Phases { get; init; }

    /// <summary>The statement that caused it first; null when the interpreter itself did (site, encodings).</summary>
    public ImportStatement? Cause { get; init; }

    /// <summary>The module whose import was going on at that time on the same thread; null for none.</summary>
    public string? Within { get; init; }

    /// <summary>
    /// The module that a finder was searching for when it made this import; null for any other import. Whoever imports that module makes this
    /// one load, and not the module of the finder.
    /// </summary>
    public string? Sought { get; init; }

    /// <summary>Imports of the same module on other threads at the same time or later: mostly waits for this one.</summary>
    public int OtherThreads { get; init; }
}
