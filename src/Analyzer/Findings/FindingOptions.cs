namespace LibProf.Analyzer.Findings;

/// <summary>From when on something is worth a finding.</summary>
public sealed record FindingOptions
{
    /// <summary>The options' defaults.</summary>
    public static FindingOptions Default { get; } = new();

    /// <summary>A finding needs at least this share of the cold start.</summary>
    public double Gate { get; init; } = 0.01;

    /// <summary>A library with less than this share of the samples after initialisation, or of its functions, is rarely used.</summary>
    public double MinUtilization { get; init; } = 0.02;

    /// <summary>What is known beyond the recording.</summary>
    public FindingRules Rules { get; init; } = FindingRules.Default;
}
