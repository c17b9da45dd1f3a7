using LibProf.Analyzer.Memory;

namespace LibProf.Analyzer.Tests.Memory;

public sealed class GrowthSplitTests
{
    [Fact]
    public void One_alone_takes_all()
    {
        Assert.Equal([100.0], Split(100, [5], null, null));
        Assert.Equal([-100.0], Split(-100, [5], 3, null));
    }

    [Fact]
    public void Where_nothing_more_is_known_time_decides() => Assert.Equal([75.0, 25], Split(100, [3, 1], null, null));

    [Fact]
    public void Both_growing_as_before_and_after_share_by_how_fast() => Assert.Equal([20.0, 80], Split(100, [2, 2], 25, 100));

    [Fact]
    public void One_that_held_its_memory_took_none_of_it()
    {
        Assert.Equal([0.0, 100], Split(100, [2, 2], 0, 50));
        Assert.Equal([0.0, 100], Split(100, [2, 2], 0, 0));
        Assert.Equal([100.0, 0], Split(100, [2, 2], 50, 0));
    }

    [Fact]
    public void What_neither_explains_belongs_to_those_that_came_later() => Assert.Equal([10.0, 22.5, 67.5], Split(100, [2, 1, 3], 5, 0));

    [Fact]
    public void A_fall_is_of_what_the_first_had_taken()
    {
        Assert.Equal([-100.0, 0], Split(-100, [1, 1], 0, 0, grown: 250));
        Assert.Equal([-60.0, -40], Split(-100, [1, 1], 0, 0, grown: 60));
        Assert.Equal([0.0, -100], Split(-100, [1, 1], 0, 0, grown: -5));
    }

    [Fact]
    public void Nothing_gets_lost()
    {
        var random = new Random(3);
        for (int i = 0; i < 2000; i++)
        {
            double[] times = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.NextDouble() + 0.01)];
            double change = random.Next(-1000, 1000);
            double? before = random.Next(3) == 0 ? null : random.Next(-500, 500);
            double? after = random.Next(3) == 0 ? null : random.Next(-500, 500);
            double[] shares = Split(change, times, before, after, random.Next(-100, 1000));
            Assert.Equal(change, shares.Sum(), 6);
            Assert.All(shares, share => Assert.True(change >= 0 ? share >= -1e-9 : share <= 1e-9));
        }
    }

    private static double[] Split(double change, double[] times, double? before, double? after, double grown = 0)
    {
        var shares = new double[times.Length];
        GrowthSplit.Split(change, times, before, after, grown, shares);
        return [.. shares.Select(share => Math.Round(share, 9))];
    }
}
