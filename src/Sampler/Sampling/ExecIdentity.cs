using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sampling;

/// <summary>Reads what a process is right after an exec.</summary>
internal static class ExecIdentity
{
    private const long PollNs = 30_000;
    private const long LongestExecNs = 3_000_000;

    /// <summary>
    /// The target's identity; null when it is gone. A look may fall between the moment when an exec replaces the address space and that
    /// when its arguments are in place: the kernel gives an empty command line then. At least one argument comes to every program (since
    /// Linux 5.18, if need be an empty one).
    /// </summary>
    public static ProcessIdentity? Read(SamplingTarget target, SamplerClock clock)
    {
        long until = clock.NowNs + LongestExecNs;
        while (true)
        {
            ProcessIdentity? identity = ProcessIdentity.TryRead(target.Pid);
            if (identity is null or { CommandLine.Count: > 0 } || clock.NowNs > until || target.HasEnded())
            {
                return identity;
            }

            clock.SleepUntil(clock.NowNs + PollNs);
        }
    }
}
