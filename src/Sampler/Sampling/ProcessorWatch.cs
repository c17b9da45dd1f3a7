using LibProf.Sampler.Native;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Reads the target's clock of processor time now and then, so that times on the wall can be told from times at work: on a busy
/// machine an import takes longer than what leaving it out would save.
/// </summary>
internal sealed class ProcessorWatch(int pid, IRecordingSink sink)
{
    private const long IntervalNs = 2_000_000;
    private const long LongestIntervalNs = 100_000_000;

    private long _nextNs;
    private long _intervalNs = IntervalNs;
    private long _lastCpuNs = -1;

    /// <summary>Reads the clock when it is time to; one system call.</summary>
    /// <param name="nowNs">The time on the recording's clock.</param>
    public void Look(long nowNs)
    {
        if (nowNs < _nextNs || !ProcessClock.TryRead(pid, out long cpuNs))
        {
            return;
        }

        // One that sleeps is asked less and less often.
        bool moved = cpuNs != _lastCpuNs;
        _intervalNs = moved ? IntervalNs : Math.Min(2 * _intervalNs, LongestIntervalNs);
        _nextNs = nowNs + _intervalNs;
        if (moved)
        {
            _lastCpuNs = cpuNs;
            sink.OnProcessorTime(nowNs, cpuNs);
        }
    }
}
