using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

public sealed class CollapsedExporterTests
{
    [Fact]
    public void Root_first_with_file_and_line_and_the_number_of_samples()
    {
        Assert.Equal(
            ["<module> (/app/app.py:1) 3", "<module> (/app/app.py:1);f (/app/f.py:9) 2"],
            Lines(RecordingScript.Run().Looks(0, 2, Py.Script(1)).Looks(2, 4, Py.Script(1), Py.Code("/app/f.py", "f", 9)).Look(4, Py.Script(1))));
    }

    [Fact]
    public void Separators_and_control_characters_in_names_do_no_harm()
    {
        Assert.Equal(
            [@"a:b\n\x1b[31m (/x y:z.py:1) 1"],
            Lines(RecordingScript.Run().Look(0, Py.Code("/x y;z.py", "a;b\n\x1b[31m", 1))));
    }

    [Fact]
    public void An_unknown_line_is_left_out()
    {
        Assert.Equal(["f (x.py) 1"], Lines(RecordingScript.Run().Look(0, Py.Code("x.py", "f", 0))));
    }

    [Fact]
    public void With_several_threads_the_thread_comes_first()
    {
        Assert.Equal(
            ["MainThread (4711);<module> (/app/app.py:1) 1", "worker: 1 (4712);run (t.py:1) 1"],
            Lines(RecordingScript.Run().Thread(1, name: "worker; 1").Look(0, (0, [Py.Script(1)], false), (1, [Py.Code("t.py", "run", 1)], false))));
    }

    private static string[] Lines(RecordingScript script) =>
        Samples.Export("collapsed", script.Report()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
