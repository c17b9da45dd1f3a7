using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Views;

/// <summary>
/// The process's processor time as it falls to its threads: readings are of the whole process, so what was used between two of
/// them is spread evenly over the time in which threads had Python frames. An estimate wherever several threads run, or where one waits.
/// </summary>
public sealed class ProcessorShares
{
    private readonly long[] _times;
    private readonly double[] _used;

    private ProcessorShares(long[] times, double[] used)
    {
        _times = times;
        _used = used;
    }

    /// <summary>The shares of a profile's threads; null when its recording has fewer than two readings.</summary>
    /// <param name="profile">The profile.</param>
    public static ProcessorShares? Of(Profile profile)
    {
        IReadOnlyList<ProcessorTime> readings = profile.ProcessorTimes;
        if (readings.Count < 2)
        {
            return null;
        }

        long[] times = [.. readings.Select(reading => reading.TimeNs)];
        double[] active = new double[times.Length];
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            AddActive(timeline, times, active);
        }

        double[] used = new double[times.Length];
        for (int i = 1; i < times.Length; i++)
        {
            double length = times[i] - times[i - 1];
            double cpu = Math.Max(0, readings[i].CpuNs - readings[i - 1].CpuNs);
            used[i] = used[i - 1] + (active[i] > 0 ? cpu / active[i] * length : 0);
        }

        return new ProcessorShares(times, used);
    }

    /// <summary>What falls to one thread that had Python frames from one moment to another, in nanoseconds.</summary>
    /// <param name="startNs">On the recording's clock.</param>
    /// <param name="endNs">On the recording's clock.</param>
    public double Between(long startNs, long endNs) => At(endNs) - At(startNs);

    // active[i]: the time that threads had frames in, all together, between the readings i - 1 and i.
    private static void AddActive(ThreadTimeline timeline, long[] times, double[] active)
    {
        int next = 0;
        long nowNs = timeline.StartNs;
        foreach (StackRun run in timeline.Runs)
        {
            while (!run.Stack.IsNone && next < times.Length && nowNs < run.EndNs)
            {
                if (times[next] <= nowNs)
                {
                    next++;
                    continue;
                }

                long until = Math.Min(times[next], run.EndNs);
                active[next] += until - nowNs;
                nowNs = until;
            }

            nowNs = run.EndNs;
        }
    }

    private double At(long timeNs)
    {
        int next = Array.BinarySearch(_times, timeNs);
        if (next >= 0)
        {
            return _used[next];
        }

        next = ~next;
        if (next == 0)
        {
            return 0;
        }

        if (next == _times.Length)
        {
            return _used[^1];
        }

        double part = (double)(timeNs - _times[next - 1]) / (_times[next] - _times[next - 1]);
        return _used[next - 1] + part * (_used[next] - _used[next - 1]);
    }
}
