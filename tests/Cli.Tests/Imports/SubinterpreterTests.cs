using System.Text.Json;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Imports;

/// <summary>A process with two interpreters: each has its imports and its stacks.</summary>
[Collection(nameof(OneAtATime))]
public sealed class SubinterpreterTests
{
    // Status 77 says that this CPython cannot make interpreters from Python code.
    private const string Program = """
        import sys, time

        def run(code):
            for name in "_interpreters", "_xxsubinterpreters":
                try:
                    module = __import__(name)
                except ImportError:
                    continue
                interpreter = module.create()
                getattr(module, "exec", getattr(module, "run_string", None))(interpreter, code)
                return module.destroy(interpreter)
            try:
                import _testcapi
            except ImportError:
                sys.exit(77)
            _testcapi.run_in_subinterp(code)

        import common
        run("import sys\nsys.path.insert(0, %r)\nimport common\nimport second.part\ncommon.work()\n" % sys.path[0])
        """;

    private const string Slow = "import time\nend = time.perf_counter() + 0.1\nwhile time.perf_counter() < end:\n    pass\n";
    private const string Work = Slow + "def work():\n    end = time.perf_counter() + 0.1\n    while time.perf_counter() < end:\n        pass\n";

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void EachHasItsImports(PythonInterpreter python)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target (set LIBPROF_BINARY)");
        using WorkPlace place = new(python);
        using TemporaryDirectory results = new();
        place.Write("common.py", Work);
        place.Write("second/__init__.py", "");
        place.Write("second/part.py", Slow);
        string[] command = [.. python.Command, place.Write("app.py", Program)];

        LibProfResult run = LibProfProgram.Run(["run", "-q", "-o", results["app.libprof"], "--", .. command]);
        Assert.SkipWhen(run.Status == 77, $"{python} has no module that makes interpreters");
        Assert.True(run.Status == 0, run.Errors);
        LibProfResult json = LibProfProgram.Run("report", "-f", "json", results["app.libprof"]);
        LibProfResult collapsed = LibProfProgram.Run("report", "-f", "collapsed", results["app.libprof"]);
        LibProfResult text = LibProfProgram.Run("report", results["app.libprof"]);

        using var report = JsonDocument.Parse(json.Output);
        JsonElement[] modules = [.. report.RootElement.GetProperty("modules").EnumerateArray()];
        JsonElement main = Module(modules, "common", 0);
        JsonElement other = Module(modules, "common", 1);
        JsonElement part = Module(modules, "second.part", 1);
        Assert.Equal(place["common.py"], main.GetProperty("file").GetString());
        Assert.Equal(place["common.py"], other.GetProperty("file").GetString());
        Assert.Equal(("__main__", 18), (main.GetProperty("imported_by").GetString(), main.GetProperty("import_line").GetInt32()));
        Assert.Equal(("__main__", 3), (other.GetProperty("imported_by").GetString(), other.GetProperty("import_line").GetInt32()));
        Assert.Equal(("__main__", 4), (part.GetProperty("imported_by").GetString(), part.GetProperty("import_line").GetInt32()));
        Assert.All([main, other, part], module => Assert.True(module.GetProperty("inclusive_ms").GetDouble() > 0));
        Assert.DoesNotContain(modules, module => Name(module) == "second.part" && Of(module) == 0);
        Assert.Equal(modules.Length, modules.Select(module => (Name(module), Of(module))).Distinct().Count());
        Assert.Contains("interpreter 1: second.part", text.Output, StringComparison.Ordinal);
        Assert.Contains(collapsed.Output.Split('\n'), line => line.Contains(", interpreter 1", StringComparison.Ordinal) && line.Contains("work", StringComparison.Ordinal));
    }

    private static JsonElement Module(JsonElement[] modules, string name, long interpreter)
    {
        JsonElement found = Array.Find(modules, module => Name(module) == name && Of(module) == interpreter);
        Assert.True(found.ValueKind == JsonValueKind.Object, $"{name} of interpreter {interpreter} is not among {string.Join(' ', modules.Select(module => $"{Of(module)}:{Name(module)}"))}");
        return found;
    }

    private static string? Name(JsonElement module) => module.GetProperty("name").GetString();

    private static long Of(JsonElement module) => module.TryGetProperty("interpreter", out JsonElement number) ? number.GetInt64() : 0;
}
