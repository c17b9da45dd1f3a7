using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Statistics;

namespace LibProf.Analyzer.Benchmarks;

/// <summary>How it was measured.</summary>
/// <param name="Runs">Timed runs of each command.</param>
/// <param name="Warmup">Runs of each before them, that do not count.</param>
/// <param name="WithInit">Whether there were as many further runs, looked at, for the time of initialisation.</param>
/// <param name="Cpus">Processors that the commands could run on.</param>
/// <param name="CpuQuota">The processor quota of the control group; null without one.</param>
/// <param name="Kernel">Kernel release.</param>
public sealed record BenchSettings(int Runs, int Warmup, bool WithInit, int Cpus, double? CpuQuota, string Kernel);

/// <summary>One timed run.</summary>
/// <param name="TotalMs">From before the process was made to its end.</param>
/// <param name="CpuMs">Processor time, of children that it waited for as well; null when not known.</param>
/// <param name="PeakKib">Peak resident memory; null when it is not above libprof's own, which the kernel does not tell apart.</param>
/// <param name="Status">Exit status.</param>
public readonly record struct TimedRun(double TotalMs, double? CpuMs, double? PeakKib, int Status);

/// <summary>One run that was looked at.</summary>
/// <param name="InitMs">What its imports took; null when no Python was seen.</param>
/// <param name="PeakKib">Peak resident memory of the interpreter's process, as last seen.</param>
public readonly record struct LookedAtRun(double? InitMs, double? PeakKib);

/// <summary>A figure that is measured.</summary>
/// <param name="Key">Its name in JSON, unit included.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Kind">What it is.</param>
/// <param name="LookedAt">Whether it comes from the runs that were looked at.</param>
public sealed record BenchFigure(string Key, string Title, QuantityKind Kind, bool LookedAt)
{
    /// <summary>Wall time from the launch to the end.</summary>
    public static BenchFigure Total { get; } = new("total_ms", "total", QuantityKind.Time, false);
    /// <summary>Processor time.</summary>
    public static BenchFigure Cpu { get; } = new("cpu_ms", "cpu", QuantityKind.Time, false);
    /// <summary>The time of imports.</summary>
    public static BenchFigure Init { get; } = new("init_ms", "init", QuantityKind.Time, true);
    /// <summary>Peak resident memory.</summary>
    public static BenchFigure Peak { get; } = new("peak_rss_kib", "peak memory", QuantityKind.Memory, false);
    /// <summary>The same, from the runs that were looked at.</summary>
    public static BenchFigure PeakLookedAt { get; } = Peak with { LookedAt = true };
}

/// <summary>Repeated measurements of a figure.</summary>
/// <param name="Figure">Which.</param>
/// <param name="Values">The measurements in the order of the runs.</param>
public sealed record BenchSeries(BenchFigure Figure, IReadOnlyList<double> Values)
{
    /// <summary>Their median.</summary>
    public double Median { get; } = Medians.Of(Values);

    /// <summary>Where the true median lies with 95 %; null with fewer than six.</summary>
    public Interval? Interval { get; } = Medians.IntervalOf(Values);
}

/// <summary>What the runs of one command gave.</summary>
/// <param name="Command">The command, quoted as for a shell.</param>
/// <param name="Runs">Its timed runs.</param>
/// <param name="LookedAt">Its runs that were looked at.</param>
public sealed record BenchResult(string Command, IReadOnlyList<TimedRun> Runs, IReadOnlyList<LookedAtRun> LookedAt)
{
    /// <summary>The figures that every run has.</summary>
    public IReadOnlyList<BenchSeries> Series { get; } = [.. Find(Runs, LookedAt)];

    /// <summary>Runs that took far longer or shorter than the others.</summary>
    public IReadOnlyList<Outlier> Outliers { get; } = Statistics.Outliers.Of([.. Runs.Select(run => run.TotalMs)]);

    private static IEnumerable<BenchSeries> Find(IReadOnlyList<TimedRun> runs, IReadOnlyList<LookedAtRun> lookedAt)
    {
        BenchSeries?[] series =
        [
            Of(BenchFigure.Total, runs.Select(run => (double?)run.TotalMs)),
            Of(BenchFigure.Cpu, runs.Select(run => run.CpuMs)),
            Of(BenchFigure.Init, lookedAt.Select(run => run.InitMs)),
            Of(BenchFigure.Peak, runs.Select(run => run.PeakKib)) ?? Of(BenchFigure.PeakLookedAt, lookedAt.Select(run => run.PeakKib)),
        ];
        return series.OfType<BenchSeries>();
    }

    private static BenchSeries? Of(BenchFigure figure, IEnumerable<double?> values)
    {
        double?[] all = [.. values];
        return all.Length == 0 || all.Contains(null) ? null : new BenchSeries(figure, [.. all.OfType<double>()]);
    }
}

/// <summary>A figure of both commands.</summary>
/// <param name="Figure">Which.</param>
/// <param name="Ratio">How many times the other's the first command's is.</param>
public sealed record BenchComparison(BenchFigure Figure, PairedRatio Ratio);

/// <summary>Everything that was measured.</summary>
/// <param name="Settings">How.</param>
/// <param name="First">The command's.</param>
/// <param name="Other">The other command's; null when there is none.</param>
public sealed record BenchReport(BenchSettings Settings, BenchResult First, BenchResult? Other)
{
    /// <summary>The confidence that all intervals of ratios hold at once.</summary>
    public const double Confidence = 0.95;

    /// <summary>The comparisons, of the figures that both have; empty without another command.</summary>
    public IReadOnlyList<BenchComparison> Comparisons { get; } = [.. Compare(First, Other)];

    private static IEnumerable<BenchComparison> Compare(BenchResult first, BenchResult? other)
    {
        List<(BenchSeries First, BenchSeries Other)> pairs = other is null ? [] : [.. first.Series
            .Select(series => (First: series, Other: other.Series.FirstOrDefault(one => one.Figure == series.Figure)!)).Where(pair => pair.Other is not null)];

        // Each of several figures may mislead: so that one does in 5 % of the cases, each must in fewer (Bonferroni).
        double confidence = 1 - (1 - Confidence) / Math.Max(1, pairs.Count);
        return pairs
            .Select(pair => (pair.First.Figure, Ratio: PairedRatio.Of(pair.First.Values, pair.Other.Values, confidence)))
            .Where(pair => pair.Ratio is not null).Select(pair => new BenchComparison(pair.Figure, pair.Ratio!));
    }
}
