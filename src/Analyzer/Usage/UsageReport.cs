namespace LibProf.Analyzer.Usage;

/// <summary>What of a program was used after its initialisation.</summary>
public sealed class UsageReport
{
    /// <summary>Nothing is known.</summary>
    public static UsageReport Empty { get; } = new();

    /// <summary>By absolute name. A module that nothing is known of is not in it: its verdict is unknown.</summary>
    public IReadOnlyDictionary<string, ModuleUse> Modules { get; init; } = new Dictionary<string, ModuleUse>();

    /// <summary>By library name.</summary>
    public IReadOnlyDictionary<string, LibraryUse> Libraries { get; init; } = new Dictionary<string, LibraryUse>();

    /// <summary>When initialisation ended, on the recording's clock; null when it did not, or is not known (attach).</summary>
    public long? InitEndNs { get; init; }

    /// <summary>Samples after that with at least one stack.</summary>
    public long SamplesAfterInit { get; init; }

    /// <summary>Whether executions were followed to the end: without that, nothing is known to be unused.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Whether executions were followed at all.</summary>
    public bool HasExecutions { get; init; }

    /// <summary>A module's use.</summary>
    /// <param name="module">Absolute name.</param>
    public ModuleUse Of(string module) =>
        Modules.GetValueOrDefault(module) ?? new ModuleUse(module, UseVerdict.Unknown, UseEvidence.None, 0, 0, 0, 0, []);
}
