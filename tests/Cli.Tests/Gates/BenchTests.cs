using System.Text.Json.Nodes;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Gates;

/// <summary>Repeated cold starts: what is run how often, in which state, and what is said of it. No time is asserted.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly GateBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void EveryRunIsPreparedAndCounted()
    {
        LibProfResult result = _bench.Run(
            "bench", "--runs", "6", "--warmup", "2", "--no-init", "--prepare", "echo prepared >>log", "-f", "json", "--", "/bin/sh", "-c", "echo run >>log; echo to the user");
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Equal(string.Concat(Enumerable.Repeat("prepared\nrun\n", 8)), File.ReadAllText(_bench.Work["log"]));
        JsonNode json = JsonNode.Parse(result.Output)!;
        Assert.Equal(("libprof-bench/1", 6, 2), ((string)json["schema"]!, (int)json["runs"]!, (int)json["warmup"]!));
        JsonNode command = Assert.Single(json["commands"]!.AsArray())!;
        Assert.Equal("/bin/sh -c 'echo run >>log; echo to the user'", (string)command["command"]!);
        Assert.Equal(6, command["total_ms"]!["values"]!.AsArray().Count);
        Assert.True((double)command["total_ms"]!["low"]! <= (double)command["total_ms"]!["median"]!);
        Assert.True((double)command["total_ms"]!["median"]! <= (double)command["total_ms"]!["high"]!);
        Assert.Null(command["init_ms"]);
        Assert.Null(json["comparison"]);
    }

    [Fact]
    public void InitialisationAndMemoryComeWithTheirIntervals()
    {
        JsonNode json = _bench.Json(0, "bench", "--runs", "6", "-f", "json", "--", Launching.Python, "with/app.py");
        JsonNode command = json["commands"]![0]!;
        Assert.True((bool)command["init_ms"]!["sampled"]!);
        Assert.False((bool)command["total_ms"]!["sampled"]!);
        Assert.All(["total_ms", "cpu_ms", "init_ms", "peak_rss_kib"], figure => Assert.NotNull(command[figure]!["low"]));
        Assert.InRange((double)command["peak_rss_kib"]!["median"]!, 5_000, 5_000_000);

        LibProfResult text = _bench.Run("bench", "--runs", "2", "--", Launching.Python, "without/app.py");
        Assert.Equal((0, ""), (text.Status, text.Errors));
        Assert.Contains("2 timed runs after 1 warm-up, without sampling.", text.Output, StringComparison.Ordinal);
        Assert.Contains("An interval needs at least 6 runs.", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoCommandsRunByTurnsAndAreCompared()
    {
        JsonNode json = _bench.Json(
            0, "bench", "--runs", "10", "--no-init", "--show-output", "--vs", "/bin/sh -c 'echo other >>log'", "-o", "-", "-f", "json", "--", "/bin/sh", "-c", "echo first >>log");
        string[] log = File.ReadAllLines(_bench.Work["log"]);
        Assert.Equal(22, log.Length);
        Assert.All(log.Chunk(2), pair => Assert.Equal(["first", "other"], pair.Order()));
        Assert.Equal("/bin/sh -c 'echo other >>log'", (string)json["commands"]![1]!["command"]!);
        Assert.Contains((string)json["comparison"]!["total_ms"]!["verdict"]!, new[] { "no_difference", "less", "more" });
        Assert.NotNull(json["comparison"]!["total_ms"]!["low"]);
    }

    [Fact]
    public void AHeavyImportIsADifference()
    {
        JsonNode json = _bench.Json(0, "bench", "--runs", "10", "--no-init", "-f", "json", "--vs", $"{Launching.Python} without/app.py", "--", Launching.Python, "with/app.py");
        // Processor time does not depend on who else uses the machine.
        Assert.Equal("more", (string)json["comparison"]!["cpu_ms"]!["verdict"]!);
        Assert.True((double)json["comparison"]!["cpu_ms"]!["ratio"]! > 1.2, json["comparison"]!.ToJsonString());
    }

    [Fact]
    public void CommandsGetNoStreamsOfOurs()
    {
        const string Look = "for n in 0 1 2; do readlink /proc/self/fd/$n; done >>log";
        Assert.Equal(0, _bench.Run("bench", "--runs", "1", "--warmup", "0", "--no-init", "-q", "--", "/bin/sh", "-c", Look).Status);
        Assert.Equal("/dev/null", File.ReadAllLines(_bench.Work["log"])[0]);
        LibProfResult quiet = _bench.Run("bench", "--runs", "1", "--warmup", "0", "--no-init", "--", "/bin/sh", "-c", "echo out; echo err >&2");
        Assert.DoesNotContain("out\n", quiet.Output, StringComparison.Ordinal);
        Assert.Equal("", quiet.Errors);
        LibProfResult shown = _bench.Run("bench", "--runs", "1", "--warmup", "0", "--no-init", "--show-output", "--", "/bin/sh", "-c", "echo out; echo err >&2");
        Assert.StartsWith("out\n", shown.Output, StringComparison.Ordinal);
        Assert.Equal("err\n", shown.Errors);
    }

    [Fact]
    public void InterruptedItEndsAndTheProgramIsTold()
    {
        using TargetProcess bench = _bench.Start(
            "bench", "--warmup", "0", "--show-output", "--", Launching.Python, "-c",
            "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print('told', flush=True), sys.exit(0))); print('ready', flush=True); time.sleep(60)");
        Assert.Equal("ready", bench.ReadLine());
        bench.Signal("TERM");
        Assert.Equal("told", bench.ReadLine());
        Assert.Equal(128 + 15, bench.WaitForExit());
    }
}
