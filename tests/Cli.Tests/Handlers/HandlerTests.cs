using System.Globalization;
using System.Text.Json;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Handlers;

/// <summary><c>libprof run --handler</c>: what a handler finds, what becomes of its result, and how its calls are told apart.</summary>
public sealed class HandlerTests : IDisposable
{
    private const string Calm = """
        import helper

        def handler(event, context):
            return [event, helper.VALUE, context.aws_request_id[-1], context.get_remaining_time_in_millis() > 0]
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters), DisableDiscoveryEnumeration = true)]
    public void Every_version_runs_a_handler_and_each_call_is_timed(PythonInterpreter interpreter)
    {
        Write("handler.py", Calm, interpreter);
        Write("helper.py", "VALUE = 'é\\n'\n", interpreter);
        JsonElement report = Report(interpreter.Command, ["--handler", _directory.Path, "--event", Event("""{"a": [1, 2.5, null, true, "ü"], "big": 123456789012345678901234567890, "n": -7}"""), "--invocations", "3"], out LibProfResult run);

        Assert.Equal(
            string.Concat(Enumerable.Range(1, 3).Select(n =>
                $$"""[{"a": [1, 2.5, null, true, "ü"], "big": 123456789012345678901234567890, "n": -7}, "é\n", "{{n}}", true]""" + "\n")),
            run.Output);
        JsonElement phases = report.GetProperty("phases");
        double[] calls = [.. phases.GetProperty("invocations_ms").EnumerateArray().Select(call => call.GetDouble())];
        Assert.Equal(3, calls.Length);
        Assert.All(calls, call => Assert.True(call > 0));
        Assert.False(phases.TryGetProperty("main_ms", out _));
        double sum = calls.Sum() + phases.EnumerateObject().Where(phase => phase.Value.ValueKind == JsonValueKind.Number).Sum(phase => phase.Value.GetDouble());
        Assert.Equal(report.GetProperty("sampling").GetProperty("duration_ms").GetDouble(), sum, 0.05);
    }

    [Fact]
    public void The_handler_finds_what_its_runtime_gives_it()
    {
        Write("shop/__init__.py", "");
        Write("shop/app.py", """
            import os, sys
            def lambda_handler(event, context):
                main = sys.modules["__main__"]
                return {"cwd": os.getcwd(), "path": sys.path[0], "argv": sys.argv, "name": __name__,
                        "main": [main is not sys.modules["shop.app"], sorted(n for n in vars(main) if n[0] != "_")],
                        "descriptors": [f for f in map(int, os.listdir("/proc/self/fd")) if 2 < f < 100 and os.path.exists("/proc/self/fd/%d" % f)],
                        "inherited": [f for f in range(3, 1000) if os.path.exists("/proc/self/fd/%d" % f) and os.readlink("/proc/self/fd/%d" % f).startswith("socket:") and os.get_inheritable(f)],
                        "imported": sorted({"json", "traceback", "socket", "logging"} & set(sys.modules))}
            """);
        string[] python = ["/usr/bin/env", "-u", "NOTHING", Launching.Python];
        JsonElement answer = JsonDocument.Parse(Run(python, ["--handler", _directory.Path + "/shop.app:lambda_handler"]).Output).RootElement;

        Assert.Equal(_directory.Path, answer.GetProperty("cwd").GetString());
        Assert.Equal(_directory.Path, answer.GetProperty("path").GetString());
        Assert.Equal("""["bootstrap", "shop.app"]""", answer.GetProperty("argv").GetRawText());
        Assert.Equal("shop.app", answer.GetProperty("name").GetString());
        Assert.Equal("[true, []]", answer.GetProperty("main").GetRawText());
        const string Descriptors = "import os; print([f for f in map(int, os.listdir('/proc/self/fd')) if 2 < f < 100 and os.path.exists('/proc/self/fd/%d' % f)])";
        Assert.Equal(Launching.Run([Launching.Python, "-c", Descriptors]).Output.Trim(), answer.GetProperty("descriptors").GetRawText());
        Assert.Equal("[]", answer.GetProperty("inherited").GetRawText());
        Assert.Equal("[]", answer.GetProperty("imported").GetRawText());
    }

    [Fact]
    public void Every_call_gets_an_event_of_its_own()
    {
        Write("handler.py", "def handler(event, context):\n    event['n'] += 1\n    print('said')\n    return event\n");
        Write("event.json", """{"n": 1}""");

        Assert.Equal("said\n{\"n\": 2}\nsaid\n{\"n\": 2}\n", Run([Launching.Python], ["--handler", _directory.Path, "--invocations", "2"]).Output);
    }

    [Theory]
    [InlineData("float('nan'), float('inf'), -float('inf'), 1e300", "[NaN, Infinity, -Infinity, 1e+300]")]
    [InlineData("{1: (), None: {}, True: '\\x00\\x1f\"\\\\/\\u2028', 1.5: 10**30}", "{\"1\": \"\\u0000\\u001f\\\"\\\\/\u2028\", \"null\": {}, \"1.5\": 1000000000000000000000000000000}")]
    [InlineData("'\\ud800'", "\"\\ud800\"")]
    [InlineData("None", "null")]
    public void Results_are_printed_as_json(string result, string expected)
    {
        Write("handler.py", $"def handler(event, context):\n    return {result}\n");
        string output = Run([Launching.Python], ["--handler", _directory.Path]).Output;

        Assert.Equal(expected + "\n", output);
    }

    [Theory]
    [InlineData("import nowhere\n", "Traceback (most recent call last):\n  File \"DIR/handler.py\", line 1, in <module>\n    import nowhere\nModuleNotFoundError: No module named 'nowhere'\n", 1)]
    [InlineData("def handler(event, context):\n    raise KeyError('k')\n", "Traceback (most recent call last):\n  File \"DIR/handler.py\", line 2, in handler\n    raise KeyError('k')\nKeyError: 'k'\n", 1)]
    [InlineData("def other(event, context): pass\n", "Handler 'handler' or 'lambda_handler' or 'main' missing on module 'handler'\n", 1)]
    [InlineData("def handler(event, context): return object()\n", "TypeError: the handler's result is no JSON: it holds a object\n", 1)]
    [InlineData("import sys\ndef handler(event, context): sys.exit(7)\n", "", 7)]
    [InlineData("import os\ndef handler(event, context): os.kill(os.getpid(), 9)\n", "", 137)]
    public void Errors_are_told_as_python_tells_them(string code, string errors, int status)
    {
        Write("handler.py", code);
        LibProfResult run = RunAny([Launching.Python], ["--handler", _directory.Path]);

        Assert.Equal((status, "", errors.Replace("DIR", _directory.Path, StringComparison.Ordinal)), (run.Status, run.Output, run.Errors));
    }

    [Fact]
    public void The_driver_is_nobodys_import()
    {
        Write("handler.py", Calm);
        Write("helper.py", "import time\ntime.sleep(0.05)\nVALUE = 1\n");
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target");
        JsonElement report = Report([Launching.Python], ["--handler", _directory.Path], out _);
        Dictionary<string, JsonElement> modules = report.GetProperty("modules").EnumerateArray().ToDictionary(module => module.GetProperty("name").GetString()!);

        Assert.Equal(_directory["handler.py"], modules["helper"].GetProperty("import_file").GetString());
        Assert.True(modules["handler"].TryGetProperty("inclusive_ms", out _));
        Assert.False(modules["handler"].TryGetProperty("import_file", out _));
        Assert.Equal("application", report.GetProperty("libraries").EnumerateArray().Single(library => library.GetProperty("name").GetString() == "handler").GetProperty("kind").GetString());
        Assert.DoesNotContain("libprof handler driver", report.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_slow_rate_does_not_hold_up_the_calls_and_a_duration_lets_them_go()
    {
        Write("handler.py", "def handler(event, context): return 1\n");
        string[] many = ["--handler", _directory.Path, "--invocations", "300"];

        Assert.Equal(600, Run([Launching.Python], [.. many, "-r", "100"]).Output.Length);
        Assert.Equal(600, Run([Launching.Python], [.. many, "-d", "0.05"]).Output.Length);
        Assert.Equal(600, Run([Launching.Python], [.. many, "--blocking"]).Output.Length);
    }

    [Fact]
    public void When_libprof_is_killed_the_handler_goes_on()
    {
        Write("handler.py", """
            import signal, sys
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            def handler(event, context):
                if context.aws_request_id[-1] == "1":
                    print("ready", flush=True)
                    sys.stdin.readline()
                return context.aws_request_id[-1]
            """);
        using TargetProcess run = TargetProcess.Launch(
            [LibProfProgram.Binary, "run", "-q", "-o", _directory["killed.libprof"], "--handler", _directory.Path, "--invocations", "3", "--", Launching.Python]);
        run.WaitForReady();
        run.Signal("KILL");
        run.WriteLine();

        Assert.Equal("\"1\"\n\"2\"\n\"3\"\n", run.ReadToEnd());
    }

    [Theory]
    [InlineData("nomodule", "bad handler 'nomodule'")]
    [InlineData("app:", "bad handler 'app:'")]
    [InlineData("/nowhere/app:f", "/nowhere: no such directory")]
    public void A_handler_that_cannot_be_is_refused(string handler, string error)
    {
        LibProfResult run = RunAny([Launching.Python], ["--handler", handler]);
        Assert.Equal((2, $"libprof: {error}"), (run.Status, run.Errors.Split('\n')[0]));
    }

    [Fact]
    public void Bad_events_and_options_without_a_handler_are_refused()
    {
        Write("handler.py", Calm);
        Assert.Contains("is not JSON: line 2, column 3", RunAny([Launching.Python], ["--handler", _directory.Path, "--event", Event("{\n  x}")]).Errors, StringComparison.Ordinal);
        Assert.Contains("cannot read the event", RunAny([Launching.Python], ["--handler", _directory.Path, "--event", "/nowhere"]).Errors, StringComparison.Ordinal);
        Assert.Contains("no handler in", RunAny([Launching.Python], ["--handler", "/proc/self/task"]).Errors, StringComparison.Ordinal);
        Assert.Contains("bad number", RunAny([Launching.Python], ["--handler", _directory.Path, "--invocations", "0"]).Errors, StringComparison.Ordinal);
        Assert.Contains("are for a handler", RunAny([Launching.Python], ["--invocations", "2"]).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_is_no_python_is_said_not_to_have_run_the_handler()
    {
        Write("handler.py", Calm);
        LibProfResult run = LibProfProgram.Run(["run", "-o", _directory["out.libprof"], "--handler", _directory.Path, "--", "/bin/true"]);
        Assert.Equal(0, run.Status);
        Assert.Contains("libprof: warning: the handler was not run\n", run.Errors, StringComparison.Ordinal);
    }

    private static string[] Quiet(string output, string[] options) => ["run", "-q", "-o", output, .. options];

    private void Write(string name, string text, PythonInterpreter? interpreter = null)
    {
        _directory.Write(name, text);
        if (interpreter is { IsInOtherRoot: true })
        {
            Directory.CreateDirectory(interpreter.Root + _directory.Path);
            File.WriteAllText(interpreter.Root + _directory[name], text);
        }
    }

    private string Event(string json) => _directory.Write("given.json", json);

    private LibProfResult Run(IEnumerable<string> command, string[] options)
    {
        LibProfResult run = RunAny(command, options);
        Assert.True(run is { Status: 0, Errors: "" }, string.Create(CultureInfo.InvariantCulture, $"status {run.Status}: {run.Errors}"));
        return run;
    }

    private LibProfResult RunAny(IEnumerable<string> command, string[] options) =>
        LibProfProgram.Run([.. Quiet(_directory["run.libprof"], options), "--", .. command], input: null, environment: new Dictionary<string, string?> { ["PYTHONIOENCODING"] = "utf-8" });

    private JsonElement Report(IEnumerable<string> command, string[] options, out LibProfResult run)
    {
        run = Run(command, ["-f", "json", .. options]);
        return JsonDocument.Parse(File.ReadAllBytes(_directory["run.libprof"])).RootElement;
    }
}
