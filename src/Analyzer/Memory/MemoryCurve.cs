using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Memory;

/// <summary>Amounts of the two kinds of resident memory, or changes of them, in KiB.</summary>
/// <param name="Anonymous">Pages of no file.</param>
/// <param name="File">Pages of mapped files.</param>
internal readonly record struct MemoryAmount(double Anonymous, double File)
{
    /// <summary>Both kinds.</summary>
    public double Total => Anonymous + File;

    /// <summary>Neither is anything.</summary>
    public bool IsZero => Anonymous == 0 && File == 0;

    public static MemoryAmount operator +(MemoryAmount left, MemoryAmount right) =>
        new(left.Anonymous + right.Anonymous, left.File + right.File);

    public static MemoryAmount operator -(MemoryAmount left, MemoryAmount right) =>
        new(left.Anonymous - right.Anonymous, left.File - right.File);

    public static MemoryAmount operator *(MemoryAmount amount, double factor) =>
        new(amount.Anonymous * factor, amount.File * factor);
}

/// <summary>Readings in the order of time, and what may be said in between.</summary>
/// <param name="readings">In the order of their times.</param>
internal sealed class MemoryCurve(IReadOnlyList<MemoryReading> readings)
{
    /// <summary>The readings.</summary>
    public IReadOnlyList<MemoryReading> Readings => readings;

    /// <summary>What a reading says.</summary>
    public static MemoryAmount Of(in MemoryReading reading) => new(reading.AnonymousKib, reading.FileKib);

    /// <summary>What was resident at a time: on a straight line between the readings before and after.</summary>
    public MemoryAmount At(long timeNs)
    {
        int after = FirstFrom(timeNs);
        if (after == 0 || after == readings.Count)
        {
            return Of(readings[Math.Min(after, readings.Count - 1)]);
        }

        MemoryReading left = readings[after - 1];
        MemoryReading right = readings[after];
        double part = (double)(timeNs - left.TimeNs) / Math.Max(right.TimeNs - left.TimeNs, 1);
        return Of(left) + ((Of(right) - Of(left)) * part);
    }

    /// <summary>Number of the first reading at or after a time; the number of readings when there is none.</summary>
    private int FirstFrom(long timeNs)
    {
        int low = 0;
        int high = readings.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (readings[middle].TimeNs < timeNs)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
