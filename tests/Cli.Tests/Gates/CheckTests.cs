using System.Text.Json.Nodes;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Gates;

/// <summary>A build's gate: a program that gains a heavy import fails it, the same program without it does not, each time.</summary>
public sealed class CheckTests : IDisposable
{
    private const int Times = 10;

    private readonly GateBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void AnImportThatMustNotBeThereFailsTheCheckEachTime()
    {
        _bench.Work.Write("budget.json", $$"""
            {
              // Presence does not flake.
              "forbidden": ["error", ["{{_bench.Heavy}}"]],
              "init": ["warn", "1 ms"],
            }
            """);
        for (int i = 0; i < Times; i++)
        {
            string without = _bench.Record($"without{i}.libprof", "without/app.py");
            LibProfResult passed = _bench.Run("check", without, "--budget", "budget.json");
            Assert.True(passed.Status == 0, passed.ToString());
            Assert.Contains("Within the budget", passed.Output, StringComparison.Ordinal);

            string with = _bench.Record($"with{i}.libprof", "with/app.py");
            LibProfResult failed = _bench.Run("check", with, "--budget", "budget.json");
            Assert.True(failed.Status == 1, failed.ToString());
            Assert.Contains($"{_bench.Heavy} is loaded and must not be", failed.Output, StringComparison.Ordinal);
            Assert.Contains($"app.py:2 imports {_bench.Heavy}", failed.Output, StringComparison.Ordinal);
            Assert.Equal((1, ""), (_bench.Run("check", without, with, "--budget", "budget.json").Status, failed.Errors));
        }
    }

    [Fact]
    public void ABudgetThatIsWrittenFromRecordingsKeepsTheImportOutEachTime()
    {
        string[] recordings = [.. Enumerable.Range(0, 3).Select(i => _bench.Record($"base{i}.libprof", "without/app.py"))];
        LibProfResult written = _bench.Run(["check", .. recordings, "--budget", "budget.json", "--update"]);
        Assert.Equal((0, ""), (written.Status, written.Errors));
        // Times are for warnings there; a machine that runs the tests of others may take any.
        string budget = File.ReadAllText(_bench.Work["budget.json"]);
        Assert.Contains("\"init\": [\"warn\", ", budget, StringComparison.Ordinal);
        Assert.Contains("\"modules\": [\"error\", ", budget, StringComparison.Ordinal);
        for (int i = 0; i < Times; i++)
        {
            JsonNode without = _bench.Json(0, "check", "-f", "json", _bench.Record("without.libprof", "without/app.py"), "--budget", "budget.json");
            Assert.Equal("kept", Outcome(without, "modules"));
            JsonNode with = _bench.Json(1, "check", "-f", "json", _bench.Record("with.libprof", "with/app.py"), "--budget", "budget.json");
            Assert.Equal("broken", Outcome(with, "modules"));
        }
    }

    [Fact]
    public void UpdateChangesLimitsOnly()
    {
        string recording = _bench.Record("app.libprof", "with/app.py");
        const string Budget = """
            {
              // As few as possible.
              "modules":  ["error", 1],
              "entry-points": { "app.py": { "libraries": "off" } },
            }
            """;
        _bench.Work.Write("budget.json", Budget);
        Assert.Equal(1, _bench.Run("check", recording, "--budget", "budget.json").Status);
        Assert.Equal(0, _bench.Run("check", recording, "--budget", "budget.json", "--update").Status);
        Assert.Matches(
            "^" + System.Text.RegularExpressions.Regex.Escape(Budget).Replace(",\\ 1]", ",\\ \\d+\\]", StringComparison.Ordinal) + "$",
            File.ReadAllText(_bench.Work["budget.json"]));
        Assert.Equal((0, ""), (_bench.Run("check", "-q", recording, "--budget", "budget.json").Status, _bench.Run("check", "-q", recording, "--budget", "budget.json").Output));
    }

    [Fact]
    public void DiffSaysWhatCameAndWhoImportsIt()
    {
        string without = _bench.Record("without.libprof", "without/app.py");
        string with = _bench.Record("with.libprof", "with/app.py");
        JsonNode diff = _bench.Json(0, "diff", "-f", "json", without, with);
        JsonNode came = diff["modules"]!.AsArray().Single(module => (string)module!["name"]! == _bench.Heavy)!;
        Assert.Equal(("came", 2), ((string)came["change"]!, (int)came["import_line"]!));
        Assert.True((double)diff["figures"]!["modules"]!["after"]! > (double)diff["figures"]!["modules"]!["before"]!);

        LibProfResult text = _bench.Run("diff", without, with);
        Assert.Equal((0, ""), (text.Status, text.Errors));
        Assert.Contains("Modules that came, with those that they bring", text.Output, StringComparison.Ordinal);
        Assert.Contains("app.py:2", text.Output, StringComparison.Ordinal);

        Assert.Equal(0, _bench.Run("diff", "-f", "markdown", "-o", "diff.md", with, without).Status);
        Assert.Contains($"| `{_bench.Heavy}` | went |", File.ReadAllText(_bench.Work["diff.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void DiffWarnsWhenTheRecordingsWereNotMadeAlike()
    {
        string first = _bench.Record("first.libprof", "without/app.py");
        Assert.Equal(0, _bench.Run(["run", "-q", "-r", "1000", "-o", "second.libprof", "--", Launch.Launching.Python, "without/app.py"]).Status);
        LibProfResult diff = _bench.Run("diff", first, "second.libprof");
        Assert.Equal((0, "libprof: warning: the recordings were not made alike: rate 5000 Hz -> 1000 Hz\n"), (diff.Status, diff.Errors));
        Assert.Equal("", _bench.Run("diff", "-q", first, "second.libprof").Errors);
    }

    private static string Outcome(JsonNode check, string rule) =>
        (string)check["entry_points"]![0]!["rules"]!.AsArray().Single(one => (string)one!["rule"]! == rule)!["outcome"]!;
}
