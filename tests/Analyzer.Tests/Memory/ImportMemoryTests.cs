using LibProf.Analyzer.Memory;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Memory;

public sealed class ImportMemoryTests
{
    private static readonly FrameSpec[] _a = [Py.Script(1), .. Py.Body("a", "/l/a.py", 3)];
    private static readonly FrameSpec[] _b = [.. _a, .. Py.Body("b", "/l/b.py", 1)];

    [Fact]
    public void Growth_is_exclusive_for_the_inner_and_inclusive_for_the_outer()
    {
        ReportModel report = RecordingScript.Run()
            .Memory(0, 8000, 5000)
            .Looks(0, 5, Py.Script(1))
            .Looks(5, 10, _a).Memory(6, 8000, 5000).Memory(8, 9000, 5000).Memory(10.1, 9000, 5000)
            .Looks(10, 20, _b).Memory(11, 9000, 5000).Memory(18, 14000, 5600).Memory(20.1, 14000, 5600)
            .Looks(20, 25, _a).Memory(21, 14000, 5600).Memory(24, 14300, 5600)
            .Looks(25, 30, Py.Script(2)).Memory(26, 14300, 5600).Memory(29, 15300, 5600)
            .Milestone(Milestone.MainReturned, 30).Memory(35, 3000, 5600)
            .Report();

        Assert.Equal(new ModuleMemory(5600, 5600, 0, 5600, 600, 600), Of(report, "b"));
        Assert.Equal(new ModuleMemory(6900, 1300, 0, 6900, 600, 0), Of(report, "a"));
        Assert.Equal(new ProcessMemory(13000, 5000, 6900, 600, 1000, 20_900), report.Imports.Memory!.Process);
    }

    [Fact]
    public void What_an_import_had_taken_before_the_first_reading_may_be_all_that_was_there()
    {
        ReportModel report = RecordingScript.Run()
            .Looks(0, 10, _a).Memory(4, 8000, 1000).Memory(6, 8000, 1000).Looks(10, 20, _b).Memory(12, 8000, 1000).Memory(18, 8000, 1000).Looks(20, 25, Py.Script(2)).Memory(22, 8000, 1000)
            .Report();

        Assert.Equal((0L, 9000L), (Of(report, "a").InclusiveKib, Of(report, "a").ErrorKib));
        Assert.Equal((0L, 0L), (Of(report, "b").InclusiveKib, Of(report, "b").ErrorKib));
    }

    [Fact]
    public void What_was_given_back_is_the_peak_only()
    {
        ModuleMemory a = Of(RecordingScript.Run()
            .Memory(0, 1000).Looks(0, 5, Py.Script(1))
            .Looks(5, 15, _a).Memory(6, 1000).Memory(8, 21_000).Memory(10, 21_000).Memory(12, 1100)
            .Looks(15, 18, Py.Script(2)).Memory(16, 1100)
            .Report(), "a");

        Assert.Equal(100, a.InclusiveKib);
        Assert.Equal(20_000, a.PeakKib);
    }

    [Fact]
    public void Growth_between_two_modules_goes_to_the_one_that_did_not_hold_its_memory_and_the_doubt_is_told()
    {
        FrameSpec[] other = [Py.Script(2), .. Py.Body("c", "/l/c.py", 3)];
        ReportModel report = RecordingScript.Run()
            .Memory(0, 1000).Looks(0, 5, Py.Script(1))
            .Looks(5, 10, _a).Memory(6, 1000).Memory(7, 2000).Memory(9.1, 2000)
            .Looks(10, 15, other).Memory(10.1, 2500).Memory(11.1, 3500).Memory(12.1, 4500)
            .Looks(15, 18, Py.Script(3)).Memory(15.1, 4500)
            .Report();

        Assert.Equal((1000, 500), (Of(report, "a").ExclusiveKib, Of(report, "a").ErrorKib));
        Assert.Equal((2500, 500), (Of(report, "c").ExclusiveKib, Of(report, "c").ErrorKib));
    }

