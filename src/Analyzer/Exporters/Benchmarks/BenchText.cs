using System.Globalization;
using System.Text;
using LibProf.Analyzer.Benchmarks;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Statistics;

namespace LibProf.Analyzer.Exporters.Benchmarks;

/// <summary>What was measured, for people.</summary>
public static class BenchText
{
    private const int Indent = 2;

    /// <summary>The text.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="width">Columns to use.</param>
    public static string Render(BenchReport report, int width)
    {
        var text = new StringBuilder();
        Write(text, report, report.First, width);
        if (report.Other is { } other)
        {
            text.Append('\n');
            Write(text, report, other, width);
            WriteComparison(text, report, other, width);
        }

        text.Append('\n');
        foreach (string note in Notes(report))
        {
            TextReport.WriteWrapped(text, note, width);
        }

        return text.ToString();
    }

    /// <summary>What a comparison says of a figure.</summary>
    /// <param name="verdict">What it says.</param>
    /// <param name="kind">What the figure is.</param>
    public static string Word(Comparison verdict, QuantityKind kind) => verdict switch
    {
        Comparison.NoDifference => "no difference",
        Comparison.Less => kind == QuantityKind.Time ? "faster" : "less",
        Comparison.More => kind == QuantityKind.Time ? "slower" : "more",
        _ => "too few pairs to say",
    };

    private static void Write(StringBuilder text, BenchReport report, BenchResult result, int width)
    {
        text.Append(SafeText.KeepStart(result.Command, 3 * width)).Append('\n');
        var table = new TextTable(
            new TextColumn(""), new TextColumn("median", Right: true), new TextColumn("95 % interval", Right: true), new TextColumn("smallest", Right: true),
            new TextColumn("largest", Right: true));
        foreach (BenchSeries series in result.Series)
        {
            QuantityKind kind = series.Figure.Kind;
            string interval = series.Interval is { } known ? $"{kind.Text(known.Low)} to {kind.Text(known.High)}" : "";
            table.Add(series.Figure.Title + (series.Figure.LookedAt ? " *" : ""), kind.Text(series.Median), interval, kind.Text(series.Values.Min()), kind.Text(series.Values.Max()));
        }

        table.Write(text, width, Indent);
        foreach (Outlier outlier in result.Outliers)
        {
            text.Append(CultureInfo.InvariantCulture, $"  outlier: run {outlier.Index + 1} of {report.Settings.Runs} took {outlier.Value:0.0} ms, {outlier.TimesMedian:0.0} times the median\n");
        }
    }

    private static void WriteComparison(StringBuilder text, BenchReport report, BenchResult other, int width)
    {
        text.Append(CultureInfo.InvariantCulture, $"\nThe first against the second, {ReportViewBuilder.Count(report.Settings.Runs, "pair", "pairs")} in random order\n");
        var table = new TextTable(new TextColumn(""), new TextColumn("ratio", Right: true), new TextColumn("interval", Right: true), new TextColumn(""));
        foreach (BenchComparison comparison in report.Comparisons)
        {
            string interval = comparison.Ratio.Interval is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known.Low:0.000} to {known.High:0.000}") : "";
            table.Add(
                comparison.Figure.Title + (comparison.Figure.LookedAt ? " *" : ""), comparison.Ratio.Ratio.ToString("0.000", CultureInfo.InvariantCulture), interval,
                Word(comparison.Ratio.Verdict, comparison.Figure.Kind));
        }

        table.Write(text, width, Indent);
        if (report.Comparisons.All(comparison => comparison.Ratio.Verdict == Comparison.NoDifference))
        {
            text.Append("  In all: no difference.\n");
        }
    }

    private static IEnumerable<string> Notes(BenchReport report)
    {
        BenchSettings plan = report.Settings;
        string warmup = plan.Warmup > 0 ? $" after {ReportViewBuilder.Count(plan.Warmup, "warm-up", "warm-ups")}" : "";
        string each = report.Other is null ? "" : " of each command";
        yield return $"{ReportViewBuilder.Count(plan.Runs, "timed run", "timed runs")}{each}{warmup}, without sampling.";
        bool lookedAt = report.First.Series.Concat(report.Other?.Series ?? []).Any(series => series.Figure.LookedAt);
        if (lookedAt)
        {
            yield return "* From as many further runs, which were sampled: sampling takes its share of the machine, so that times among them are longer, the more so on a busy one.";
        }

        if (plan.WithInit && report.First.Series.All(series => series.Figure != BenchFigure.Init))
        {
            yield return "No initialisation was seen: the command is no Python, or its imports were too quick.";
        }

        if (!report.First.Series.Concat(report.Other?.Series ?? []).Any(series => series.Figure.Title == BenchFigure.Peak.Title))
        {
            yield return "Peak memory is not known: it is not above libprof's own, from which the kernel does not tell it apart.";
        }

        if (plan.Runs < 6)
        {
            yield return "An interval needs at least 6 runs.";
        }

        if (report.Other is not null)
        {
            yield return ReportViewBuilder.Text(
                $"Ratios say how many times the second command's figure the first one's is. Their intervals all hold at once with {100 * BenchReport.Confidence:0} %; where one includes 1, nothing tells the commands apart.");
        }

        if (report.First.Outliers.Count + (report.Other?.Outliers.Count ?? 0) > 0)
        {
            yield return "Outliers hardly move medians, but tell of a machine that does something else: repeat on a quiet one, or with more --runs.";
        }
    }
}
