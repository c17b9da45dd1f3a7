namespace LibProf.Analyzer.Statistics;

/// <summary>A measurement far from the others.</summary>
/// <param name="Index">Its place among the measurements, from 0.</param>
/// <param name="Value">The measurement.</param>
/// <param name="TimesMedian">How many times the median it is.</param>
public readonly record struct Outlier(int Index, double Value, double TimesMedian);

/// <summary>Finds measurements far from the others. They stay among them: medians bear them.</summary>
public static class Outliers
{
    /// <summary>Standard deviations from the median at which a value is far.</summary>
    private const double Far = 5;

    /// <summary>What a median absolute deviation is multiplied by to be a standard deviation where values are normally distributed.</summary>
    private const double ToDeviation = 1.4826;

    /// <summary>Differences below this share of the median are never called far, however close together the others are.</summary>
    private const double Slight = 0.05;

    /// <summary>The outliers among some measurements, in their order; none with fewer than five.</summary>
    /// <param name="values">Measurements above 0.</param>
    public static IReadOnlyList<Outlier> Of(IReadOnlyList<double> values)
    {
        if (values.Count < 5)
        {
            return [];
        }

        double median = Medians.Of(values);
        double deviation = ToDeviation * Medians.Of(values.Select(value => Math.Abs(value - median)));
        double far = Math.Max(Far * deviation, Slight * median);
        return median > 0
            ? [.. values.Index().Where(item => Math.Abs(item.Item - median) > far).Select(item => new Outlier(item.Index, item.Item, item.Item / median))]
            : [];
    }
}
