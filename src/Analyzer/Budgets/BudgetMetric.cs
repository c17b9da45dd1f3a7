using System.Globalization;

namespace LibProf.Analyzer.Budgets;

/// <summary>A figure that a budget can limit.</summary>
public enum BudgetMetric
{
    /// <summary>Initialisation: what the JSON report's phases say of imports, in milliseconds.</summary>
    Init,
    /// <summary>From exec to exit, in milliseconds.</summary>
    Total,
    /// <summary>From exec through a handler's first call; without a handler the same as the total. In milliseconds.</summary>
    ColdStart,
    /// <summary>Processor time of the process, in milliseconds.</summary>
    Cpu,
    /// <summary>Peak resident memory, in KiB.</summary>
    Memory,
    /// <summary>Modules in <c>sys.modules</c>.</summary>
    Modules,
    /// <summary>Libraries apart from the standard library and the program itself.</summary>
    Libraries,
    /// <summary>The share of initialisation that went into what was not used afterwards, from 0 to 1.</summary>
    MaxUnused,
}

/// <summary>What a limit is a number of.</summary>
public enum QuantityKind
{
    /// <summary>Milliseconds; written with ms, s, us or min.</summary>
    Time,
    /// <summary>KiB; written with B, KB, KiB, MB, MiB, GB, GiB.</summary>
    Memory,
    /// <summary>A whole number.</summary>
    Count,
    /// <summary>A share from 0 to 1; written with %.</summary>
    Share,
}

/// <summary>Names and units of metrics.</summary>
public static class BudgetMetrics
{
    private static readonly (BudgetMetric Metric, string Key, QuantityKind Kind)[] Known =
    [
        (BudgetMetric.Init, "init", QuantityKind.Time),
        (BudgetMetric.Total, "total", QuantityKind.Time),
        (BudgetMetric.ColdStart, "cold-start", QuantityKind.Time),
        (BudgetMetric.Cpu, "cpu", QuantityKind.Time),
        (BudgetMetric.Memory, "memory", QuantityKind.Memory),
        (BudgetMetric.Modules, "modules", QuantityKind.Count),
        (BudgetMetric.Libraries, "libraries", QuantityKind.Count),
        (BudgetMetric.MaxUnused, "max-unused", QuantityKind.Share),
    ];

    /// <summary>All keys, in the order in which help lists them.</summary>
    public static IEnumerable<string> Keys => Known.Select(known => known.Key);

    /// <summary>All metrics.</summary>
    public static IEnumerable<BudgetMetric> All => Known.Select(known => known.Metric);

    /// <summary>A metric by its key; false when there is none of that name.</summary>
    /// <param name="key">The key.</param>
    /// <param name="metric">The metric.</param>
    public static bool TryFind(string key, out BudgetMetric metric)
    {
        int index = Array.FindIndex(Known, known => known.Key == key);
        metric = index < 0 ? default : Known[index].Metric;
        return index >= 0;
    }

    /// <summary>A metric's key.</summary>
    /// <param name="metric">The metric.</param>
    public static string Key(this BudgetMetric metric) => Known[(int)metric].Key;

    /// <summary>What its values are.</summary>
    /// <param name="metric">The metric.</param>
    public static QuantityKind Kind(this BudgetMetric metric) => Known[(int)metric].Kind;

    /// <summary>A value for people.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="value">The value.</param>
    public static string Text(this QuantityKind kind, double value) => kind switch
    {
        QuantityKind.Time => string.Create(CultureInfo.InvariantCulture, $"{value:0.0} ms"),
        QuantityKind.Memory => string.Create(CultureInfo.InvariantCulture, $"{value / 1024:0.0} MiB"),
        QuantityKind.Share => string.Create(CultureInfo.InvariantCulture, $"{100 * value:0.0} %"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.#}"),
    };
}
