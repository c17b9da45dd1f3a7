using System.Globalization;

namespace LibProf.Analyzer.Budgets;

/// <summary>Numbers with units as people write them: <c>400 ms</c>, <c>64 MiB</c>, <c>10 %</c>.</summary>
public static class Quantity
{
    private static readonly Dictionary<string, double> Times = new(StringComparer.Ordinal)
    {
        ["us"] = 0.001,
        ["µs"] = 0.001,
        ["ms"] = 1,
        ["s"] = 1000,
        ["min"] = 60_000,
    };

    private static readonly Dictionary<string, double> Sizes = new(StringComparer.Ordinal)
    {
        ["B"] = 1 / 1024.0,
        ["kB"] = 1000 / 1024.0,
        ["KB"] = 1000 / 1024.0,
        ["KiB"] = 1,
        ["MB"] = 1e6 / 1024,
        ["MiB"] = 1024,
        ["GB"] = 1e9 / 1024,
        ["GiB"] = 1024 * 1024,
    };

    private static readonly Dictionary<string, double> Shares = new(StringComparer.Ordinal) { ["%"] = 0.01 };

    private static readonly Dictionary<string, double> Counts = new(StringComparer.Ordinal) { [""] = 1 };

    /// <summary>Reads one; false when it is none of its kind, or no limit that could be kept or broken.</summary>
    /// <param name="text">As written.</param>
    /// <param name="kind">What it should be.</param>
    /// <param name="value">In milliseconds, KiB, a number or a share.</param>
    public static bool TryParse(string text, QuantityKind kind, out double value)
    {
        string trimmed = text.Trim();
        int length = 0;
        while (length < trimmed.Length && (char.IsAsciiDigit(trimmed[length]) || trimmed[length] == '.'))
        {
            length++;
        }

        string unit = trimmed[length..].TrimStart();
        if (!double.TryParse(trimmed.AsSpan(0, length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value)
            || !Units(kind).TryGetValue(unit, out double factor))
        {
            return false;
        }

        value *= factor;
        return kind switch
        {
            // No run takes no time and no memory.
            QuantityKind.Time or QuantityKind.Memory => value > 0 && value < 1e12,
            QuantityKind.Share => value <= 1,
            _ => value == Math.Floor(value) && value <= int.MaxValue,
        };
    }

    /// <summary>How one is written, for messages.</summary>
    /// <param name="kind">What it is.</param>
    public static string Example(QuantityKind kind) => kind switch
    {
        QuantityKind.Time => "a time such as \"400 ms\" or \"1.5 s\"",
        QuantityKind.Memory => "an amount of memory such as \"64 MiB\"",
        QuantityKind.Share => "a share such as \"10 %\"",
        _ => "a whole number such as 120",
    };

    /// <summary>Writes a limit, rounded up to what people would write.</summary>
    /// <param name="value">In milliseconds, KiB, a number or a share.</param>
    /// <param name="kind">What it is.</param>
    public static string Write(double value, QuantityKind kind) => kind switch
    {
        QuantityKind.Time => RoundUp(value) is var ms && ms >= 1000 ? Text($"\"{ms / 1000:0.###} s\"") : Text($"\"{RoundUp(value):0.##} ms\""),
        QuantityKind.Memory => Text($"\"{Math.Ceiling(value / 1024):0} MiB\""),
        QuantityKind.Share => Text($"\"{Math.Min(100, Math.Ceiling(100 * value)):0} %\""),
        _ => Text($"{Math.Ceiling(value):0}"),
    };

    /// <summary>To two digits that count.</summary>
    private static double RoundUp(double value)
    {
        double unit = value > 0 ? Math.Pow(10, Math.Floor(Math.Log10(value)) - 1) : 1;
        return Math.Round(Math.Ceiling(value / unit - 1e-9) * unit, 6);
    }

    private static Dictionary<string, double> Units(QuantityKind kind) => kind switch
    {
        QuantityKind.Time => Times,
        QuantityKind.Memory => Sizes,
        QuantityKind.Share => Shares,
        _ => Counts,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
