namespace LibProf.Analyzer.Memory;

/// <summary>
/// Splits what changed between two readings among the imports that were seen at the one and at the other.
/// </summary>
internal static class GrowthSplit
{
    /// <summary>Splits a change.</summary>
    /// <remarks>
    /// Growth goes to the first and the last in proportion to what they would have taken in their part of the time, had they gone on as
    /// in the looks beside it; what neither explains goes to those that came later, in proportion to their times, since a module takes its
    /// memory as it begins, while one that was seen not to grow had nothing left to do but to end. A fall goes to the first as far as it
    /// had grown: it gives back what it took.
    /// </remarks>
    /// <param name="change">The change.</param>
    /// <param name="times">Each one's part of the time, at least one of them.</param>
    /// <param name="rateBefore">What the first took in a unit of time until then; null when that was not seen.</param>
    /// <param name="rateAfter">What the last took in a unit of time from then on; null when that was not seen.</param>
    /// <param name="grownBefore">How much the first had grown until then.</param>
    /// <param name="shares">Filled with each one's share.</param>
    public static void Split(
        double change, ReadOnlySpan<double> times, double? rateBefore, double? rateAfter, double grownBefore, Span<double> shares)
    {
        shares[..times.Length].Clear();
        if (times.Length == 1)
        {
            shares[0] = change;
            return;
        }

        int last = times.Length - 1;
        if (change < 0)
        {
            shares[0] = Math.Max(change, -Math.Max(grownBefore, 0));
            Spread(change - shares[0], times, shares);
            return;
        }

        double all = 0;
        foreach (double time in times)
        {
            all += time;
        }

        double first = rateBefore is { } before ? Math.Max(before, 0) * times[0] : change * times[0] / all;
        double end = rateAfter is { } after ? Math.Max(after, 0) * times[last] : change * times[last] / all;
        if (first + end > change)
        {
            double factor = change / (first + end);
            first *= factor;
            end *= factor;
        }

        Spread(change - first - end, times, shares);
        shares[0] += first;
        shares[last] += end;
    }

    private static void Spread(double change, ReadOnlySpan<double> times, Span<double> shares)
    {
        double later = 0;
        foreach (double time in times[1..])
        {
            later += time;
        }

        for (int i = 1; i < times.Length; i++)
        {
            shares[i] += later > 0 ? change * times[i] / later : change / (times.Length - 1);
        }
    }
}
