namespace LibProf.Analyzer.Statistics;

/// <summary>The distribution of Wilcoxon's signed-rank statistic: the sum of those of the numbers 1 to n that a coin picks.</summary>
internal static class SignedRanks
{
    /// <summary>With more pairs than this the normal distribution is as good.</summary>
    private const int MostExact = 100;

    /// <summary>The largest rank k such that the statistic is below k with at most half of the probability of error; 0 for none.</summary>
    /// <param name="pairs">Number of pairs.</param>
    /// <param name="confidence">For example 0.95.</param>
    public static int LowRank(int pairs, double confidence)
    {
        double tail = (1 - confidence) / 2;
        double most = pairs * (pairs + 1.0) / 2;
        if (pairs > MostExact)
        {
            double deviation = Math.Sqrt(most * (2.0 * pairs + 1) / 12);
            return (int)Math.Max(0, Math.Floor(most / 2 - NormalQuantile.Of(1 - tail) * deviation));
        }

        double[] probabilities = Distribution(pairs);
        double below = 0;
        int rank = 0;
        while (rank < probabilities.Length / 2 && below + probabilities[rank] <= tail)
        {
            below += probabilities[rank++];
        }

        return rank;
    }

    private static double[] Distribution(int pairs)
    {
        var probabilities = new double[pairs * (pairs + 1) / 2 + 1];
        probabilities[0] = 1;
        int reached = 0;
        for (int number = 1; number <= pairs; number++)
        {
            reached += number;
            for (int sum = reached; sum >= 0; sum--)
            {
                probabilities[sum] = (probabilities[sum] + (sum >= number ? probabilities[sum - number] : 0)) / 2;
            }
        }

        return probabilities;
    }
}
