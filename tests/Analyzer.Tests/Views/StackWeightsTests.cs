using LibProf.Analyzer.Model;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Analyzer.Views;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Views;

public sealed class StackWeightsTests
{
    private static readonly FrameSpec[] s_calm = [Py.Script(1)];
    private static readonly FrameSpec[] s_restless = [Py.Script(2)];
    private static readonly FrameSpec[] s_brief = [Py.Script(3)];

    [Fact]
    public void Looks_at_a_pace_are_counted() => Assert.Equal([60, 10, 1], Counts(Uneven(rateHz: 1000).Profile()));

    [Fact]
    public void Looks_without_a_pace_count_by_their_time()
    {
        Profile profile = Uneven(rateHz: 0).Profile();

        long[] counts = Counts(profile);

        // One for each of the three stacks, and the 68 others by 60.75, 57.5 and 1.75 ms: a look stands for the time from midway to its
        // neighbours.
        Assert.Equal([1 + 34, 1 + 33, 1 + 1], counts);
    }

    [Fact]
    public void Looks_that_did_not_keep_their_pace_count_by_their_time()
    {
        Assert.Equal([60, 10, 1], Counts(Uneven(1000).Statistics(new SamplingStatistics { Samples = 980, Missed = 20 }).Profile()));
        Assert.NotEqual([60, 10, 1], Counts(Uneven(1000).Statistics(new SamplingStatistics { Samples = 900, Missed = 100 }).Profile()));
    }

    [Fact]
    public void What_began_before_is_left_out()
    {
        Profile profile = Uneven(rateHz: 1000).Profile();

        Assert.Equal(2, StackWeights.Of(profile, profile.MainThread!, RecordingScript.Ns(30)).Count);
    }

    // 60 looks a millisecond apart, then 10 of six milliseconds each, then one that is over at once.
    private static RecordingScript Uneven(double rateHz)
    {
        RecordingScript script = RecordingScript.Run(rateHz).Looks(0, 60, s_calm);
        for (int i = 0; i < 10; i++)
        {
            script.Look(62.5 + (6 * i), s_restless);
        }

        return script.Look(120, s_brief).End(120);
    }

    private static long[] Counts(Profile profile) =>
        [.. StackWeights.Of(profile, profile.MainThread!).OrderBy(pair => pair.Key.Value).Select(pair => pair.Value.Samples)];
}
