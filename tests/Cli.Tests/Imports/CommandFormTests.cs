using System.Text.Json;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Imports;

/// <summary>However a Python is started, what it imports is seen from its exec on.</summary>
[Collection(nameof(OneAtATime))]
public sealed class CommandFormTests
{
    private const string Module = "import time\nend = time.perf_counter() + 0.1\nwhile time.perf_counter() < end:\n    pass\nvalue = 1\n";

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void OfAString(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        place.Write("slow.py", Module);
        string path = place.Path;
        ImportReport report = ImportReport.Of([.. interpreter.Command, "-c", $"import sys\nsys.path.insert(0, {Quote(path)})\nimport slow\n"]);

        AssertImported(report, "<string>", 3);
        Assert.Equal("application", report.Library("__main__").GetProperty("kind").GetString());
        Assert.Null(report.Text("__main__", "file"));
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void OfStandardInput(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        place.Write("slow.py", Module);
        ImportReport report = ImportReport.Of([.. interpreter.Command], $"import sys\nsys.path.insert(0, {Quote(place.Path)})\nimport slow\nprint('told')\n");

        AssertImported(report, "<stdin>", 3);
        Assert.Equal("told\n", report.Result.Output);
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void OfAModule(PythonInterpreter interpreter)
    {
        Assert.SkipWhen(interpreter.IsInOtherRoot, "the module is found in the working directory, which a change of root leaves");
        using WorkPlace place = new(interpreter);
        place.Write("tool/slow.py", Module);
        place.Write("tool/__init__.py", "");
        place.Write("tool/__main__.py", "from . import slow\nassert slow\n");
        ImportReport report = ImportReport.Of([.. interpreter.Command, "-m", "tool"], directory: place.Path);

        AssertImported(report, place["tool/__main__.py"], 1, "tool.slow");
        Assert.Equal("application", report.Library("tool").GetProperty("kind").GetString());
    }

    [Fact]
    public void OfAShellThatExecs()
    {
        PythonInterpreter python = Interpreters.Any();
        using WorkPlace place = new(python);
        place.Write("slow.py", Module);
        string script = place.Write("app.py", "import slow\n");
        string wrapper = place.Write("wrapper", $"#!/bin/sh\ni=0\nwhile [ $i -lt 50000 ]; do i=$((i+1)); done\nexec {python.Path} {script} \"$@\"\n", executable: true);
        ImportReport report = ImportReport.Of([wrapper, "an argument"]);

        AssertImported(report, script, 1);
        JsonElement process = report.Root.GetProperty("process");
        Assert.Equal([python.Path, script, "an argument"], CommandLine(process));
        JsonElement previous = Assert.Single(process.GetProperty("previous").EnumerateArray());
        Assert.Equal(["/bin/sh", wrapper, "an argument"], CommandLine(previous));
        Assert.False(previous.TryGetProperty("python_version", out _));
    }

    [Fact]
    public void OfEnv()
    {
        PythonInterpreter python = Interpreters.Any();
        using WorkPlace place = new(python);
        place.Write("slow.py", Module);
        string script = place.Write("app.py", "import slow\n");
        ImportReport report = ImportReport.Of(["/usr/bin/env", $"PATH={Path.GetDirectoryName(python.Path)}", Path.GetFileName(python.Path), script]);

        AssertImported(report, script, 1);
        // env takes less than a millisecond, which a look may or may not fall into.
        Assert.All(report.Root.GetProperty("process").GetProperty("previous").EnumerateArray(), image => Assert.Equal("/usr/bin/env", CommandLine(image)[0]));
    }

    [Fact]
    public void OfAConsoleScript()
    {
        PythonInterpreter python = Interpreters.Any();
        using WorkPlace place = new(python);
        place.Write("slow.py", Module);
        string script = place.Write("tool", $"#!{python.Path}\n# -*- coding: utf-8 -*-\nimport sys\nimport slow\nsys.exit(slow.value - 1)\n", executable: true);
        ImportReport report = ImportReport.Of([script]);

        AssertImported(report, script, 4);
        Assert.Empty(report.Root.GetProperty("process").GetProperty("previous").EnumerateArray());
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void OfAPythonThatExecsAPython(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        place.Write("slow.py", Module);
        place.Write("before.py", Module);
        string second = place.Write("second.py", "import slow\n");
        string first = place.Write("first.py", $"import os, sys\nimport before\nos.execv(sys.executable, [sys.executable, {Quote(second)}])\n");
        ImportReport report = ImportReport.Of([.. interpreter.Command, first]);

        AssertImported(report, second, 1);
        Assert.DoesNotContain("before", report.Names);
        JsonElement process = report.Root.GetProperty("process");
        Assert.Equal(second, CommandLine(process)[^1]);
        JsonElement previous = process.GetProperty("previous").EnumerateArray().Last();
        Assert.Equal(first, CommandLine(previous)[^1]);
        Assert.StartsWith($"3.{interpreter.Version.Minor}.", previous.GetProperty("python_version").GetString(), StringComparison.Ordinal);
        Assert.Equal(process.GetProperty("pid").GetInt32(), previous.GetProperty("pid").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void EndedByASignal(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        place.Write("slow.py", Module);
        string script = place.Write("app.py", "import slow\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n");
        ImportReport report = ImportReport.Of([.. interpreter.Command, script], status: 137);

        AssertImported(report, script, 1);
        Assert.Equal(137, report.Root.GetProperty("process").GetProperty("exit_status").GetInt32());
        Assert.False(report.Root.GetProperty("phases").TryGetProperty("finalize_ms", out _), "it did not finalize");
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void TheLastImportIsInTheInventory(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        place.Write("slow.py", Module);
        place.Write("last_but_one.py", "value = 1\n");
        place.Write("last_one.py", "value = 1\n");
        string script = place.Write("app.py", "import slow\nimport last_but_one\nimport last_one\n");
        int complete = 0;
        for (int run = 0; run < 10; run++)
        {
            ImportReport report = ImportReport.Of([.. interpreter.Command, script]);
            complete += report.Names.Contains("last_one") && report.Text("last_one", "file") == place["last_one.py"] && report.Text("last_one", "kind") == "source" ? 1 : 0;
        }

        // Between the import and the end of the inventory lie one to ten milliseconds: on a busy machine libprof may sleep through them.
        Assert.SkipWhen(complete is > 0 and < 8, $"complete in {complete} runs of 10: too busy a machine to tell");
        Assert.True(complete > 0, "never");
    }

    [Fact]
    public void NotOfPython()
    {
        ImportReport report = ImportReport.Of(["/bin/sh", "-c", "exit 7"], status: 7);

        Assert.Empty(report.Names);
        Assert.Empty(report.Root.GetProperty("libraries").EnumerateArray());
        Assert.False(report.Root.GetProperty("process").TryGetProperty("python_version", out _));
        Assert.False(report.Root.TryGetProperty("phases", out _));
    }

    /// <summary>A module that spins for a tenth of a second was seen, and who imports it.</summary>
    private static void AssertImported(ImportReport report, string file, int line, string module = "slow")
    {
        Assert.True(report.IsTimed(module), $"not timed: {report.Module(module)}");
        Assert.Equal((file, line, "source"), (report.Text(module, "import_file"), (int?)report.Number(module, "import_line"), report.Text(module, "kind")));
        Assert.Equal("__main__", report.Text(module, "imported_by"));
        Assert.True(report.Number(module, "inclusive_ms") > 5);
    }

    private static List<string> CommandLine(JsonElement process) => [.. process.GetProperty("command_line").EnumerateArray().Select(word => word.GetString()!)];

    private static string Quote(string text) => $"'{text}'";
}
