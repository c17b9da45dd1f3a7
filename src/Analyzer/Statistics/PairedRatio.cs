namespace LibProf.Analyzer.Statistics;

/// <summary>What a comparison says.</summary>
public enum Comparison
{
    /// <summary>There are too few pairs to say anything.</summary>
    Unknown,
    /// <summary>The interval of the ratio holds 1.</summary>
    NoDifference,
    /// <summary>The first is smaller.</summary>
    Less,
    /// <summary>The first is larger.</summary>
    More,
}

/// <summary>
/// How many times the first of two things measured in pairs is the second: the Hodges-Lehmann estimate on logarithms, with the interval
/// of the Wilcoxon signed-rank test. When the order within each pair is drawn at random and there is no difference, the logarithm of a
/// pair's ratio is symmetric about 0 whatever disturbs the machine, so that the interval misses 1 no more often than it says.
/// </summary>
/// <param name="Ratio">The estimate.</param>
/// <param name="Interval">Its interval; null with too few pairs for the confidence asked for.</param>
/// <param name="Confidence">The confidence asked for.</param>
public sealed record PairedRatio(double Ratio, Interval? Interval, double Confidence)
{
    /// <summary>What that says.</summary>
    public Comparison Verdict => Interval is not { } interval ? Comparison.Unknown
        : interval.Contains(1) ? Comparison.NoDifference
        : interval.High < 1 ? Comparison.Less : Comparison.More;

    /// <summary>Estimates a ratio.</summary>
    /// <param name="first">Measurements of the first.</param>
    /// <param name="second">Those of the second, pair by pair.</param>
    /// <param name="confidence">The interval's confidence.</param>
    /// <returns>Null without a pair, or when a value is not above 0.</returns>
    /// <exception cref="ArgumentException">The numbers of measurements differ.</exception>
    public static PairedRatio? Of(IReadOnlyList<double> first, IReadOnlyList<double> second, double confidence = Medians.Confidence)
    {
        if (first.Count != second.Count)
        {
            throw new ArgumentException("measurements must come in pairs", nameof(second));
        }

        if (first.Count == 0 || first.Concat(second).Any(value => !(value > 0 && double.IsFinite(value))))
        {
            return null;
        }

        double[] averages = WalshAverages([.. first.Zip(second, (a, b) => Math.Log(a) - Math.Log(b))]);
        int half = averages.Length / 2;
        double middle = averages.Length % 2 == 1 ? averages[half] : (averages[half - 1] + averages[half]) / 2;
        int rank = SignedRanks.LowRank(first.Count, confidence);
        Interval? interval = rank == 0 ? null : new Interval(Math.Exp(averages[rank - 1]), Math.Exp(averages[^rank]));
        return new PairedRatio(Math.Exp(middle), interval, confidence);
    }

    /// <summary>The means of every two values, each with itself as well, in order.</summary>
    private static double[] WalshAverages(double[] values)
    {
        var averages = new double[values.Length * (values.Length + 1) / 2];
        int next = 0;
        for (int i = 0; i < values.Length; i++)
        {
            for (int j = i; j < values.Length; j++)
            {
                averages[next++] = (values[i] + values[j]) / 2;
            }
        }

        Array.Sort(averages);
        return averages;
    }
}
