using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Views;

/// <summary>A function and the time at its own lines, on all threads together.</summary>
/// <param name="Function">The function.</param>
/// <param name="SelfNs">Nanoseconds with it as the leaf: of wall-clock time, waiting included.</param>
/// <param name="Share">That as a share of all time that was counted.</param>
public sealed record HotSpot(FunctionInfo Function, long SelfNs, double Share);

/// <summary>Where the time goes, function by function.</summary>
public static class HotSpots
{
    /// <summary>The functions with the most time of their own, the costliest first.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="counts">Which stacks count; null for all.</param>
    public static IReadOnlyList<HotSpot> Of(Profile profile, Func<StackId, bool>? counts = null)
    {
        var selfNs = new Dictionary<int, long>();
        long totalNs = 0;
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            foreach ((StackId stack, StackWeight weight) in StackWeights.Of(profile, timeline))
            {
                if (counts is null || counts(stack))
                {
                    int function = profile.Stacks.LeafFunction(stack).Id;
                    selfNs[function] = selfNs.GetValueOrDefault(function) + weight.Ns;
                    totalNs += weight.Ns;
                }
            }
        }

        return [.. selfNs
            .Where(pair => pair.Value > 0)
            .OrderByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key)
            .Select(pair => new HotSpot(profile.Stacks.Functions[pair.Key], pair.Value, (double)pair.Value / totalNs))];
    }
}
