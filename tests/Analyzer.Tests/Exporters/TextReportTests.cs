using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

public sealed class TextReportTests
{
    [Fact]
    public void The_report_of_a_small_program_is_as_agreed()
    {
        Sources.AssertGolden("Exporters/small.txt", Samples.Export("text", Samples.Small().Report(), new ExportOptions { Width = 80 }));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(200)]
    public void No_line_of_a_table_is_wider_than_asked_for(int width)
    {
        string longName = "package." + string.Join('.', Enumerable.Repeat("subpackage", 12));
        string wide = "/app/" + string.Concat(Enumerable.Repeat("漢字", 40)) + ".py";
        FrameSpec[] stack = [Py.Script(1, wide), .. Py.Body(longName, "/l/" + longName + ".py", 3), .. Py.Body("inner." + longName, wide, 1)];
        string text = TextReport.Render(ReportViewBuilder.Build(RecordingScript.Run().Looks(0, 50, stack).End(50).Report()), width);

        Assert.All(text.Split('\n'), line => Assert.True(SafeText.Columns(line) <= width, line));
        Assert.Contains("...", text);
    }

    [Fact]
    public void Strings_of_the_target_cannot_act_on_the_terminal()
    {
        const string evil = "\x1b]0;owned\x07\u009b31m\u202e\r\n\tx";
        string text = Samples.Export("text", new RecordingScript().Environment().Image(0, ["python3", "-c", evil]).Python(evil).Thread(0, main: true)
            .Looks(0, 50, [Py.Script(1, evil), .. Py.Body(evil, evil, 1)]).Looks(50, 100, Py.Code(evil, evil, 2))
            .Module(evil, evil).Distribution(evil, evil, evil).End(100).Report());

        Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\n') || c is '\u202e');
        Assert.Contains(@"\x1b]0;owned\x07\x9b31m\u202e\r\n\tx", text);
    }

    [Fact]
    public void The_import_tree_says_which_statement_imported()
    {
        ReportView view = ReportViewBuilder.Build(Samples.Small().Report());
        ImportRow[] rows = [.. view.Imports.Where(row => row.Module.StartsWith("numpy", StringComparison.Ordinal))];

        Assert.Equal(["numpy", "numpy.core._multiarray", "numpy.lib"], rows.Select(row => row.Module));
        Assert.Equal(["app.py:2", "/usr/lib/python3/dist-packages/numpy/__init__.py:141", "/usr/lib/python3/dist-packages/numpy/__init__.py:142"],
            rows.Select(row => row.At.StartsWith("numpy", StringComparison.Ordinal) ? "/usr/lib/python3/dist-packages/" + row.At : row.At));
        Assert.Equal([0, 1, 1], rows.Select(row => row.Depth));
    }

    [Fact]
    public void Compiling_is_mentioned()
    {
        Assert.Contains(ReportViewBuilder.Build(Samples.Small().Report()).Notes, note => note.StartsWith("3.0 ms went into compiling", StringComparison.Ordinal));
    }

    [Fact]
    public void A_process_without_python_is_said_to_be_one()
    {
        string text = Samples.Export("text", new RecordingScript().Environment().Image(0, ["ls"]).End(3).Report());

        Assert.Contains("No Python interpreter was seen", text);
        Assert.DoesNotContain("Libraries", text);
    }

    [Fact]
    public void An_attach_shows_functions_and_no_phases()
    {
        string text = Samples.Export("text", new RecordingScript().Environment().Image(0, ["python3"], attached: true).Python().Thread(0, main: true)
            .Looks(0, 10, Py.Script(1), Py.Code("/app/app.py", "loop", 3)).End(10, status: null).Report());

        Assert.DoesNotContain("Phases", text);
        Assert.Contains("loop", text);
        Assert.Contains("Attached", text);
    }

    [Theory]
    [InlineData("plain", 5, "plain")]
    [InlineData("a long text", 8, "a lon...")]
    [InlineData("漢字漢字", 8, "漢字漢字")]
    [InlineData("漢字漢字漢", 8, "漢字...")]
    public void Texts_are_shortened_by_columns(string text, int columns, string expected)
    {
        Assert.Equal(expected, SafeText.KeepStart(text, columns));
    }

    [Fact]
    public void Of_a_path_the_end_is_kept()
    {
        Assert.Equal("...c/file.py:3", SafeText.KeepEnd("/a/b/c/file.py:3", 14));
    }
}
