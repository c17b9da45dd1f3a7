using System.Globalization;
using LibProf.Analyzer.Live;
using LibProf.Cli.Top;
using LibProf.Sampler.Recording;

namespace LibProf.Cli.Tests.Top;

public sealed class TopLayoutTests
{
    private readonly TopLayout _layout = new(1234, asciiOnly: false);
    private readonly TopState _state = new();

    [Fact]
    public void It_shows_what_was_counted()
    {
        string text = Draw(Snapshot(), 80, 24);
        Assert.Matches(@"^libprof top 1234  python3 app\.py +Python 3\.11\.2\n", text);
        Assert.Contains("\n50 looks/s of 100  good 95  cut 5  failed 2  missed 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nthreads 2, running 1.5; GIL held 90.0 %: MainThread 80.0, worker 10.0\n", text, StringComparison.Ordinal);
        Assert.Contains("functions, running threads", text, StringComparison.Ordinal);
        Assert.Matches(@"\n   60\.0   80\.0    50\.0   70\.0  hot +app\.py:12\n", text);
        Assert.EndsWith("w:waiting\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_an_unknown_gil_nothing_is_said()
    {
        LiveSnapshot snapshot = Snapshot() with { RecentGilLooks = 0, RecentGilHeld = 0 };
        Assert.DoesNotContain("GIL", Draw(snapshot, 80, 24), StringComparison.Ordinal);
        Press("g");
        Assert.DoesNotContain("GIL", Draw(snapshot, 80, 24), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_sorted_and_filtered()
    {
        Assert.Equal(["hot", "cool", "outer"], Names());
        Press("s");
        Assert.Equal(["outer", "hot", "cool"], Names());
        Press("s");
        Assert.Equal(["cool", "hot", "outer"], Names());
        Press("fAPP.PY");
        Assert.Equal(["hot", "outer"], Names());
        Press("x");
        Assert.Empty(Names());
        Assert.Contains("nothing has this in its name or file", Draw(Snapshot(), 80, 24), StringComparison.Ordinal);
        Assert.Contains("filter: APP.PYx_", Draw(Snapshot(), 80, 24), StringComparison.Ordinal);

        IEnumerable<string> Names() => TopRows.Of(Snapshot(), _state).Select(row => row.Function.Name);
    }

    [Fact]
    public void Threads_have_a_table_of_their_own()
    {
        Press("g");
        string text = Draw(Snapshot(), 80, 24);
        Assert.Matches(@"\n +100\.0   80\.0   100\.0   70\.0  100 MainThread +hot\n", text);
        Assert.Matches(@"\n +50\.0   10\.0    20\.0    5\.0  101 worker +cool\n", text);
    }

    [Fact]
    public void Pause_and_help_are_seen()
    {
        Assert.Contains("PAUSED", Draw(Snapshot() with { IsPaused = true }, 80, 24), StringComparison.Ordinal);
        Press("h");
        Assert.Contains("quit; the process goes on", Draw(Snapshot(), 80, 24), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_window_size_and_any_name_will_do()
    {
        string[] evil = ["\e[2J\e]0;x\a", "\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e", "\u202e\u0301\u200b", new string('x', 5000), "", "\ud800"];
        LiveSnapshot snapshot = Snapshot(evil);
        foreach (string keys in (string[])["", "g", "h", "l", "t", "fx"])
        {
            TopState state = new();
            foreach (char key in keys)
            {
                _ = state.Press(new TopKey(TopKeyKind.Character, new System.Text.Rune(key)), [0, 1], 5);
            }

            for (int columns = 1; columns < 130; columns += columns < 70 ? 1 : 7)
            {
                for (int rows = 1; rows < 32; rows++)
                {
                    Screen screen = _layout.Draw(snapshot, state, columns, rows);
                    Assert.Equal((columns, rows), (screen.Columns, screen.Rows));
                    Assert.DoesNotContain(screen.ToText(), character => char.IsControl(character) && character != '\n');
                    Assert.True(columns == 1 || screen.Row(rows - 1)[^1] == ScreenCell.Blank);
                }
            }
        }
    }

    [Fact]
    public void A_busy_screen_changes_within_its_budget()
    {
        ScreenPainter painter = new();
        int budget = ScreenPainter.Budget(80, 24);
        Random random = new(1);
        Assert.InRange(painter.Paint(_layout.Draw(Snapshot(), _state, 80, 24), budget).Length, 500, budget);
        for (int i = 0; i < 100; i++)
        {
            // Every row has other numbers and another place each time.
            string[] names = [.. Enumerable.Range(0, 40).Select(_ => random.Next().ToString("x8", CultureInfo.InvariantCulture))];
            Assert.InRange(painter.Paint(_layout.Draw(Snapshot(names), _state, 80, 24), budget).Length, 1, budget);
        }

        LiveSnapshot still = Snapshot();
        while (painter.Paint(_layout.Draw(still, _state, 80, 24), budget).Length > 0)
        {
            Assert.True(painter.IsBehind || painter.Paint(_layout.Draw(still, _state, 80, 24), budget).Length == 0);
        }
    }

    private string Draw(LiveSnapshot snapshot, int columns, int rows) => _layout.Draw(snapshot, _state, columns, rows).ToText();

    private void Press(string keys)
    {
        foreach (char key in keys)
        {
            _ = _state.Press(new TopKey(TopKeyKind.Character, new System.Text.Rune(key)), [0, 1], 10);
        }
    }

    private static LiveSnapshot Snapshot(params string[] names)
    {
        List<LiveRow> rows =
        [
            new(new FunctionInfo(0, "hot", "/srv/app.py", 12), 0, new LiveCount(60, 80), new LiveCount(500, 700)),
            new(new FunctionInfo(1, "cool", "/usr/lib/cool.py", 3), 0, new LiveCount(20, 20), new LiveCount(100, 300)),
            new(new FunctionInfo(2, "outer", "/srv/app.py", 1), 0, new LiveCount(0, 100), new LiveCount(0, 1000)),
        ];
        if (names.Length > 0)
        {
            rows = [.. names.Select((name, i) => new LiveRow(new FunctionInfo(i, name, name, i), i, new LiveCount(i % 7, i * 3), new LiveCount(i % 5, i)))];
        }

        return new LiveSnapshot
        {
            Query = default,
            RecentLooks = 100,
            OverallLooks = 1000,
            RecentGilLooks = 100,
            RecentGilHeld = 90,
            RecentNs = 2_000_000_000,
            OverallNs = 20_000_000_000,
            Rows = rows,
            Threads =
            [
                new(new ThreadInfo(0, 100, "MainThread", true, 0), 100, 100, 80, 1000, 700, rows[0].Function),
                new(new ThreadInfo(1, 101, names.Length > 0 ? names[0] : "worker", false, 0), 100, 50, 10, 200, 50, rows[1].Function),
            ],
            Python = new PythonInfo { Version = "3.11.2", SearchPath = ["/srv"] },
            Image = new ProcessImage { Pid = 1234, StartNs = 0, Attached = true, CommandLine = ["python3", names.Length > 0 ? names[0] : "app.py"], Executable = "" },
            Statistics = new SamplingStatistics
            {
                Samples = 100,
                Cut = 5,
                Missed = 1,
                Failures = new Dictionary<SampleFailure, long> { [SampleFailure.Torn] = 2 },
            },
            RateHz = 100,
            IsPaused = false,
        };
    }
}
