using LibProf.Analyzer.Exporters.Html;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters.Html;

public sealed class RunTimelineTests
{
    [Fact]
    public void Phases_follow_each_other_from_the_start_to_the_end()
    {
        RunTimeline timeline = RunTimeline.Of(Samples.Small().Report());

        Assert.Equal(0, timeline.Phases[0].StartNs);
        Assert.Equal(timeline.DurationNs, timeline.Phases[^1].EndNs);
        Assert.All(timeline.Phases.Zip(timeline.Phases.Skip(1)), pair => Assert.Equal(pair.First.EndNs, pair.Second.StartNs));
        Assert.Equal((int)PhaseKey.Launch, timeline.Phases[0].Key);
        Assert.Equal((int)PhaseKey.Finalize, timeline.Phases[^1].Key);
    }

    [Fact]
    public void A_lane_shows_nested_imports_below_each_other()
    {
        var report = Samples.Small().Report();
        ThreadLane lane = Assert.Single(RunTimeline.Of(report).Lanes);

        Assert.Contains(lane.Imports[0], stretch => report.Modules[stretch.Key].Name == "numpy");
        Assert.Contains(lane.Imports[1], stretch => report.Modules[stretch.Key].Name == "numpy.lib");
        Assert.NotEmpty(lane.Active);
    }

    [Fact]
    public void A_strip_is_bounded_and_shows_what_took_most_of_each_slot()
    {
        List<Stretch> many = [.. Enumerable.Range(0, 50_000).Select(i => new Stretch(10 * i, 10 * i + 9, i < 25_000 ? 1 : i % 10 == 0 ? 3 : 2))];
        IReadOnlyList<Stretch> bounded = TimeStrip.Bound(many, 500_000);

        Assert.Equal([new Stretch(0, 250_000, 1), new Stretch(250_000, 500_000, 2)], bounded);
    }

    [Fact]
    public void Sparse_stretches_do_not_fill_the_time_between_them()
    {
        List<Stretch> sparse = [.. Enumerable.Range(0, 5_000).Select(i => new Stretch(1_000_000L * i, 1_000_000L * i + 9, 1))];

        Assert.Empty(TimeStrip.Bound(sparse, 5_000_000_000));
    }

    [Fact]
    public void A_few_stretches_stay_as_they_are()
    {
        Stretch[] few = [new(1, 2, 0), new(5, 9, 1)];

        Assert.Same(few, TimeStrip.Bound(few, 10));
    }

    [Fact]
    public void The_number_of_lanes_is_bounded()
    {
        RecordingScript script = RecordingScript.Run();
        for (int i = 0; i < 60; i++)
        {
            script.Look(10 + i, (0, [Py.Script(1)], false), (i + 1, [Py.Code("/a.py", "f", 1)], false));
        }

        RunTimeline timeline = RunTimeline.Of(script.End(100).Report());

        Assert.Equal(RunTimeline.MaxLanes, timeline.Lanes.Count);
        Assert.Equal(61 - RunTimeline.MaxLanes, timeline.OtherThreads);
    }
}
