using System.Globalization;
using LibProf.Analyzer.Live;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Cli.Top;

/// <summary>Lays a snapshot out in a window of any size. Pure: what it gives depends on nothing but what it is given.</summary>
/// <param name="pid">The process.</param>
/// <param name="asciiOnly">Whether the terminal takes nothing but ASCII.</param>
public sealed class TopLayout(int pid, bool asciiOnly)
{
    private const string Keys = "q:quit h:help s:sort l:lines t:thread g:threads f:filter p:pause w:waiting";

    private static readonly string[] HelpText =
    [
        "q, Ctrl-C    quit; the process goes on",
        "s            sort by own time, total time, name",
        "a            sort by the last seconds, or by all since the start",
        "l            functions, or lines",
        "t, T         each thread by itself, and all together",
        "g            the threads, and who holds the GIL",
        "w            count threads that wait, too (sleep, read, lock)",
        "f, /         show only what has this in its name or file",
        "p, Space     pause: what comes meanwhile is not counted",
        "r            reset: begin counting anew",
        "arrows, j k, PgUp, PgDn, Home, End    scroll",
        "Ctrl-L       draw the window again",
        "h, ?, Esc    back",
        "",
        "own: looks that found it on top of a stack; total: anywhere on one.",
        "100 % is one thread at every look.",
    ];

    /// <summary>Rows of the table that a window has room for.</summary>
    public static int Page(int rows) => Math.Max(0, rows - Heads(rows) - (HasFooter(rows) ? 1 : 0));

    /// <summary>The window as it is to be seen.</summary>
    /// <param name="snapshot">What was counted.</param>
    /// <param name="state">What the user wants to see; a scroll position beyond the end is corrected.</param>
    /// <param name="columns">Columns of the window.</param>
    /// <param name="rows">Rows of the window.</param>
    public Screen Draw(LiveSnapshot snapshot, TopState state, int columns, int rows) => Draw(snapshot, state, columns, rows, HasFooter(rows));

    /// <summary>The same for reading it elsewhere than in a terminal: without the line of keys.</summary>
    /// <param name="snapshot">What was counted.</param>
    /// <param name="state">What the user wants to see.</param>
    /// <param name="columns">Columns, the free last one included.</param>
    /// <param name="count">Rows of the table.</param>
    public Screen DrawForPaper(LiveSnapshot snapshot, TopState state, int columns, int count) =>
        Draw(snapshot, state, columns, Math.Max(10, count + 5), hasFooter: false);

    private Screen Draw(LiveSnapshot snapshot, TopState state, int columns, int rows, bool hasFooter)
    {
        // The last column stays free: what a terminal does when it is written to is not the same everywhere.
        Screen screen = new(columns, rows, asciiOnly, reserved: 1);
        int width = Math.Max(1, columns - 1);
        int heads = Heads(rows);
        int page = rows - heads - (hasFooter ? 1 : 0);
        if (heads > 1)
        {
            DrawTitle(screen, snapshot, width);
        }

        if (heads > 3)
        {
            DrawQuality(screen, snapshot, width);
            DrawGil(screen, snapshot, width);
        }

        switch (state.Page)
        {
            case TopPage.Help:
                DrawHelp(screen, state, heads - 1, page + 1);
                break;
            case TopPage.Threads:
                new TopThreads(snapshot, state, width).Draw(screen, heads, page);
                break;
            default:
                new TopTable(snapshot, state, width).Draw(screen, heads, page);
                break;
        }

        if (hasFooter)
        {
            DrawFooter(screen, state, rows - 1, width);
        }

        return screen;
    }

