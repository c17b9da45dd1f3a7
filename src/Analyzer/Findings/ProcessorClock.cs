using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// Processor time in stretches of wall time, from readings now and then; without them, from the process's total. On a busy machine
/// it is less than the wall time by what the process waited for a processor.
/// </summary>
internal sealed class ProcessorClock
{
    private readonly IReadOnlyList<ProcessorTime> _readings;
    private readonly double _overall = 1;

    /// <summary>Takes the readings of a profile.</summary>
    /// <param name="profile">The profile.</param>
    public ProcessorClock(Profile profile)
    {
        _readings = profile.ProcessorTimes;
        IsKnown = _readings.Count > 1;
        if (!IsKnown && profile.Image.End?.CpuNs is { } cpuNs && profile.DurationNs > 0)
        {
            IsKnown = true;
            _overall = Math.Min(1, (double)cpuNs / profile.DurationNs);
        }
    }

    /// <summary>Whether anything is known.</summary>
    public bool IsKnown { get; }

    /// <summary>Processor time in a stretch; never more than the stretch, since one thread can have no more.</summary>
    /// <param name="fromNs">Its begin.</param>
    /// <param name="toNs">Its end.</param>
    public long Between(long fromNs, long toNs) =>
        Math.Clamp(_readings.Count > 1 ? (long)(At(toNs) - At(fromNs)) : (long)(_overall * (toNs - fromNs)), 0, Math.Max(0, toNs - fromNs));

    private double At(long timeNs)
    {
        int low = 0;
        int high = _readings.Count - 1;
        if (timeNs <= _readings[0].TimeNs)
        {
            return _readings[0].CpuNs - (_readings[0].TimeNs - timeNs) * Slope(0, 1);
        }

        if (timeNs >= _readings[high].TimeNs)
        {
            return _readings[high].CpuNs + (timeNs - _readings[high].TimeNs) * Slope(high - 1, high);
        }

        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (_readings[middle].TimeNs <= timeNs)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return _readings[low].CpuNs + (timeNs - _readings[low].TimeNs) * Slope(low, high);
    }

    private double Slope(int left, int right)
    {
        long wall = _readings[right].TimeNs - _readings[left].TimeNs;
        return wall <= 0 ? 0 : Math.Clamp((double)(_readings[right].CpuNs - _readings[left].CpuNs) / wall, 0, 1);
    }
}
