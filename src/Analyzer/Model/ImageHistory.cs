using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>The life of one process image, from its exec (or the attach) to the next exec or the end of the process.</summary>
public sealed record ImageHistory
{
    /// <summary>What was started.</summary>
    public required ProcessImage Image { get; init; }

    /// <summary>Its interpreter; null when none was found.</summary>
    public PythonInfo? Python { get; init; }

    /// <summary>How it ended; null when that is not in the recording.</summary>
    public ImageEnd? End { get; init; }

    /// <summary>The moments that were seen, in nanoseconds on the recording's clock; of one reported twice, the later.</summary>
    public IReadOnlyDictionary<Milestone, long> Milestones { get; init; } = new Dictionary<Milestone, long>();

    /// <summary>A moment, or null when it was not seen.</summary>
    /// <param name="milestone">Which.</param>
    public long? At(Milestone milestone) => Milestones.TryGetValue(milestone, out long timeNs) ? timeNs : null;
}
