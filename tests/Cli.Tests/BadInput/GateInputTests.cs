using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.BadInput;

/// <summary>What <c>check</c>, <c>diff</c> and <c>bench</c> cannot work with: one clear line, status 2 (or the launcher's), nothing left behind.</summary>
public sealed class GateInputTests : IDisposable
{
    private readonly BadInputBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void BudgetsThatMakeNoSenseAreRefusedWithTheirLine()
    {
        Record("app.libprof");
        _bench.Work.Write("unknown.json", "{\n  \"modules\": 99999,\n  \"inti\": \"1 s\"\n}\n");
        _bench.Work.Write("empty.json", "");
        _bench.Work.Write("none.json", "{}\n");
        _bench.Work.Write("unit.json", "{ \"init\": \"400\" }\n");
        _bench.Work.Write("other.json", "{ \"entry-points\": { \"other.py\": { \"modules\": 1 } } }\n");
        BadInputBench.AssertRefused(Check("unknown.json"), 2, "unknown.json:3: unknown key 'inti'", "keys: init, total");
        BadInputBench.AssertRefused(Check("empty.json"), 2, "empty.json:1: this is not JSON");
        BadInputBench.AssertRefused(Check("none.json"), 2, "none.json: the budget has no rule", "rules: init");
        BadInputBench.AssertRefused(Check("unit.json"), 2, "unit.json:1: the limit of 'init' is a time");
        BadInputBench.AssertRefused(Check("other.json"), 2, "other.json: the budget has no rule for ", "other.py");
        BadInputBench.AssertRefused(Check("missing.json"), 2, "cannot read missing.json: no such file", "--update");
        BadInputBench.AssertRefused(Check("."), 2, "cannot read .: it is a directory");
        BadInputBench.AssertRefused(Check("app.libprof"), 2, "app.libprof:", "");

        LibProfResult Check(string budget) => _bench.Run("check", "app.libprof", "--budget", budget);
    }

    [Fact]
    public void RecordingsThatProveNothingAreRefused()
    {
        Record("app.libprof");
        _bench.Work.Write("budget.json", "{ \"modules\": 99999 }\n");
        byte[] whole = File.ReadAllBytes(_bench.Work["app.libprof"]);
        File.WriteAllBytes(_bench.Work["cut.libprof"], whole.AsSpan(0, whole.Length - 3));
        _bench.Work.Write("text", "no recording\n");
        Assert.Equal(0, _bench.Run("run", "-q", "-o", "sh.libprof", "--", "/bin/sh", "-c", "exit 0").Status);
        foreach (string verb in (string[])["check", "diff"])
        {
            string[] rest = verb == "check" ? ["--budget", "budget.json"] : ["app.libprof"];
            BadInputBench.AssertRefused(_bench.Run([verb, "none.libprof", .. rest]), 2, "cannot read none.libprof: no such file");
            BadInputBench.AssertRefused(_bench.Run([verb, "text", .. rest]), 2, "text: not a libprof recording");
            BadInputBench.AssertRefused(_bench.Run([verb, "sh.libprof", .. rest]), 2, "no Python was seen in ");
        }

        BadInputBench.AssertRefused(_bench.Run("check", "cut.libprof", "--budget", "budget.json"), 2, "cut.libprof: the recording is cut after ", "whole recordings");
        LibProfResult diff = _bench.Run("diff", "cut.libprof", "app.libprof");
        Assert.Equal(0, diff.Status);
        BadInputBench.AssertErrors(diff.Errors, "warning: the recording is cut after ");
    }

    [Fact]
    public void NoBudgetIsMadeFromARunThatFailed()
    {
        Record("failed.libprof", "import time; time.sleep(0.3); raise SystemExit(3)", status: 3);
        BadInputBench.AssertRefused(_bench.Run("check", "failed.libprof", "--budget", "new.json", "--update"), 2, "ended with status 3", "record one that succeeds");
        Assert.False(File.Exists(_bench.Work["new.json"]));
        Record("app.libprof");
        BadInputBench.AssertRefused(_bench.Run("check", "app.libprof", "--budget", "none/new.json", "--update"), 2, "cannot read none/new.json: no such file");
        _bench.Work.Write("other.json", "{ \"entry-points\": { \"other.py\": { \"modules\": 1 } } }\n");
        BadInputBench.AssertRefused(_bench.Run("check", "app.libprof", "--budget", "other.json", "--update"), 2, "the budget has no limit for ", "entry-points");
        Assert.Equal("{ \"entry-points\": { \"other.py\": { \"modules\": 1 } } }\n", File.ReadAllText(_bench.Work["other.json"]));
    }

    [Fact]
    public void CommandsThatFailAreNoMeasurement()
    {
        BadInputBench.AssertRefused(_bench.Run("bench", "--", "/bin/sh", "-c", "exit 3"), 2, "a run of /bin/sh -c 'exit 3' ended with status 3", "--ignore-failure");
        BadInputBench.AssertRefused(_bench.Run("bench", "--vs", "/bin/sh -c 'exit 4'", "--", "/bin/true"), 2, "ended with status 4", "--show-output");
        BadInputBench.AssertRefused(_bench.Run("bench", "--prepare", "exit 5", "--", "/bin/true"), 2, "the preparation ended with status 5", "sh -c 'exit 5'");
        BadInputBench.AssertRefused(_bench.Run("bench", "--", "no-such-command-anywhere"), 127, "no-such-command-anywhere: command not found");
        BadInputBench.AssertRefused(_bench.Run("bench", "--", "/"), 126, "cannot execute /: it is a directory");
        BadInputBench.AssertRefused(_bench.Run("bench", "--runs", "1", "--no-init", "-o", "none/x", "--", "/bin/true"), 2, "cannot write none/x: no such directory", "-o FILE");
        Assert.Equal(0, _bench.Run("bench", "--runs", "1", "--ignore-failure", "--", "/bin/sh", "-c", "exit 3").Status);
        _bench.AssertFiles();
    }

    private void Record(string name, string program = "import json, time; time.sleep(0.3)", int status = 0)
    {
        LibProfResult result = _bench.Run("run", "-q", "-o", name, "--", Launching.Python, "-c", program);
        Assert.Equal((status, "", ""), (result.Status, result.Output, result.Errors));
    }
}
