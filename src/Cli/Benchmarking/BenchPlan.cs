namespace LibProf.Cli.Benchmarking;

/// <summary>What to do.</summary>
internal sealed record BenchPlan
{
    /// <summary>The command, its arguments as bytes.</summary>
    public required IReadOnlyList<byte[]> Command { get; init; }

    /// <summary>The command that it is compared with; null for none.</summary>
    public IReadOnlyList<byte[]>? Other { get; init; }

    /// <summary>Timed runs of each.</summary>
    public required int Runs { get; init; }

    /// <summary>Runs of each before them, that do not count.</summary>
    public required int Warmup { get; init; }

    /// <summary>What a shell does before each run; null for nothing.</summary>
    public string? Prepare { get; init; }

    /// <summary>Whether there are further runs, looked at, for the time of initialisation.</summary>
    public required bool WithInit { get; init; }

    /// <summary>Whether the commands keep libprof's standard streams.</summary>
    public bool ShowOutput { get; init; }

    /// <summary>Whether a run that fails counts as any other.</summary>
    public bool IgnoreFailure { get; init; }
}
