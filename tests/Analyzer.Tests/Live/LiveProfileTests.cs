using LibProf.Analyzer.Live;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Live;

public sealed class LiveProfileTests
{
    private const long Second = 1_000_000_000;

    private readonly LiveProfile _profile = new(TimeSpan.FromSeconds(2));

    // Stacks: 1 main, 2 main > work, 3 main > work > main (calls itself), 4 idle.
    public LiveProfileTests()
    {
        string[] names = ["main", "work", "idle"];
        for (int i = 0; i < names.Length; i++)
        {
            _profile.OnFunction(new FunctionInfo(i, names[i], "/app/a.py", 1 + (10 * i)));
            _profile.OnFrame(new FrameInfo(i, i, 5 + (10 * i), null));
        }

        _profile.OnFrame(new FrameInfo(3, 0, 7, null));
        _profile.OnStack(1, 0, 0);
        _profile.OnStack(2, 1, 1);
        _profile.OnStack(3, 2, 3);
        _profile.OnStack(4, 0, 2);
        _profile.OnThread(new ThreadInfo(0, 100, "MainThread", true, 0));
        _profile.OnThread(new ThreadInfo(1, 101, "other", false, 0));
    }

    [Fact]
    public void Own_is_the_top_and_total_counts_a_function_once()
    {
        Look(0, (0, 3, true));
        Look(1000, (0, 2, true));
        LiveSnapshot seen = Snapshot();
        Assert.Equal(2, seen.RecentLooks);
        Assert.Equal(new LiveCount(1, 2), Row(seen, "main").Recent);
        Assert.Equal(new LiveCount(1, 2), Row(seen, "work").Overall);

        LiveSnapshot lines = Snapshot(byLine: true);
        Assert.Equal([(5, 0L, 2L), (7, 1L, 1L), (15, 1L, 2L)],
            lines.Rows.OrderBy(row => row.Line).Select(row => (row.Line, row.Recent.Own, row.Recent.Total)));
    }

    [Fact]
    public void Old_looks_leave_the_last_seconds_but_not_the_whole()
    {
        Look(0, (0, 1, true));
        Look(5 * Second, (0, 2, true));
        LiveSnapshot seen = Snapshot();
        Assert.Equal((1, 2), (seen.RecentLooks, seen.OverallLooks));
        Assert.Equal((new LiveCount(0, 1), new LiveCount(1, 2)), (Row(seen, "main").Recent, Row(seen, "main").Overall));

        LiveSnapshot later = _profile.Snapshot(default, 20 * Second);
        Assert.Equal((0, 2), (later.RecentLooks, later.OverallLooks));
    }

    [Fact]
    public void Threads_that_wait_count_only_when_asked_for()
    {
        Look(0, (0, 2, true), (1, 4, false));
        Assert.DoesNotContain(Snapshot().Rows, row => row.Function.Name == "idle");
        Assert.Equal(new LiveCount(1, 1), Row(Snapshot(waiting: true), "idle").Recent);
        Assert.Equal([1, 0], Snapshot().Threads.Select(thread => thread.Running));
    }

    [Fact]
    public void A_thread_can_be_seen_alone()
    {
        Look(0, (0, 2, true), (1, 4, true));
        Look(1000, (0, 2, true), (1, 4, true));
        LiveSnapshot seen = _profile.Snapshot(new LiveQuery(1, false, false));
        Assert.Equal("idle", Assert.Single(seen.Rows).Function.Name);
        Assert.Equal(new LiveCount(2, 2), seen.Rows[0].Overall);
    }

    [Fact]
    public void Cut_stacks_have_nothing_on_top()
    {
        _profile.OnSample(0, [new ThreadStack(0, 2, Cut: true)]);
        Assert.Equal(new LiveCount(0, 1), Row(Snapshot(), "work").Recent);
        Assert.Null(Assert.Single(Snapshot().Threads).Leaf);
    }

