using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Views;

/// <summary>How often and how long a stack was seen.</summary>
/// <param name="Samples">Looks that gave it; where looks were not evenly spaced, its part of all looks by its part of the time.</param>
/// <param name="Ns">Nanoseconds that they stand for.</param>
public readonly record struct StackWeight(long Samples, long Ns);

/// <summary>The weight of each stack, time put aside.</summary>
public static class StackWeights
{
    /// <summary>Each stack of one thread with its weight; time without Python frames is left out.</summary>
    /// <param name="profile">The profile that the thread is of.</param>
    /// <param name="timeline">What the thread was seen doing.</param>
    /// <param name="fromNs">What began earlier is left out.</param>
    public static IReadOnlyDictionary<StackId, StackWeight> Of(Profile profile, ThreadTimeline timeline, long fromNs = long.MinValue)
    {
        var weights = new Dictionary<StackId, StackWeight>();
        long nowNs = timeline.StartNs;
        foreach (StackRun run in timeline.Runs)
        {
            if (!run.Stack.IsNone && nowNs >= fromNs)
            {
                StackWeight weight = weights.GetValueOrDefault(run.Stack);
                weights[run.Stack] = new StackWeight(weight.Samples + run.Samples, weight.Ns + run.EndNs - nowNs);
            }

            nowNs = run.EndNs;
        }

        return profile.HasEvenLooks ? weights : ByTime(weights);
    }

    // As many looks in all, at least one for each stack: where looks follow each other without a pause, those at a stack that changes
    // take longer, so there are fewer of them in the same time, and their number says less than their time.
    private static Dictionary<StackId, StackWeight> ByTime(Dictionary<StackId, StackWeight> weights)
    {
        var spread = new Dictionary<StackId, StackWeight>(weights.Count);
        double spare = weights.Values.Sum(weight => weight.Samples) - weights.Count;
        double allNs = Math.Max(1, weights.Values.Sum(weight => weight.Ns));
        long sumNs = 0;
        long given = 0;
        foreach ((StackId stack, StackWeight weight) in weights)
        {
            sumNs += weight.Ns;
            long upTo = (long)Math.Round(spare * sumNs / allNs);
            spread[stack] = weight with { Samples = 1 + upTo - given };
            given = upTo;
        }

        return spread;
    }
}
