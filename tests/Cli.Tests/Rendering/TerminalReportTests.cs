using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Cli.Rendering;
using Spectre.Console;

namespace LibProf.Cli.Tests.Rendering;

public sealed class TerminalReportTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void It_fits_the_terminal_and_says_what_the_plain_text_says(int width)
    {
        FrameSpec[] deep = [Py.Script(1)];
        for (int i = 0; i < 14; i++)
        {
            deep = [.. deep, .. Py.Body($"package.with_a_long_name.module{i}", $"/usr/lib/python3/dist-packages/package/with_a_long_name/module{i}.py", i + 1)];
        }

        string text = Render(RecordingScript.Run().Looks(0, 100, deep).End(100).Report(), width, ColorSystemSupport.NoColors);

        Assert.All(text.Split('\n'), line => Assert.True(SafeText.Columns(line) <= width, line));
        Assert.Contains("module13", text);
        Assert.Contains("module12.py:13", text);
        Assert.Contains("Libraries by initialisation time", text);
        Assert.Contains("100 samples", text);
    }

    [Fact]
    public void Strings_of_the_target_are_neither_markup_nor_escapes()
    {
        const string evil = "[red]x[/] [link=http://a]\x1b[2J\u202e";
        ReportModel report = new RecordingScript().Environment().Image(0, ["python3", evil]).Python(evil).Thread(0, main: true)
            .Looks(0, 50, [Py.Script(1, evil), .. Py.Body(evil, evil, 1)]).Looks(50, 100, Py.Code(evil, evil, 2))
            .Distribution(evil, evil, evil).End(100).Report();

        string text = Render(report, 200, ColorSystemSupport.NoColors);
        Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\n') || c == '\u202e');
        Assert.Contains(@"[red]x[/] [link=http://a]\x1b[2J\u202e", text);
    }

    [Fact]
    public void Colours_only_where_they_are_wanted()
    {
        ReportModel report = Samples.Small().Report();

        Assert.Contains("\x1b[", Render(report, 100, ColorSystemSupport.Standard));
        Assert.DoesNotContain("\x1b[", Render(report, 100, ColorSystemSupport.NoColors));
    }

    private static string Render(ReportModel report, int width, ColorSystemSupport colours)
    {
        using StringWriter writer = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours == ColorSystemSupport.NoColors ? AnsiSupport.No : AnsiSupport.Yes,
            ColorSystem = colours,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        TerminalReport.Write(console, report);
        return writer.ToString();
    }
}
