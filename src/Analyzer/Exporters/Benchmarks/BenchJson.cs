using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Benchmarks;
using LibProf.Analyzer.Statistics;

namespace LibProf.Analyzer.Exporters.Benchmarks;

/// <summary>
/// What was measured, for scripts, <c>libprof-bench/1</c>: times in milliseconds, memory in KiB. It only grows; what was not measured is absent.
/// </summary>
public static class BenchJson
{
    /// <summary>The value of <c>schema</c>.</summary>
    public const string Schema = "libprof-bench/1";

    /// <summary>Writes it.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="output">Where to; stays open.</param>
    public static void Write(BenchReport report, Stream output)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteNumber("runs", report.Settings.Runs);
            json.WriteNumber("warmup", report.Settings.Warmup);
            json.WriteStartObject("environment");
            json.WriteNumber("cpus", report.Settings.Cpus);
            WriteNumber(json, "cpu_quota", report.Settings.CpuQuota);
            json.WriteString("kernel", JsonText.Clean(report.Settings.Kernel));
            json.WriteEndObject();
            json.WriteStartArray("commands");
            Write(json, report.First);
            if (report.Other is { } other)
            {
                Write(json, other);
            }

            json.WriteEndArray();
            if (report.Other is not null)
            {
                WriteComparisons(json, report);
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, BenchResult result)
    {
        json.WriteStartObject();
        json.WriteString("command", JsonText.Clean(result.Command));
        foreach (BenchSeries series in result.Series)
        {
            json.WriteStartObject(series.Figure.Key);
            WriteNumber(json, "median", series.Median);
            Write(json, series.Interval, Medians.Confidence);
            json.WriteBoolean("sampled", series.Figure.LookedAt);
            json.WriteStartArray("values");
            foreach (double value in series.Values)
            {
                json.WriteNumberValue(Math.Round(value, 3));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteStartArray("exit_statuses");
        foreach (TimedRun run in result.Runs)
        {
            json.WriteNumberValue(run.Status);
        }

        json.WriteEndArray();
        json.WriteStartArray("outliers");
        foreach (Outlier outlier in result.Outliers)
        {
            json.WriteStartObject();
            json.WriteNumber("run", outlier.Index + 1);
            WriteNumber(json, "total_ms", outlier.Value);
            WriteNumber(json, "times_median", outlier.TimesMedian);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteComparisons(Utf8JsonWriter json, BenchReport report)
    {
        json.WriteStartObject("comparison");
        foreach (BenchComparison comparison in report.Comparisons)
        {
            json.WriteStartObject(comparison.Figure.Key);
            json.WriteNumber("ratio", Math.Round(comparison.Ratio.Ratio, 6));
            Write(json, comparison.Ratio.Interval, comparison.Ratio.Confidence);
            json.WriteString("verdict", comparison.Ratio.Verdict switch
            {
                Comparison.NoDifference => "no_difference",
                Comparison.Less => "less",
                Comparison.More => "more",
                _ => "unknown",
            });
            json.WriteBoolean("sampled", comparison.Figure.LookedAt);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Interval? interval, double confidence)
    {
        if (interval is { } known)
        {
            json.WriteNumber("low", Math.Round(known.Low, 6));
            json.WriteNumber("high", Math.Round(known.High, 6));
            json.WriteNumber("confidence", Math.Round(confidence, 6));
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, Math.Round(number, 3));
        }
    }
}
