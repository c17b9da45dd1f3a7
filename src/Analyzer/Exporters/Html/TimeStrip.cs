namespace LibProf.Analyzer.Exporters.Html;

/// <summary>A stretch of time in which something was the case.</summary>
/// <param name="StartNs">Begin, from the exec of the image.</param>
/// <param name="EndNs">End, likewise.</param>
/// <param name="Key">What: the meaning is the strip's.</param>
internal readonly record struct Stretch(long StartNs, long EndNs, int Key);

/// <summary>Bounds what a timeline draws.</summary>
internal static class TimeStrip
{
    /// <summary>So many stretches of one row are given as they are; of more, slots of equal length are made.</summary>
    public const int MaxStretches = 1000;

    /// <summary>
    /// Stretches in order of time, at most <see cref="MaxStretches"/>. Where there were more, each slot of time shows what took most of it
    /// (nothing, where nothing did), and neighbours that show the same are one.
    /// </summary>
    /// <param name="stretches">In order of time, not overlapping.</param>
    /// <param name="durationNs">The whole time.</param>
    public static IReadOnlyList<Stretch> Bound(IReadOnlyList<Stretch> stretches, long durationNs)
    {
        if (stretches.Count <= MaxStretches)
        {
            return stretches;
        }

        var bounded = new List<Stretch>();
        var shares = new Dictionary<int, long>();
        int next = 0;
        for (int slot = 0; slot < MaxStretches; slot++)
        {
            long startNs = (long)((decimal)durationNs * slot / MaxStretches);
            long endNs = (long)((decimal)durationNs * (slot + 1) / MaxStretches);
            shares.Clear();
            while (next < stretches.Count && stretches[next].EndNs <= startNs)
            {
                next++;
            }

            for (int i = next; i < stretches.Count && stretches[i].StartNs < endNs; i++)
            {
                long ns = Math.Min(stretches[i].EndNs, endNs) - Math.Max(stretches[i].StartNs, startNs);
                shares[stretches[i].Key] = shares.GetValueOrDefault(stretches[i].Key) + ns;
            }

            if (shares.Count > 0 && 2 * shares.Values.Sum() >= endNs - startNs)
            {
                Append(bounded, new Stretch(startNs, endNs, shares.MaxBy(pair => (pair.Value, -pair.Key)).Key));
            }
        }

        return bounded;
    }

    /// <summary>Adds a stretch; continues the last one when it is the same thing without a gap.</summary>
    /// <param name="stretches">What there is.</param>
    /// <param name="stretch">What comes next.</param>
    public static void Append(List<Stretch> stretches, Stretch stretch)
    {
        if (stretch.EndNs <= stretch.StartNs)
        {
            return;
        }

        if (stretches.Count > 0 && stretches[^1] is var last && last.Key == stretch.Key && last.EndNs == stretch.StartNs)
        {
            stretches[^1] = last with { EndNs = stretch.EndNs };
        }
        else
        {
            stretches.Add(stretch);
        }
    }
}