    /// <summary>A part of a whole in per cent; empty for nothing.</summary>
    public static string Percent(long part, long whole) =>
        part == 0 || whole == 0 ? "" : (100.0 * part / whole).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>Minutes and seconds, with hours where there are any.</summary>
    public static string Clock(long ns)
    {
        long seconds = ns / 1_000_000_000;
        return seconds < 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}:{seconds % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}");
    }

    /// <summary>A thread's name, or what there is instead.</summary>
    public static string Name(ThreadInfo thread) =>
        thread.Name.Length > 0 ? thread.Name : string.Create(CultureInfo.InvariantCulture, $"thread {(thread.NativeId > 0 ? thread.NativeId : thread.Id)}");

    // Rows above the table: its own head alone, with a title, or with all.
    private static int Heads(int rows) => rows switch { < 2 => 0, < 5 => 1, < 10 => 3, _ => 5 };

    private static bool HasFooter(int rows) => rows >= 7;

    private void DrawTitle(Screen screen, LiveSnapshot snapshot, int width)
    {
        string python = snapshot.Python is { } known ? $"Python {known.Version}" : "";
        string right = snapshot.IsPaused ? python.Length > 0 ? $"PAUSED  {python}" : "PAUSED" : python;
        string left = string.Create(CultureInfo.InvariantCulture, $"libprof top {pid}");
        string command = string.Join(' ', snapshot.Image?.CommandLine ?? []);
        int room = width - left.Length - right.Length - 4;
        if (room >= 8 && command.Length > 0)
        {
            left += "  " + SafeText.KeepStart(SafeText.Clean(command), room);
        }

        screen.Put(0, 0, left, ScreenStyle.Bold);
        if (SafeText.Columns(left) + 2 + right.Length <= width)
        {
            screen.PutRight(0, width, right, snapshot.IsPaused ? ScreenStyle.Reverse : ScreenStyle.Normal);
        }
    }

    private static void DrawQuality(Screen screen, LiveSnapshot snapshot, int width)
    {
        string rate = snapshot.RecentNs > 0 ? (snapshot.RecentLooks * 1e9 / snapshot.RecentNs).ToString("0", CultureInfo.InvariantCulture) : "-";
        string asked = snapshot.RateHz > 0 ? snapshot.RateHz.ToString("0.##", CultureInfo.InvariantCulture) : "max";
        SamplingStatistics quality = snapshot.Statistics ?? new SamplingStatistics();
        string dropped = quality.Dropped > 0 ? $"  dropped {quality.Dropped}" : "";
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{rate} looks/s of {asked}  good {quality.Samples - quality.Cut}  cut {quality.Cut}  failed {quality.Failed}  missed {quality.Missed}{dropped}");
        screen.Put(1, 0, Fit(text, width));
    }

    private static void DrawGil(Screen screen, LiveSnapshot snapshot, int width)
    {
        long running = snapshot.Threads.Sum(thread => thread.Running);
        double average = snapshot.RecentLooks == 0 ? 0 : (double)running / snapshot.RecentLooks;
        string threads = string.Create(CultureInfo.InvariantCulture, $"threads {snapshot.Threads.Count}, running {average:0.0}");
        string gil = "";
        if (snapshot.RecentGilLooks > 0)
        {
            IEnumerable<string> holders = snapshot.Threads.Where(thread => thread.Holding > 0)
                .OrderByDescending(thread => thread.Holding).ThenBy(thread => thread.Info.Id).Take(4)
                .Select(thread => $"{Name(thread.Info)} {Percent(thread.Holding, snapshot.RecentGilLooks)}");
            string held = snapshot.RecentGilHeld == 0 ? "free" : $"held {Percent(snapshot.RecentGilHeld, snapshot.RecentGilLooks)} %: {string.Join(", ", holders)}";
            gil = $"; GIL {held}";
        }

        screen.Put(2, 0, Fit(SafeText.Clean(threads + gil), width));
    }

    private static void DrawHelp(Screen screen, TopState state, int top, int page)
    {
        state.LimitOffset(HelpText.Length, page);
        for (int i = 0; i < page && state.Offset + i < HelpText.Length; i++)
        {
            screen.Put(top + i, 0, HelpText[state.Offset + i]);
        }
    }

    private static void DrawFooter(Screen screen, TopState state, int row, int width)
    {
        if (state.IsTyping)
        {
            const string Hint = "   Enter keeps it, Esc does not";
            string typed = "filter: " + SafeText.Clean(state.Filter) + "_";
            screen.Put(row, 0, width - Hint.Length >= 16 ? SafeText.KeepEnd(typed, width - Hint.Length) + Hint : Fit(typed, width), ScreenStyle.Bold);
        }
        else
        {
            screen.Put(row, 0, Fit(Keys, width));
        }
    }

    private static string Fit(string text, int width) => width >= 4 ? SafeText.KeepStart(text, width) : text[..Math.Min(text.Length, width)];
}