    [Fact]
    public void Notes_of_looks_that_never_came_are_passed_over()
    {
        _profile.OnLook(10, [new ThreadActivity(0, true, true)], isGilKnown: true);
        _profile.OnLook(20, [new ThreadActivity(0, false, false)], isGilKnown: true);
        _profile.OnSample(20, [new ThreadStack(0, 2, false)]);
        LiveThread thread = Assert.Single(Snapshot().Threads);
        Assert.Equal((1, 0, 0), (thread.Seen, thread.Running, thread.Holding));
        Assert.Equal((1, 0), (Snapshot().RecentGilLooks, Snapshot().RecentGilHeld));
    }

    [Fact]
    public void What_is_not_known_to_wait_runs_and_an_unknown_gil_is_not_told()
    {
        _profile.OnSample(0, [new ThreadStack(0, 2, false)]);
        Assert.Equal(1, Assert.Single(Snapshot().Threads).Running);
        Assert.Equal(0, Snapshot().RecentGilLooks);
    }

    [Fact]
    public void The_holder_of_the_gil_is_counted_by_thread()
    {
        for (int i = 0; i < 4; i++)
        {
            _profile.OnLook(i, [new ThreadActivity(0, true, i < 3), new ThreadActivity(1, true, i == 3)], isGilKnown: true);
            _profile.OnSample(i, [new ThreadStack(0, 2, false), new ThreadStack(1, 4, false)]);
        }

        LiveSnapshot seen = Snapshot();
        Assert.Equal((4, 4), (seen.RecentGilLooks, seen.RecentGilHeld));
        Assert.Equal([3, 1], seen.Threads.Select(thread => thread.Holding));
    }

    [Fact]
    public void Pause_leaves_out_what_comes_and_reset_forgets()
    {
        Look(0, (0, 2, true));
        Look(Second / 2, (0, 2, true));
        _profile.Pause(true);
        Look(Second, (0, 2, true));
        Assert.True(Snapshot().IsPaused);
        _profile.Pause(false);
        Look(10 * Second, (0, 2, true));
        Assert.Equal((3, Second / 2), (Snapshot().OverallLooks, Snapshot().OverallNs));

        _profile.Reset();
        Assert.Equal((0, 0), (Snapshot().OverallLooks, Snapshot().Rows.Count));
        Look(11 * Second, (0, 2, true));
        Assert.Equal(1, Snapshot().OverallLooks);
    }

    [Fact]
    public void Another_image_begins_anew()
    {
        Look(0, (0, 2, true));
        _profile.OnImage(new ProcessImage { Pid = 1, StartNs = 1, Attached = true, CommandLine = [], Executable = "" });
        Assert.Equal((0, 0), (Snapshot().OverallLooks, Snapshot().Threads.Count));
    }

    [Fact]
    public void Threads_that_are_over_do_not_pile_up()
    {
        for (int i = 0; i < 5000; i++)
        {
            _profile.OnThread(new ThreadInfo(2 + i, 200 + i, "short", false, 0));
            Look(i * Second / 10, (0, 2, true), (2 + i, 4, true));
        }

        Assert.Equal(5000, Snapshot().OverallLooks);
        Assert.Equal(new LiveCount(5000, 5000), Row(Snapshot(), "idle").Overall);
        Assert.Empty(_profile.Snapshot(new LiveQuery(2, false, false)).Rows);
    }

    private void Look(long timeNs, params (int Thread, int Stack, bool Runs)[] threads)
    {
        _profile.OnLook(timeNs, [.. threads.Select(thread => new ThreadActivity(thread.Thread, thread.Runs, false))], isGilKnown: false);
        _profile.OnSample(timeNs, [.. threads.Select(thread => new ThreadStack(thread.Thread, thread.Stack, false))]);
    }

    private LiveSnapshot Snapshot(bool waiting = false, bool byLine = false) => _profile.Snapshot(new LiveQuery(null, waiting, byLine));

    private static LiveRow Row(LiveSnapshot snapshot, string name) => Assert.Single(snapshot.Rows, row => row.Function.Name == name);
}
