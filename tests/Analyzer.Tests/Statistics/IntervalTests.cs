using LibProf.Analyzer.Statistics;

namespace LibProf.Analyzer.Tests.Statistics;

/// <summary>Medians, intervals and ratios against known figures, and by trying them on numbers that are drawn.</summary>
public sealed class IntervalTests
{
    [Fact]
    public void MedianIsTheMiddleOne()
    {
        Assert.Equal(3, Medians.Of([9, 1, 3]));
        Assert.Equal(2.5, Medians.Of([4, 1, 3, 2]));
        Assert.Equal(5, Medians.OfKnown([null, 5, null]));
        Assert.Null(Medians.OfKnown([null]));
        Assert.Throws<ArgumentException>(() => Medians.Of([]));
    }

    [Theory]
    // Ranks of the tables for the sign test: with 95 %, of 6 values the first, of 10 the second, of 20 the sixth, of 100 the 40th.
    [InlineData(5, 0)]
    [InlineData(6, 1)]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(10, 2)]
    [InlineData(20, 6)]
    [InlineData(100, 40)]
    [InlineData(2000, 956)]
    public void IntervalOfTheMedianLiesBetweenOrderStatistics(int count, int rank)
    {
        double[] values = [.. Enumerable.Range(1, count).Select(value => (double)value).Reverse()];
        Interval? expected = rank == 0 ? null : new Interval(rank, count + 1 - rank);
        Assert.Equal(expected, Medians.IntervalOf(values));
    }

    [Theory]
    // Of Wilcoxon's tables, two-sided 5 %: 6 pairs 0, 8 pairs 3, 10 pairs 8, 20 pairs 52; the rank is one more.
    [InlineData(5, 0)]
    [InlineData(6, 1)]
    [InlineData(8, 4)]
    [InlineData(10, 9)]
    [InlineData(20, 53)]
    public void IntervalOfARatioFollowsTheSignedRanks(int pairs, int rank)
    {
        // Powers of two whose Walsh averages are easy to count: the logarithms are 1 to n.
        double[] first = [.. Enumerable.Range(1, pairs).Select(power => Math.Pow(2, power))];
        double[] second = [.. Enumerable.Repeat(1.0, pairs)];
        var ratio = PairedRatio.Of(first, second)!;
        if (rank == 0)
        {
            Assert.Null(ratio.Interval);
            Assert.Equal(Comparison.Unknown, ratio.Verdict);
            return;
        }

        double[] averages = [.. Enumerable.Range(1, pairs).SelectMany(i => Enumerable.Range(i, pairs - i + 1), (i, j) => (i + j) / 2.0).Order()];
        Assert.Equal(averages[rank - 1], Math.Log2(ratio.Interval!.Value.Low), 9);
        Assert.Equal(averages[^rank], Math.Log2(ratio.Interval!.Value.High), 9);
        Assert.Equal(Comparison.More, ratio.Verdict);
    }

    [Fact]
    public void EqualPairsAreNoDifference()
    {
        double[] same = [5, 5, 5, 5, 5, 5, 5, 5, 5, 5];
        var ratio = PairedRatio.Of(same, same, 0.99)!;
        Assert.Equal((1, new Interval(1, 1), Comparison.NoDifference), (ratio.Ratio, ratio.Interval!.Value, ratio.Verdict));
        Assert.Null(PairedRatio.Of([0, 1], [1, 1]));
        Assert.Null(PairedRatio.Of([], []));
        Assert.Throws<ArgumentException>(() => PairedRatio.Of([1], [1, 2]));
    }

    [Fact]
    public void AProgramAgainstItselfIsRarelyCalledDifferentWhateverTheMachineDoes()
    {
        // Bursts that hit both of a pair, slow drift, and outliers: pairs in random order stay exchangeable.
        Random random = new(3);
        const int Trials = 2000;
        int different = Enumerable.Range(0, Trials).Count(_ =>
        {
            double[] first = new double[10];
            double[] second = new double[10];
            double drift = 1;
            for (int i = 0; i < first.Length; i++)
            {
                drift *= 1 + 0.2 * random.NextDouble();
                (first[i], second[i]) = (Run(), Run());

                double Run() => drift * (100 + 10 * random.NextDouble() + (random.Next(4) == 0 ? 300 * random.NextDouble() : 0));
            }

            return PairedRatio.Of(first, second)!.Verdict is Comparison.Less or Comparison.More;
        });
        Assert.InRange(different, 0, Trials * 6 / 100);
    }

    [Fact]
    public void ADifferenceOfATenthIsSeenThroughNoise()
    {
        Random random = new(4);
        int seen = Enumerable.Range(0, 200).Count(_ =>
        {
            double[] first = [.. Enumerable.Range(0, 10).Select(_ => 90 + 6 * random.NextDouble())];
            double[] second = [.. Enumerable.Range(0, 10).Select(_ => 100 + 6 * random.NextDouble())];
            return PairedRatio.Of(first, second, 0.9875)!.Verdict == Comparison.Less;
        });
        Assert.True(seen > 190, $"{seen} of 200");
    }

    [Fact]
    public void OutliersAreNamedAndSmallDifferencesAreNot()
    {
        Outlier only = Assert.Single(Outliers.Of([100, 101, 99, 100, 400, 102, 100]));
        Assert.Equal((4, 400, 4), (only.Index, only.Value, only.TimesMedian));
        Assert.Empty(Outliers.Of([100, 100, 100, 100, 100, 104]));
        Assert.Empty(Outliers.Of([100, 1, 500]));
    }
}
