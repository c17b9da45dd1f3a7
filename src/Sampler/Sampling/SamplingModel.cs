using LibProf.Sampler.Handlers;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sampling;

/// <summary>How to sample.</summary>
public sealed record SamplingOptions
{
    /// <summary>The verb, for the recording: <c>run</c> or <c>attach</c>.</summary>
    public required string Verb { get; init; }
    /// <summary>libprof's version.</summary>
    public required string ToolVersion { get; init; }
    /// <summary>Looks per second; 0 for as many as possible.</summary>
    public required double RateHz { get; init; }
    /// <summary>Whether to stop the target for each look.</summary>
    public bool Blocking { get; init; }
    /// <summary>Whether to follow the target's resident memory.</summary>
    public bool Memory { get; init; } = true;
    /// <summary>Whether to follow which functions run.</summary>
    public bool FollowUse { get; init; } = true;
    /// <summary>Told what threads did at each look; null when nobody wants to know.</summary>
    public ILookObserver? Observer { get; init; }
    /// <summary>Stop sampling after this time; null for until the target ends.</summary>
    public TimeSpan? Duration { get; init; }
}

/// <summary>The process to sample.</summary>
public sealed record SamplingTarget
{
    /// <summary>Process id as libprof sees it.</summary>
    public required int Pid { get; init; }
    /// <summary>CLOCK_MONOTONIC in nanoseconds at the zero of the recording: just before the launch, or at the attach.</summary>
    public required long ZeroNs { get; init; }
    /// <summary>Whether it ran before.</summary>
    public required bool Attached { get; init; }
    /// <summary>The command that was launched, for a process that ended before it could be looked at.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];
    /// <summary>Whether it is known to have ended.</summary>
    public required Func<bool> HasEnded { get; init; }
    /// <summary>After the end: CLOCK_MONOTONIC in nanoseconds at which it was seen, 0 when not known.</summary>
    public Func<long>? EndedAtNs { get; init; }
    /// <summary>After the end: exit status and processor time in nanoseconds, as far as known.</summary>
    public Func<(int? ExitStatus, long? CpuNs)>? End { get; init; }
    /// <summary>The connection to a serverless handler's driver; null when none is run.</summary>
    public HandlerChannel? Handler { get; init; }
    /// <summary>
    /// libprof's own stops by job control, where it sees to them: then the memory of the target may be held beyond its end, which a thread that cannot stop
    /// does. Null when it stops as the kernel likes.
    /// </summary>
    public OwnStops? Stops { get; init; }
    /// <summary>With blocking: told the wait status when the tracing thread reaped the process.</summary>
    public Action<int>? Reaped { get; init; }
}

/// <summary>What became of a session.</summary>
public sealed record SamplingOutcome
{
    /// <summary>Whether a CPython was found and sampled.</summary>
    public required bool SawPython { get; init; }
    /// <summary>Why not, where it was found but could not be sampled, or may not be read.</summary>
    public AttachException? Failure { get; init; }
    /// <summary>The quality.</summary>
    public required SamplingStatistics Statistics { get; init; }
    /// <summary>System calls that read the target while sampling.</summary>
    public long Reads { get; init; }
}
