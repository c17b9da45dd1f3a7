using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Reports;

/// <summary>Quality figures of the sampling; what the recording does not say is null.</summary>
/// <param name="DurationNs">Time sampled.</param>
/// <param name="Samples">Looks that gave at least one usable stack.</param>
/// <param name="Failed">Looks that gave none though there should have been one.</param>
/// <param name="Cut">Samples of which some stack lost its leaf side.</param>
/// <param name="Missed">Looks that were due but not taken.</param>
/// <param name="Idle">Looks that showed nothing new: no thread had a Python frame, or the process had not run and was not read again.</param>
/// <param name="Dropped">Samples that could not be written.</param>
/// <param name="Failures">Failed looks by reason.</param>
public sealed record SamplingQuality(
    long? DurationNs, long Samples, long? Failed, long Cut, long? Missed, long? Idle, long? Dropped, IReadOnlyDictionary<SampleFailure, long> Failures)
{
    /// <summary>Looks a second that gave a sample or were idle; null when the time is unknown or nil.</summary>
    public double? AchievedHz => DurationNs is > 0 and var ns ? (Samples + (Idle ?? 0)) * 1e9 / ns : null;

    /// <summary>The figures of a profile: the recording's own, else counted from its samples.</summary>
    /// <param name="profile">The profile.</param>
    public static SamplingQuality Of(Profile profile) => profile.Statistics is { } statistics
        ? new SamplingQuality(statistics.DurationNs, statistics.Samples, statistics.Failed, statistics.Cut, statistics.Missed, statistics.Idle, statistics.Dropped, statistics.Failures)
        : new SamplingQuality(null, profile.Looks, null, profile.CutLooks, null, null, null, new Dictionary<SampleFailure, long>());
}
