using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Views;

/// <summary>How often and how long a stack was seen.</summary>
/// <param name="Samples">Looks that gave it.</param>
/// <param name="Ns">Nanoseconds that they stand for.</param>
public readonly record struct StackWeight(long Samples, long Ns);

/// <summary>The weight of each stack, time put aside.</summary>
public static class StackWeights
{
    /// <summary>Each stack of one thread with its weight; time without Python frames is left out.</summary>
    /// <param name="timeline">What the thread was seen doing.</param>
    public static IReadOnlyDictionary<StackId, StackWeight> Of(ThreadTimeline timeline)
    {
        var weights = new Dictionary<StackId, StackWeight>();
        long nowNs = timeline.StartNs;
        foreach (StackRun run in timeline.Runs)
        {
            if (!run.Stack.IsNone)
            {
                StackWeight weight = weights.GetValueOrDefault(run.Stack);
                weights[run.Stack] = new StackWeight(weight.Samples + run.Samples, weight.Ns + run.EndNs - nowNs);
            }

            nowNs = run.EndNs;
        }

        return weights;
    }
}
