namespace LibProf.Analyzer.Model;

/// <summary>A stretch of time on the recording's clock, in nanoseconds.</summary>
/// <param name="BeginNs">Its begin.</param>
/// <param name="EndNs">Its end, not before the begin.</param>
public readonly record struct TimeSpanNs(long BeginNs, long EndNs)
{
    /// <summary>Its length.</summary>
    public long LengthNs => EndNs - BeginNs;

    /// <summary>What of a stretch falls into some others.</summary>
    /// <param name="spans">The others, in order of time, apart from each other.</param>
    /// <param name="fromNs">The stretch's begin.</param>
    /// <param name="toNs">Its end.</param>
    public static long Within(IReadOnlyList<TimeSpanNs> spans, long fromNs, long toNs)
    {
        int low = 0;
        for (int high = spans.Count; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = spans[middle].EndNs > fromNs ? (low, middle) : (middle + 1, high);
        }

        long sum = 0;
        for (; low < spans.Count && spans[low].BeginNs < toNs; low++)
        {
            sum += Math.Min(toNs, spans[low].EndNs) - Math.Max(fromNs, spans[low].BeginNs);
        }

        return sum;
    }

    /// <summary>In order of time, apart from each other: of what overlaps, the later one begins where the other ends.</summary>
    /// <param name="spans">In any order.</param>
    public static IReadOnlyList<TimeSpanNs> Ordered(IEnumerable<TimeSpanNs> spans)
    {
        var ordered = new List<TimeSpanNs>();
        foreach (TimeSpanNs span in spans.OrderBy(span => span.BeginNs))
        {
            long beginNs = ordered.Count > 0 ? Math.Max(span.BeginNs, ordered[^1].EndNs) : span.BeginNs;
            if (span.EndNs > beginNs)
            {
                ordered.Add(span with { BeginNs = beginNs });
            }
        }

        return ordered;
    }
}
