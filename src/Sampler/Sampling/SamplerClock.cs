using System.Diagnostics;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Sampling;

/// <summary>CLOCK_MONOTONIC, counted from the start of a recording.</summary>
/// <param name="zeroNs">CLOCK_MONOTONIC at the recording's zero, in nanoseconds.</param>
public sealed class SamplerClock(long zeroNs)
{
    /// <summary>CLOCK_MONOTONIC in nanoseconds: what <see cref="Stopwatch"/> reads on Linux.</summary>
    public static long MonotonicNs => Stopwatch.GetTimestamp();

    /// <summary>Nanoseconds since the recording's zero.</summary>
    public long NowNs => MonotonicNs - zeroNs;

    /// <summary>A CLOCK_MONOTONIC time on the recording's clock.</summary>
    public long FromMonotonic(long monotonicNs) => monotonicNs - zeroNs;

    /// <summary>Waits until <see cref="NowNs"/> is <paramref name="timeNs"/>; may return early when a signal comes.</summary>
    public void SleepUntil(long timeNs) => ClockCalls.SleepUntil(timeNs + zeroNs);
}

/// <summary>
/// Deadlines at a fixed interval from the first on. A deadline that has passed unserved is counted and skipped, never served late
/// in a bunch.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="intervalNs">Nanoseconds between deadlines; 0 for no waiting at all.</param>
internal sealed class Schedule(SamplerClock clock, long intervalNs)
{
    /// <summary>Intervals shorter than this are waited for by spinning: a timer is not that precise.</summary>
    private const long SpinBelowNs = 50_000;

    /// <summary>A slow schedule still notices within a moment that it is to stop.</summary>
    private const long LongestSleepNs = 5_000_000;

    private long _next = clock.NowNs;

    /// <summary>When the next look is due; in the past when there is no rate to keep.</summary>
    public long NextNs => intervalNs == 0 ? 0 : _next + intervalNs;

    /// <summary>Deadlines that passed unserved.</summary>
    public long Missed { get; private set; }

    /// <summary>Begins anew at the present: what was due before is not counted as missed.</summary>
    public void Restart() => _next = clock.NowNs;

    /// <summary>Leaves out the deadlines until now, which is not to miss them.</summary>
    /// <param name="lastNs">When the last one was.</param>
    /// <returns>How many.</returns>
    public long LeaveOut(out long lastNs)
    {
        long passed = intervalNs == 0 ? 0 : Math.Max(0, (clock.NowNs - _next) / intervalNs);
        lastNs = _next += passed * intervalNs;
        return passed;
    }

    /// <summary>Waits for the next deadline, or until <paramref name="stop"/> is set or the target has ended; gives the time.</summary>
    public long Wait(ref bool stop, Func<bool> hasEnded)
    {
        long now = clock.NowNs;
        if (intervalNs == 0)
        {
            return now;
        }

        _next += intervalNs;
        if (now > _next + intervalNs)
        {
            long passed = (now - _next) / intervalNs;
            Missed += passed;
            _next += passed * intervalNs;
        }

        while (now < _next && !Volatile.Read(ref stop))
        {
            if (intervalNs >= SpinBelowNs)
            {
                clock.SleepUntil(Math.Min(_next, now + LongestSleepNs));
            }

            now = clock.NowNs;
            if (intervalNs > LongestSleepNs && hasEnded())
            {
                break;
            }
        }

        return now;
    }
}
