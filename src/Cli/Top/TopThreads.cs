using System.Globalization;
using LibProf.Analyzer.Live;
using LibProf.Analyzer.Reports;

namespace LibProf.Cli.Top;

/// <summary>The table of threads: how much each ran and held the GIL, and where it is now.</summary>
internal sealed class TopThreads(LiveSnapshot snapshot, TopState state, int width)
{
    private const int NamesAt = 31;

    // Nothing is said of a GIL where it is not known who holds it.
    private readonly bool _hasGil = snapshot.RecentGilLooks > 0;
    private readonly bool _hasOverall = width >= 56;

    private int Names => _hasOverall ? NamesAt : 16;

    /// <summary>Draws the table below its heads: the last two rows of them are the table's.</summary>
    public void Draw(Screen screen, int heads, int page)
    {
        List<LiveThread> threads =
        [
            .. snapshot.Threads.OrderByDescending(thread => thread.Running).ThenByDescending(thread => thread.OverallRunning).ThenBy(thread => thread.Info.Id),
        ];
        state.LimitOffset(threads.Count, page);
        if (heads > 1)
        {
            screen.PutRight(heads - 2, 14, "last, %");
            if (_hasOverall)
            {
                screen.PutRight(heads - 2, 29, $"all {TopLayout.Clock(snapshot.OverallNs)}, %");
            }
        }

        if (heads > 0)
        {
            DrawHead(screen, heads - 1);
        }

        for (int i = 0; i < page && state.Offset + i < threads.Count; i++)
        {
            DrawRow(screen, heads + i, threads[state.Offset + i]);
        }
    }

    private void DrawHead(Screen screen, int row)
    {
        screen.Paint(row, width, ScreenStyle.Reverse);
        screen.PutRight(row, 7, ">run", ScreenStyle.Reverse);
        screen.PutRight(row, 14, _hasGil ? "GIL" : "", ScreenStyle.Reverse);
        if (_hasOverall)
        {
            screen.PutRight(row, 22, "run", ScreenStyle.Reverse);
            screen.PutRight(row, 29, _hasGil ? "GIL" : "", ScreenStyle.Reverse);
        }

        screen.Put(row, Names, "thread", ScreenStyle.Reverse);
        if (PlaceAt() is { } place)
        {
            screen.Put(row, place, "now in", ScreenStyle.Reverse);
        }
    }

    private void DrawRow(Screen screen, int row, LiveThread thread)
    {
        screen.PutRight(row, 7, TopLayout.Percent(thread.Running, snapshot.RecentLooks));
        screen.PutRight(row, 14, TopLayout.Percent(thread.Holding, snapshot.RecentGilLooks));
        if (_hasOverall)
        {
            screen.PutRight(row, 22, TopLayout.Percent(thread.OverallRunning, snapshot.OverallLooks));
            screen.PutRight(row, 29, TopLayout.Percent(_hasGil ? thread.OverallHolding : 0, snapshot.OverallLooks));
        }

        string id = thread.Info.NativeId > 0 ? string.Create(CultureInfo.InvariantCulture, $"{thread.Info.NativeId} ") : "";
        int room = (PlaceAt() - 2 ?? width) - Names;
        if (room >= 4)
        {
            screen.Put(row, Names, SafeText.KeepStart(SafeText.Clean(id + TopLayout.Name(thread.Info)), room), thread.Running > 0 ? ScreenStyle.Bold : ScreenStyle.Normal);
        }

        if (PlaceAt() is { } place && thread.Leaf is { } leaf)
        {
            screen.Put(row, place, SafeText.KeepEnd(SafeText.Clean(leaf.Name), width - place));
        }
    }

    private int? PlaceAt() => width - Names >= 36 ? Names + ((width - Names) * 11 / 20) + 2 : null;
}
