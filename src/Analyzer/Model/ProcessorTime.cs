namespace LibProf.Analyzer.Model;

/// <summary>A reading of the process's clock of processor time.</summary>
/// <param name="TimeNs">When, on the recording's clock.</param>
/// <param name="CpuNs">User and system time of all threads so far, in nanoseconds.</param>
public readonly record struct ProcessorTime(long TimeNs, long CpuNs)
{
    /// <summary>The longest time between two ticks of a Linux scheduler (CONFIG_HZ=100).</summary>
    private const long LongestTickNs = 10_000_000;

    /// <summary>
    /// Readings without their lag. To another process, the kernel tells what a running thread had used at the last tick or switch of its
    /// processor (thread_group_cputime of kernel/sched/cputime.c): a reading may be a tick behind, and the next one makes a jump of what
    /// was missing. One thread cannot use more processor time than goes by, so what a jump has too much was used before it.
    /// </summary>
    /// <param name="readings">In order of time.</param>
    public static IReadOnlyList<ProcessorTime> WithoutLag(IReadOnlyList<ProcessorTime> readings)
    {
        var corrected = new ProcessorTime[readings.Count];
        for (int i = readings.Count - 1; i >= 0; i--)
        {
            ProcessorTime reading = readings[i];
            long cpuNs = reading.CpuNs;
            if (i + 1 < readings.Count)
            {
                ProcessorTime next = corrected[i + 1];
                long leastNs = next.CpuNs - (next.TimeNs - reading.TimeNs);
                // Several threads use more than goes by: that is no lag. Each may lag a tick; one is made up for.
                cpuNs = Math.Max(cpuNs, Math.Min(leastNs, cpuNs + LongestTickNs));
            }

            corrected[i] = reading with { CpuNs = cpuNs };
        }

        for (int i = 1; i < corrected.Length; i++)
        {
            corrected[i] = corrected[i] with { CpuNs = Math.Max(corrected[i].CpuNs, corrected[i - 1].CpuNs) };
        }

        return corrected;
    }
}