    [Fact]
    public void An_outer_import_is_in_no_doubt_of_what_happens_between_two_inner_ones()
    {
        FrameSpec[] c = [.. _a, .. Py.Body("c", "/l/c.py", 1)];
        ReportModel report = RecordingScript.Run()
            .Memory(0, 1000).Looks(0, 3, Py.Script(1)).Memory(2, 1000)
            .Looks(3, 6, _a).Memory(5, 1000)
            .Looks(6, 10, _b).Memory(9.1, 1000)
            .Looks(10, 14, c).Memory(10.1, 1700).Memory(13, 1700)
            .Looks(14, 18, Py.Script(3)).Memory(16, 1700)
            .Report();

        Assert.Equal((700, 0, 0), (Of(report, "a").InclusiveKib, Of(report, "a").ExclusiveKib, Of(report, "a").ErrorKib));
        Assert.Equal((700, 700), (Of(report, "c").ExclusiveKib, Of(report, "c").ErrorKib));
        Assert.Equal((0, 700), (Of(report, "b").ExclusiveKib, Of(report, "b").ErrorKib));
    }

    [Fact]
    public void Page_faults_tell_the_growth_of_threads_apart()
    {
        FrameSpec[] other = [Py.Code("/app/w.py", "work", 2), .. Py.Body("t", "/l/t.py", 3)];
        RecordingScript script = RecordingScript.Run().Thread(1).Thread(2);
        for (int ms = 0; ms < 10; ms++)
        {
            script.Look(ms, (0, _a, false), (1, other, false), (2, [Py.Code("/app/w.py", "idle", 9)], false));
        }

        ReportModel report = script
            .Memory(0, 1000, faults: Faults(100, 10, 20))
            .Memory(2, 5000, faults: Faults(1100, 10, 1020))
            .Memory(3, 6000, faults: Faults(1350, 260, 1020))
            .Memory(4, 7000, faults: Faults(1600, 260, 1020))
            .Report();

        Assert.Equal((1000, 0), (Of(report, "a").ExclusiveKib, Of(report, "a").ErrorKib));
        Assert.Equal((4000, 0), (Of(report, "t").ExclusiveKib, Of(report, "t").ErrorKib));
        Assert.Equal(1000, report.Imports.Memory!.Process.ProgramKib);
    }

    [Fact]
    public void Without_them_it_is_shared_and_all_in_doubt()
    {
        FrameSpec[] other = [Py.Code("/app/w.py", "work", 2), .. Py.Body("t", "/l/t.py", 3)];
        RecordingScript script = RecordingScript.Run().Thread(1);
        for (int ms = 0; ms < 10; ms++)
        {
            script.Look(ms, (0, _a, false), (1, other, false));
        }

        ReportModel report = script.Memory(0, 1000).Memory(2, 2000).Report();

        Assert.Equal((500, 1000), (Of(report, "a").ExclusiveKib, Of(report, "a").ErrorKib));
        Assert.Equal((500, 1000), (Of(report, "t").ExclusiveKib, Of(report, "t").ErrorKib));
    }

    [Fact]
    public void Counters_that_lag_widen_the_error()
    {
        ModuleMemory a = Of(RecordingScript.Run()
            .Looks(0, 5, Py.Script(1)).Looks(5, 15, _a).Looks(15, 18, Py.Script(2))
            .Memory(1, 1000, source: MemorySource.LaggingCounters).Memory(7, 1000).Memory(9, 1500).Memory(16, 1500)
            .Report(), "a");

        Assert.Equal((500, 256), (a.ExclusiveKib, a.ErrorKib));
    }

    [Fact]
    public void Without_readings_there_is_no_memory()
    {
        ReportModel report = RecordingScript.Run().Looks(0, 5, _a).Report();
        Assert.Null(report.Imports.Memory);
        Assert.All(report.Modules, module => Assert.Null(module.Memory));
        Assert.All(report.Libraries, library => Assert.Null(library.MemoryKib));
    }

    private static ModuleMemory Of(ReportModel report, string module)
    {
        ModuleMemory memory = report.Modules.Single(each => each.Name == module).Memory!;
        Assert.Same(memory, report.Imports.Memory!.Find(module));
        return memory;
    }

    private static MemoryFaults Faults(long all, params long[] threads) =>
        new(all, [.. threads.Select((faults, thread) => new ThreadFaults(thread, faults))]);
}
