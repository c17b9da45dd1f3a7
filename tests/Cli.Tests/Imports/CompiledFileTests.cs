using System.Globalization;
using System.Text;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Imports;

/// <summary>Time to compile shows when the compiled file is missing or stale, and only then.</summary>
[Collection(nameof(OneAtATime))]
public sealed class CompiledFileTests
{
    // Gives libprof the time to be there on a busy machine.
    private const string Late = "import time\nend = time.perf_counter() + 0.1\nwhile time.perf_counter() < end:\n    pass\n";

    private const string Compiler = "import py_compile, sys; py_compile.compile(sys.argv[1], cfile=sys.argv[2], doraise=True)";

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void CompilingShowsWhereItHappens(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        string[] command = [.. interpreter.Command, place.Write("app.py", Late + "import big\n")];
        place.Write("big.py", Source("first"));

        AssertCompiled(ImportReport.Of(command), true, "no compiled file");
        AssertCompiled(ImportReport.Of(command), false, "a fresh compiled file");

        place.Write("big.py", Source("second, longer"));
        AssertCompiled(ImportReport.Of(command), true, "a stale compiled file");
        AssertCompiled(ImportReport.Of(command), false, "a renewed compiled file");

        string[] unwritten = [.. interpreter.Command, "-B", place["app.py"]];
        Directory.Delete(place.Outside("__pycache__"), recursive: true);
        ImportReport report = ImportReport.Of(unwritten);
        AssertCompiled(report, true, "no compiled file, with -B");
        Assert.True(report.Root.GetProperty("environment").GetProperty("dont_write_bytecode").GetBoolean());
        AssertCompiled(ImportReport.Of(unwritten), true, "again with -B");
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void AModuleWithoutSourceIsBytecode(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        place.Write("sources/big.py", Source("only"));
        string script = place.Write("app.py", Late + "import big\n");
        using (TargetProcess compiler = TargetProcess.Launch([.. interpreter.Command, "-c", Compiler, place["sources/big.py"], place["big.pyc"]]))
        {
            Assert.True(compiler.Finish() == 0, compiler.Errors);
        }

        ImportReport report = ImportReport.Of([.. interpreter.Command, script]);

        Assert.Equal(("bytecode", place["big.pyc"], "big"), (report.Text("big", "kind"), report.Text("big", "file"), report.Text("big", "library")));
        AssertCompiled(report, false, "no source");
        Assert.Equal("application", report.Library("big").GetProperty("kind").GetString());
    }

    private static void AssertCompiled(ImportReport report, bool compiled, string when)
    {
        Assert.Equal("big", report.Text("big", "library"));
        if (compiled)
        {
            Assert.True(report.Phase("big", "compile") > 0, $"with {when}: {report.Module("big")}");
        }
        else
        {
            Assert.False(report.Phase("big", "compile") > 0, $"with {when}: {report.Module("big")}");
        }
    }

    /// <summary>A module that takes tens of milliseconds to compile.</summary>
    private static string Source(string comment)
    {
        StringBuilder text = new($"# {comment}\n");
        for (int i = 0; i < 1500; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"def f{i}(a, b=None, *c):\n    if a:\n        return [x + b * {i} for x in range(a)]\n    return dict(a=a, b=b, c=c)\n");
        }

        return text.ToString();
    }
}
