using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Model;

/// <summary>Imports of several interpreters of one process are told apart.</summary>
public sealed class InterpreterTests
{
    private static readonly FrameSpec[] s_json = [Py.Script(1), .. Py.Body("json", "/usr/lib/python3.11/json/__init__.py", 2)];

    [Fact]
    public void The_same_stack_in_two_interpreters_is_two_imports()
    {
        ImportTree tree = ImportTree.Of(TwoInterpreters().Profile());

        Assert.Equal(RecordingScript.Ns(10), tree.Find("json")!.InclusiveNs);
        Assert.Equal(RecordingScript.Ns(30), tree.Find("interpreter 2: json")!.InclusiveNs);
        Assert.Equal(["json", "interpreter 2: json", "interpreter 2: json.decoder"], tree.Modules.Select(module => module.Name));
        Assert.Equal("interpreter 2: json", tree.Find("interpreter 2: json.decoder")!.Cause!.Module);
        Assert.Equal("interpreter 2: json", tree.Find("interpreter 2: json.decoder")!.Within);
        Assert.Equal("__main__", tree.Find("json")!.Cause!.Module);
        Assert.Equal("interpreter 2: __main__", tree.Find("interpreter 2: json")!.Cause!.Module);
    }

    [Fact]
    public void A_library_is_one_in_all_interpreters()
    {
        ReportModel report = TwoInterpreters().Report();

        LibraryReport json = report.Libraries.Single(library => library.Library.Name == "json");
        Assert.Equal((2, RecordingScript.Ns(40)), (json.Modules, json.InitNs!.Value));
        Assert.Equal([0L, 2L, 2L], report.Modules.Where(module => module.Library.Name == "json").Select(module => module.InterpreterId));
        Assert.DoesNotContain(report.Findings.Findings, finding => finding.Module?.StartsWith("interpreter ", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void One_interpreter_keeps_its_stacks()
    {
        Profile profile = RecordingScript.Run().Looks(0, 10, s_json).Profile();

        Assert.Equal(s_json.Length, profile.Stacks.StackCount);
        Assert.All(Enumerable.Range(0, profile.Stacks.StackCount + 1), stack => Assert.Equal(0, profile.Stacks.InterpreterOf(new StackId(stack))));
    }

    [Theory]
    [InlineData(0, "json.decoder", "json.decoder")]
    [InlineData(2, "json.decoder", "interpreter 2: json.decoder")]
    [InlineData(-7, "", "interpreter -7: ")]
    public void A_key_says_both(long interpreter, string name, string key)
    {
        Assert.Equal(key, ModuleKey.Of(interpreter, name));
        Assert.Equal((interpreter, name), (ModuleKey.InterpreterOf(key), ModuleKey.NameOf(key)));
    }

    [Theory]
    [InlineData("interpreter x: json")]
    [InlineData("interpreter 2 json")]
    [InlineData("interpreter")]
    public void Other_names_are_names(string name) => Assert.Equal((0L, name), (ModuleKey.InterpreterOf(name), ModuleKey.NameOf(name)));

    // The main interpreter imports json for 10 ms; then another one for 30 ms, a submodule of it included.
    private static RecordingScript TwoInterpreters()
    {
        RecordingScript script = RecordingScript.Run()
            .Thread(1, interpreter: 2)
            .Module("json", "/usr/lib/python3.11/json/__init__.py")
            .ModuleOf(2, "json", "/usr/lib/python3.11/json/__init__.py")
            .ModuleOf(2, "json.decoder", "/usr/lib/python3.11/json/decoder.py")
            .Look(0, Py.Script(1))
            .Looks(1, 11, s_json);
        FrameSpec[] nested = [.. s_json, .. Py.Body("json.decoder", "/usr/lib/python3.11/json/decoder.py", 3)];
        for (int ms = 11; ms < 42; ms++)
        {
            FrameSpec[] other = ms is 11 or 42 ? [Py.Script(1)] : ms < 30 ? s_json : nested;
            script.Look(ms, (0, [Py.Script(5)], false), (1, other, false));
        }

        return script.Look(42, (0, [Py.Script(5)], false), (1, [Py.Script(1)], false));
    }
}
