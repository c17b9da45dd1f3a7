using LibProf.Analyzer.Live;
using LibProf.Analyzer.Reports;

namespace LibProf.Cli.Top;

/// <summary>The table of functions or lines: shares of the last seconds and of all, as many columns as the window is wide for.</summary>
internal sealed class TopTable(LiveSnapshot snapshot, TopState state, int width)
{
    private readonly bool _hasOverall = width >= 56;
    private readonly bool _hasTotal = width >= 32;
    private readonly LivePlaces _places = new(snapshot.Python, snapshot.Image);

    private int NamesAt => (7 * (_hasTotal ? 2 : 1) * (_hasOverall ? 2 : 1)) + (_hasOverall ? 1 : 0) + 2;

    /// <summary>Draws the table below its heads: the last two rows of them are the table's.</summary>
    public void Draw(Screen screen, int heads, int page)
    {
        List<LiveRow> rows = TopRows.Of(snapshot, state);
        state.LimitOffset(rows.Count, page);
        if (heads > 1)
        {
            DrawGroups(screen, heads - 2, rows.Count, page);
        }

        if (heads > 0)
        {
            DrawHead(screen, heads - 1);
        }

        for (int i = 0; i < page && state.Offset + i < rows.Count; i++)
        {
            DrawRow(screen, heads + i, rows[state.Offset + i]);
        }

        if (rows.Count == 0 && page > 0)
        {
            screen.Put(heads, 0, Nothing());
        }
    }

    private string Nothing() => snapshot.OverallLooks == 0 ? "no samples yet"
        : state.Filter.Length > 0 ? "nothing has this in its name or file"
        : state.Query.CountWaiting ? "nothing ran yet" : "all threads wait; w counts them, too";

    private void DrawGroups(Screen screen, int row, int count, int page)
    {
        string what = (state.ByLine ? "lines" : "functions") + (state.Query.CountWaiting ? ", waiting threads too" : ", running threads");
        if (state.Thread is { } id)
        {
            what += ", only " + (snapshot.Threads.FirstOrDefault(thread => thread.Info.Id == id) is { } thread ? TopLayout.Name(thread.Info) : $"thread {id}");
        }

        if (state.Filter.Length > 0)
        {
            what += $", with \"{state.Filter}\"";
        }

        if (state.Offset > 0)
        {
            what += $", from {state.Offset + 1} of {count}";
        }

        string recent = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"last {Math.Max(1, Math.Round(snapshot.RecentNs / 1e9)):0} s, %");
        if (_hasOverall)
        {
            screen.PutRight(row, 14, recent);
            screen.PutRight(row, 29, $"all {TopLayout.Clock(snapshot.OverallNs)}, %");
        }
        else
        {
            screen.PutRight(row, _hasTotal ? 14 : 7, recent);
        }

        int room = width - NamesAt;
        if (room >= 4)
        {
            screen.Put(row, NamesAt, SafeText.KeepStart(SafeText.Clean(what), room));
        }
    }

    private void DrawHead(Screen screen, int row)
    {
        screen.Paint(row, width, ScreenStyle.Reverse);
        int column = 0;
        foreach (bool overall in _hasOverall ? (bool[])[false, true] : [false])
        {
            Head(TopSort.Own, "own");
            if (_hasTotal)
            {
                Head(TopSort.Total, "total");
            }

            column++;
            void Head(TopSort sort, string text)
            {
                bool sorts = state.Sort == sort && state.SortsOverall == overall;
                screen.PutRight(row, column += 7, sorts ? ">" + text : text, ScreenStyle.Reverse);
            }
        }

        int names = NameWidth();
        screen.Put(row, NamesAt, Cut((state.Sort == TopSort.Name ? ">" : "") + (state.ByLine ? "function of the line" : "function"), names), ScreenStyle.Reverse);
        if (PlaceWidth() > 0)
        {
            screen.Put(row, NamesAt + names + 2, Cut(state.ByLine ? "line" : "defined at", PlaceWidth()), ScreenStyle.Reverse);
        }
    }

    private void DrawRow(Screen screen, int row, LiveRow shown)
    {
        ScreenStyle style = shown.Recent.Own > 0 ? ScreenStyle.Bold : ScreenStyle.Normal;
        int column = 0;
        DrawCounts(shown.Recent, snapshot.RecentLooks);
        if (_hasOverall)
        {
            column++;
            DrawCounts(shown.Overall, snapshot.OverallLooks);
        }

        int names = NameWidth();
        if (names > 0)
        {
            screen.Put(row, NamesAt, Cut(SafeText.Clean(shown.Function.Name), names), style);
        }

        if (PlaceWidth() > 0)
        {
            screen.Put(row, NamesAt + names + 2, Cut(_places.Of(shown), PlaceWidth()));
        }

        void DrawCounts(LiveCount count, long looks)
        {
            screen.PutRight(row, column += 7, TopLayout.Percent(count.Own, looks));
            if (_hasTotal)
            {
                screen.PutRight(row, column += 7, TopLayout.Percent(count.Total, looks));
            }
        }
    }

    // Fixed shares of the width: what moves with the content would have to be drawn again and again.
    private int NameWidth() => width - NamesAt >= 32 ? (width - NamesAt) * 11 / 20 : Math.Max(0, width - NamesAt);

    private int PlaceWidth() => width - NamesAt >= 32 ? width - NamesAt - NameWidth() - 2 : 0;

    private static string Cut(string text, int columns) => columns >= 4 ? SafeText.KeepEnd(text, columns) : text[..Math.Min(text.Length, Math.Max(0, columns))];
}
