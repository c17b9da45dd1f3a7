using LibProf.Analyzer.Live;

namespace LibProf.Cli.Top;

/// <summary>Which rows of a snapshot are shown, and in which order.</summary>
public static class TopRows
{
    /// <summary>Filters and sorts functions or lines.</summary>
    public static List<LiveRow> Of(LiveSnapshot snapshot, TopState state)
    {
        IEnumerable<LiveRow> rows = snapshot.Rows.Where(row => state.Filter.Length == 0
            || row.Function.Name.Contains(state.Filter, StringComparison.OrdinalIgnoreCase)
            || row.Function.File.Contains(state.Filter, StringComparison.OrdinalIgnoreCase));
        IOrderedEnumerable<LiveRow> sorted = (state.Sort, state.SortsOverall) switch
        {
            (TopSort.Name, _) => rows.OrderBy(row => row.Function.Name, StringComparer.OrdinalIgnoreCase),
            (TopSort.Own, false) => By(rows, row => row.Recent.Own, row => row.Recent.Total, row => row.Overall.Own),
            (TopSort.Own, true) => By(rows, row => row.Overall.Own, row => row.Overall.Total, row => row.Recent.Own),
            (_, false) => By(rows, row => row.Recent.Total, row => row.Overall.Total, row => row.Recent.Own),
            (_, true) => By(rows, row => row.Overall.Total, row => row.Recent.Total, row => row.Overall.Own),
        };
        // In the end by what never changes: rows that are alike must not change places.
        return [.. sorted.ThenBy(row => row.Function.Name, StringComparer.Ordinal).ThenBy(row => row.Function.File, StringComparer.Ordinal)
            .ThenBy(row => row.Line).ThenBy(row => row.Function.FirstLine).ThenBy(row => row.Function.Id)];
    }

    private static IOrderedEnumerable<LiveRow> By(IEnumerable<LiveRow> rows, params ReadOnlySpan<Func<LiveRow, long>> keys)
    {
        IOrderedEnumerable<LiveRow> sorted = rows.OrderByDescending(keys[0]);
        foreach (Func<LiveRow, long> key in keys[1..])
        {
            sorted = sorted.ThenByDescending(key);
        }

        return sorted;
    }
}
