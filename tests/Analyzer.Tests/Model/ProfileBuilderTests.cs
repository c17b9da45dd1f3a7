using LibProf.Analyzer.Model;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Model;

public sealed class ProfileBuilderTests
{
    [Fact]
    public void Equal_neighbours_are_one_run()
    {
        ThreadTimeline main = RecordingScript.Run().Looks(0, 1000, Py.Script(1)).Looks(1000, 2000, Py.Script(2)).Profile().MainThread!;

        Assert.Equal(2, main.Runs.Count);
        Assert.Equal(1000, main.Runs[0].Samples);
        Assert.Equal(RecordingScript.Ns(999.5), main.Runs[0].EndNs);
        Assert.Equal(2000, main.Samples);
    }

    [Fact]
    public void A_thread_that_comes_and_goes_has_a_gap()
    {
        RecordingScript script = RecordingScript.Run().Thread(1);
        FrameSpec[] work = [Py.Code("/l/t.py", "work", 1)];
        for (int ms = 0; ms < 30; ms++)
        {
            script.Look(ms, (0, [Py.Script(1)], false), (1, ms is >= 10 and < 20 ? [] : work, false));
        }

        ThreadTimeline thread = script.Profile().Threads[1];
        Assert.Equal([false, true, false], thread.Runs.Select(run => run.Stack.IsNone));
        Assert.Equal(RecordingScript.Ns(9.5), thread.Runs[0].EndNs);
        Assert.Equal(RecordingScript.Ns(19.5), thread.Runs[1].EndNs);
        Assert.Equal(0, thread.Runs[1].Samples);
    }

    [Fact]
    public void What_was_seen_last_goes_on_while_looks_are_left_out()
    {
        Profile profile = RecordingScript.Run()
            .Looks(0, 10, Py.Script(1)).Idle(1009, 1000).Idle(2009, 1000).Looks(2010, 2020, Py.Script(2)).Profile();
        ThreadTimeline main = profile.MainThread!;

        Assert.Equal([2010, 10], main.Runs.Select(run => run.Samples));
        Assert.Equal(RecordingScript.Ns(2009.5), main.Runs[0].EndNs);
        Assert.Equal(2020, profile.Looks);
    }

    [Fact]
    public void A_moment_without_frames_that_is_reported_as_a_milestone_only_is_a_gap_too()
    {
        // The milestone comes first: samples are held back until their names are verified.
        ThreadTimeline main = RecordingScript.Run()
            .Milestone(Milestone.MainReturned, 10)
            .Looks(0, 10, Py.FindSpec("site"))
            .Looks(30, 40, Py.Script(1))
            .Profile().MainThread!;

        Assert.Equal([false, true, false], main.Runs.Select(run => run.Stack.IsNone));
        Assert.Equal(RecordingScript.Ns(9.5), main.Runs[0].EndNs);
        Assert.Equal(RecordingScript.Ns(29.5), main.Runs[1].EndNs);
    }

    [Fact]
    public void The_last_python_image_is_the_profiled_one()
    {
        Profile profile = new RecordingScript().Environment()
            .Image(0, ["env", "python3"]).End(1, replaced: true)
            .Image(1, ["python3", "a.py"]).Python("3.8.1").Thread(0, main: true).Looks(2, 5, Py.Script(1)).Module("a").End(5, replaced: true)
            .Image(5, ["python3", "b.py"]).Python("3.9.1").Thread(0, main: true).Looks(6, 10, Py.Script(2)).Module("b").End(10, replaced: true)
            .Image(10, ["true"]).End(11, status: 3)
            .Profile();

        Assert.Equal("3.9.1", profile.Image.Python!.Version);
        Assert.Equal(["b"], profile.Modules.Select(module => module.Name));
        Assert.Equal(["env", "python3"], profile.PreviousImages.Select(image => image.Image.CommandLine[0]));
        Assert.Equal(3, profile.ProcessEnd!.ExitStatus);
        Assert.Equal(4, profile.Looks);
        Assert.Equal(RecordingScript.Ns(5), profile.DurationNs);
    }

    [Fact]
    public void Without_a_python_the_last_image_is_shown()
    {
        Profile profile = new RecordingScript().Environment().Image(0, ["sh"]).End(1, replaced: true).Image(1, ["ls"]).End(2).Profile();

        Assert.Null(profile.Image.Python);
        Assert.Equal("ls", profile.Image.Image.CommandLine[0]);
        Assert.Null(profile.MainThread);
    }

    [Fact]
    public void An_empty_recording_gives_nothing()
    {
        Assert.False(new ProfileBuilder().TryBuild(out Profile? profile));
        Assert.Null(profile);
    }

    [Fact]
    public void A_recording_that_was_cut_ends_with_what_was_seen_last()
    {
        Profile profile = RecordingScript.Run().Looks(0, 51, Py.Script(1)).Profile();

        Assert.Equal(RecordingScript.Ns(50), profile.DurationNs);
        Assert.Null(profile.ProcessEnd);
        Assert.Null(profile.Statistics);
    }

    [Fact]
    public void The_same_module_again_is_more_of_it()
    {
        Profile profile = RecordingScript.Run().Module("b").Module("a").Module("b", "/l/b.py").Profile();

        Assert.Equal(["a", "b"], profile.Modules.Select(module => module.Name));
        Assert.Equal("/l/b.py", profile.Modules[1].File);
    }

    [Fact]
    public void What_was_not_announced_is_refused()
    {
        var builder = new ProfileBuilder();
        builder.OnImage(new ProcessImage { Pid = 1, StartNs = 0, Attached = false, CommandLine = [], Executable = "" });

        Assert.Throws<InvalidDataException>(() => builder.OnStack(1, 0, 0));
        Assert.Throws<InvalidDataException>(() => builder.OnFrame(new FrameInfo(0, 0, 1, null)));
        Assert.Throws<InvalidDataException>(() => builder.OnFunction(new FunctionInfo(int.MaxValue, "f", "f.py", 1)));
        Assert.Throws<InvalidDataException>(() => builder.OnSample(1, [new ThreadStack(0, 1, false)]));
    }

    [Fact]
    public void Times_that_go_back_do_no_harm()
    {
        ThreadTimeline main = RecordingScript.Run().Look(10, Py.Script(1)).Look(5, Py.Script(2)).Look(12, Py.Script(3)).Profile().MainThread!;

        long before = main.StartNs;
        foreach (StackRun run in main.Runs)
        {
            Assert.True(run.EndNs >= before);
            before = run.EndNs;
        }
    }

    [Fact]
    public void Common_prefixes_of_stacks()
    {
        Profile profile = RecordingScript.Run().Look(0, Py.Script(1), Py.Code("a", "f", 1), Py.Code("a", "g", 1)).Look(1, Py.Script(1), Py.Code("a", "f", 2)).Profile();
        var runs = profile.MainThread!.Runs;

        StackId common = profile.Stacks.CommonPrefix(runs[0].Stack, runs[1].Stack);
        Assert.Equal(1, profile.Stacks.Depth(common));
        Assert.Equal(StackId.None, profile.Stacks.CommonPrefix(runs[0].Stack, StackId.None));
        Assert.Equal(3, profile.Stacks.FramesFromRoot(runs[0].Stack).Length);
    }
}
