using LibProf.Analyzer.Phases;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Phases;

public sealed class RunPhasesTests
{
    private static RecordingScript Started() => RecordingScript.Run()
        .Milestone(Milestone.RuntimeFound, 3)
        .Milestone(Milestone.InterpreterCreated, 5)
        .Looks(7, 8, Py.FindSpec("encodings"))
        .Milestone(Milestone.FirstFrame, 7);

    private static RecordingScript WithSite() => Started()
        .Looks(10, 14, Py.Body("site", "<frozen site>", 1))
        .Milestone(Milestone.MainReturned, 14);

    [Fact]
    public void A_whole_run_is_cut_into_six_phases()
    {
        ReportModel report = WithSite()
            .Looks(16, 20, Py.Script(1))
            .Looks(20, 40, [Py.Script(2), .. Py.Body("json", "/l/json.py", 1)])
            .Looks(40, 50, Py.Script(3))
            .Looks(50, 55, [Py.Script(4), Py.Code("/app/app.py", "main", 10), .. Py.FindSpec("late")])
            .Looks(55, 60, Py.Script(5))
            .Milestone(Milestone.MainReturned, 60)
            .Milestone(Milestone.Finalizing, 61)
            .End(65).Report();

        RunPhases phases = report.Phases!;
        AssertMs(5, phases.LaunchNs);
        AssertMs(4, phases.RuntimeInitNs, 1.1); // the look before site is at 7
        AssertMs(4.5, phases.SiteNs, 1.1);
        AssertMs(25, phases.ImportNs);
        AssertMs(21, phases.MainNs, 1);
        AssertMs(5, phases.FinalizeNs);
        AssertSum(report);
    }

    [Fact]
    public void Without_site_the_program_ends_the_runtimes_initialisation()
    {
        ReportModel report = Started().Looks(10, 20, Py.Script(1)).Milestone(Milestone.MainReturned, 20).End(22).Report();

        Assert.Null(report.Phases!.SiteNs);
        AssertMs(0, report.Phases.ImportNs);
        AssertMs(10, report.Phases.MainNs, 1.5);
        AssertSum(report);
    }

    [Fact]
    public void A_program_that_imports_site_itself_has_no_site_phase()
    {
        ReportModel report = Started().Looks(10, 20, [Py.Script(1), .. Py.Body("site", "/usr/lib/python3.11/site.py", 1)]).End(20).Report();

        Assert.Null(report.Phases!.SiteNs);
        AssertMs(10, report.Phases.ImportNs, 1.5); // the look before is at 7
        AssertSum(report);
    }

    [Fact]
    public void A_killed_program_has_no_finalization()
    {
        ReportModel report = WithSite().Looks(16, 40, Py.Script(1)).End(40, status: 137).Report();

        Assert.Null(report.Phases!.FinalizeNs);
        AssertSum(report);
    }

    [Fact]
    public void Imports_during_finalization_are_finalization()
    {
        ReportModel report = WithSite()
            .Looks(16, 30, Py.Script(1))
            .Milestone(Milestone.Finalizing, 30)
            .Looks(30, 35, Py.FindSpec("atexit_thing"))
            .Milestone(Milestone.MainReturned, 35)
            .End(40).Report();

        AssertMs(0, report.Phases!.ImportNs);
        AssertMs(10, report.Phases.FinalizeNs);
        AssertSum(report);
    }

    [Fact]
    public void Imports_on_other_threads_are_not_the_main_threads()
    {
        RecordingScript script = WithSite().Thread(1);
        for (int ms = 16; ms < 30; ms++)
        {
            script.Look(ms, (0, [Py.Script(1)], false), (1, [Py.Code("/l/t.py", "run", 1), .. Py.FindSpec("x")], false));
        }

        ReportModel report = script.End(30).Report();
        AssertMs(0, report.Phases!.ImportNs);
        AssertSum(report);
    }

    [Fact]
    public void The_image_need_not_begin_at_zero()
    {
        ReportModel report = new RecordingScript().Environment()
            .Image(0, ["sh", "wrapper.sh"]).End(100, replaced: true)
            .Image(100, ["python3", "app.py"]).Python().Thread(0, main: true)
            .Milestone(Milestone.InterpreterCreated, 105)
            .Looks(110, 120, Py.Body("site", "<frozen site>", 1))
            .Looks(120, 140, Py.Script(1))
            .End(140).Report();

        AssertMs(5, report.Phases!.LaunchNs);
        AssertSum(report);
        Assert.Equal("sh", Assert.Single(report.Profile.PreviousImages).Image.CommandLine[0]);
    }

    [Fact]
    public void What_ended_before_an_interpreter_existed_was_launch_only()
    {
        ReportModel report = RecordingScript.Run().Milestone(Milestone.RuntimeFound, 1).End(2).Report();

        Assert.Equal(new RunPhases { LaunchNs = RecordingScript.Ns(2) }, report.Phases);
    }

    [Fact]
    public void What_ended_before_the_program_began_has_no_main()
    {
        ReportModel report = Started().Milestone(Milestone.Finalizing, 9).End(12).Report();

        Assert.Null(report.Phases!.MainNs);
        AssertMs(3, report.Phases.FinalizeNs);
        AssertSum(report);
    }

    [Fact]
    public void Sampling_that_stopped_early_ends_the_phases()
    {
        ReportModel report = WithSite().Looks(16, 40, Py.Script(1)).Milestone(Milestone.SamplingStopped, 40).End(1000).Report();

        AssertMs(40, report.Profile.DurationNs);
        AssertSum(report);
    }

    [Fact]
    public void An_attach_and_another_program_have_no_phases()
    {
        RecordingScript attach = new RecordingScript().Environment().Image(0, ["python3"], attached: true).Python().Thread(0, main: true);
        RecordingScript other = new RecordingScript().Environment().Image(0, ["ls"]);

        Assert.Null(attach.Looks(0, 10, Py.Script(1)).End(10).Report().Phases);
        Assert.Null(other.End(5).Report().Phases);
    }

    private static void AssertSum(ReportModel report)
    {
        RunPhases p = report.Phases!;
        long?[] all = [p.LaunchNs, p.RuntimeInitNs, p.SiteNs, p.ImportNs, p.MainNs, p.FinalizeNs];
        Assert.Equal(report.Profile.DurationNs, all.Sum(ns => ns ?? 0));
        Assert.All(all, ns => Assert.False(ns < 0));
    }

    private static void AssertMs(double expected, long? actualNs, double tolerance = 0.51) =>
        Assert.InRange(actualNs!.Value / 1e6, expected - tolerance, expected + tolerance);
}
