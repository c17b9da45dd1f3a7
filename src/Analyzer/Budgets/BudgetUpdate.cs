using System.Text;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Budgets;

/// <summary>
/// Writes the limits of a budget anew from recordings, with headroom. Of a file that is there only the limits change: rules, levels,
/// comments and layout stay as they are.
/// </summary>
public static class BudgetUpdate
{
    /// <summary>What a limit is above the figure: times flake the most.</summary>
    private static double Headroom(QuantityKind kind) => kind switch
    {
        QuantityKind.Time => 0.3,
        QuantityKind.Memory => 0.25,
        QuantityKind.Share => 0.1,
        _ => 0.05,
    };

    /// <summary>What there is above it at least, so that small figures have room as well: 5 ms, 4 MiB, 2 modules, 5 % of the time.</summary>
    private static double LeastHeadroom(QuantityKind kind) => kind switch
    {
        QuantityKind.Time => 5,
        QuantityKind.Memory => 4096,
        QuantityKind.Count => 2,
        QuantityKind.Share => 0.05,
        _ => 0,
    };

    /// <summary>The limit for a figure.</summary>
    /// <param name="value">The figure.</param>
    /// <param name="kind">What it is.</param>
    public static double LimitFor(double value, QuantityKind kind)
    {
        double limit = value + Math.Max(value * Headroom(kind), LeastHeadroom(kind));
        return kind == QuantityKind.Count ? Math.Ceiling(limit) : kind == QuantityKind.Share ? Math.Min(1, limit) : limit;
    }

    /// <summary>A file's text with new limits.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="budget">What it says.</param>
    /// <param name="reports">The recordings.</param>
    /// <exception cref="BudgetException">The recordings lack a figure that the budget limits, or are of an entry point that it has no limit for.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> file, Budget budget, IReadOnlyList<ReportModel> reports)
    {
        // A general rule may hold for several entry points: it has to leave room for all.
        Dictionary<BudgetPlace, (double Limit, QuantityKind Kind)> limits = [];
        foreach ((EntryPoint entry, List<ReportModel> group) in BudgetCheck.Group(reports))
        {
            RefuseFailed(entry, group);
            List<(BudgetRule Rule, double? Value, QuantityKind Kind)> figures = [.. budget.For(entry)
                .Where(rule => rule.Level != BudgetLevel.Off && rule.Place.Start >= 0).Select(rule => Figure(rule, group)).OfType<(BudgetRule, double?, QuantityKind)>()];
            if (figures.Count == 0)
            {
                throw new BudgetException(0, $"the budget has no limit for {SafeText.Clean(entry.ToString())}", "add its rules under entry-points, or name another file to be written");
            }

            foreach ((BudgetRule rule, double? value, QuantityKind kind) in figures)
            {
                if (value is not { } known)
                {
                    throw new BudgetException(rule.Place.Line, $"'{rule.Key}' was not measured in the recordings of {SafeText.Clean(entry.ToString())}", "leave the rule out, or record it");
                }

                double limit = LimitFor(known, kind);
                limits[rule.Place] = limits.TryGetValue(rule.Place, out var other) && other.Limit > limit ? other : (limit, kind);
            }
        }

        var updated = new MemoryStream();
        int done = 0;
        foreach ((BudgetPlace place, (double limit, QuantityKind kind)) in limits.OrderBy(pair => pair.Key.Start))
        {
            updated.Write(file[done..place.Start]);
            updated.Write(Encoding.UTF8.GetBytes(Quantity.Write(limit, kind)));
            done = place.Start + place.Length;
        }

        updated.Write(file[done..]);
        return updated.ToArray();
    }

    /// <summary>A new file for some recordings.</summary>
    /// <param name="reports">The recordings.</param>
    /// <exception cref="BudgetException">They are no ground for a budget.</exception>
    public static byte[] Create(IReadOnlyList<ReportModel> reports)
    {
        var text = new StringBuilder();
        text.Append("""
            // A budget for libprof check. Levels: "error" fails the check, "warn" only says so, "off" leaves the rule out.
            // Times, and shares of them, differ from machine to machine and from run to run, and only warn here; what is loaded, how much of it, and memory hardly differ.
            {
              "entry-points": {

            """);
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach ((EntryPoint entry, List<ReportModel> group) in BudgetCheck.Group(reports))
        {
            RefuseFailed(entry, group);
            string key = keys.Add(KeyFor(entry)) ? KeyFor(entry) : entry.ToString();
            text.Append("    ").Append(JsonString(key)).Append(": {\n");
            foreach (BudgetMetric metric in BudgetMetrics.All)
            {
                bool isHandler = entry.Kind == EntryPointKind.Handler;
                if (metric != (isHandler ? BudgetMetric.Total : BudgetMetric.ColdStart) && Largest(group, metric) is { } value)
                {
                    string level = metric.Kind() is QuantityKind.Time or QuantityKind.Share ? "warn" : "error";
                    text.Append("      \"").Append(metric.Key()).Append("\": [\"").Append(level).Append("\", ")
                        .Append(Quantity.Write(LimitFor(value, metric.Kind()), metric.Kind())).Append("],\n");
                }
            }

            text.Append("      // What must not be loaded, by the name of the library or of the module; * stands for any characters.\n");
            text.Append("      \"forbidden\": [\"error\", []]\n    },\n");
        }

        return Encoding.UTF8.GetBytes(text.Append("  }\n}\n").ToString());
    }

    /// <summary>The figure that a rule limits; null for a rule that has none to be set.</summary>
    private static (BudgetRule Rule, double? Value, QuantityKind Kind)? Figure(BudgetRule rule, List<ReportModel> reports) => rule switch
    {
        LimitRule limit => (rule, Largest(reports, limit.Metric), limit.Metric.Kind()),
        _ => null,
    };

    /// <summary>The largest of the recordings, so that each of them is within the limit.</summary>
    private static double? Largest(List<ReportModel> reports, BudgetMetric metric) => reports.Max(report => BudgetFigures.Of(report, metric));

    private static void RefuseFailed(EntryPoint entry, List<ReportModel> reports)
    {
        if (reports.Select(report => report.Profile.ProcessEnd?.ExitStatus).FirstOrDefault(status => status is not (null or 0)) is { } status)
        {
            throw new BudgetException(
                0, ReportViewBuilder.Text($"{SafeText.Clean(entry.ToString())} ended with status {status}: no limits are made from a run that failed"), "record one that succeeds");
        }

        if (reports.Exists(report => report.Profile.Attached))
        {
            throw new BudgetException(0, $"{SafeText.Clean(entry.ToString())} was recorded by attaching: its start is not in the recording", "record it with libprof run");
        }
    }

    /// <summary>Scripts by their name, handlers with the last directory before it: the others may be others elsewhere.</summary>
    private static string KeyFor(EntryPoint entry) => entry.Kind switch
    {
        EntryPointKind.Script => Path.GetFileName(entry.Name),
        EntryPointKind.Handler => Path.Combine(Path.GetFileName(Path.GetDirectoryName(entry.Name)) ?? "", Path.GetFileName(entry.Name)),
        _ => entry.ToString(),
    };

    private static string JsonString(string text) => $"\"{System.Text.Json.JsonEncodedText.Encode(JsonSafe(text), System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private static string JsonSafe(string text) => Exporters.JsonText.Clean(text);
}
