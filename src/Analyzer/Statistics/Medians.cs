namespace LibProf.Analyzer.Statistics;

/// <summary>Medians of repeated measurements, with intervals that assume nothing about how the measurements are distributed.</summary>
public static class Medians
{
    /// <summary>The confidence of intervals unless another is asked for.</summary>
    public const double Confidence = 0.95;

    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    /// <param name="values">At least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("a median needs at least one value", nameof(values));
        }

        int half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /// <summary>The middle value, or null when there is none.</summary>
    /// <param name="values">Any number; null ones are left out.</param>
    public static double? OfKnown(IEnumerable<double?> values)
    {
        double[] known = [.. values.OfType<double>()];
        return known.Length == 0 ? null : Of(known);
    }

    /// <summary>
    /// An interval that holds the true median, between two order statistics: each measurement is below the true median with
    /// probability one half, so the number below it is binomial, however the measurements are distributed.
    /// </summary>
    /// <param name="values">Independent measurements.</param>
    /// <param name="confidence">At least this confidence.</param>
    /// <returns>Null with too few of them: for 95 % there must be six.</returns>
    public static Interval? IntervalOf(IReadOnlyList<double> values, double confidence = Confidence)
    {
        int rank = LowRank(values.Count, confidence);
        if (rank == 0)
        {
            return null;
        }

        double[] sorted = [.. values.Order()];
        return new Interval(sorted[rank - 1], sorted[^rank]);
    }

    /// <summary>The largest rank k for which less than k values lie below the median with at most half of the probability of error; 0 for none.</summary>
    private static int LowRank(int count, double confidence)
    {
        double tail = (1 - confidence) / 2;
        if (count > 1000)
        {
            return (int)Math.Max(0, Math.Floor((count - NormalQuantile.Of(1 - tail) * Math.Sqrt(count)) / 2));
        }

        double probability = Math.Pow(0.5, count); // of exactly `rank` values below; 2^-1000 is still a normal number
        double below = 0;
        int rank = 0;
        while (rank < count && below + probability <= tail)
        {
            below += probability;
            probability *= (double)(count - rank) / (rank + 1);
            rank++;
        }

        return rank;
    }
}
