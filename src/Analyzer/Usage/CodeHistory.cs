using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Usage;

/// <summary>The readings of one code object, in order of time.</summary>
/// <param name="code">The code object.</param>
internal sealed class CodeHistory(CodeInfo code)
{
    private readonly List<(long BeginNs, long EndNs, CodeUse Use, int Count)> _readings = [];

    /// <summary>The code object.</summary>
    public CodeInfo Code { get; } = code;

    /// <summary>Adds a reading that is new or changed.</summary>
    public void Add(UsageSnapshot snapshot, CodeReading reading) => _readings.Add((snapshot.BeginNs, snapshot.EndNs, reading.Use, reading.Count));

    /// <summary>Whether it ran at some time.</summary>
    public bool HasRun => _readings.Exists(reading => reading.Use is CodeUse.Counted or CodeUse.Saturated);

    /// <summary>When it was first known to have run; null when it was not.</summary>
    public long? FirstRunNs => HasRun ? _readings.Find(reading => reading.Use is CodeUse.Counted or CodeUse.Saturated).BeginNs : null;

    /// <summary>What its readings prove.</summary>
    /// <param name="moduleEndNs">Certainly within its module's initialisation, up to here; null when that is not known.</param>
    /// <param name="afterNs">Certainly after the end of the program's initialisation (and its module's), from here on; null when that is not known.</param>
    /// <param name="passes">Complete readings of all code objects.</param>
    /// <param name="isComplete">Whether the last of them was at the end.</param>
    public UseVerdict Judge(long? moduleEndNs, long? afterNs, IReadOnlyList<UsageSnapshot> passes, bool isComplete)
    {
        if (_readings.Count == 0)
        {
            return UseVerdict.Unknown;
        }

        if (afterNs is { } after && RanAfter(after, passes))
        {
            return UseVerdict.Used;
        }

        if (!isComplete || _readings.Exists(reading => reading.Use is CodeUse.Unknown or CodeUse.Gone))
        {
            return UseVerdict.Unknown;
        }

        if (!HasRun)
        {
            return UseVerdict.Never;
        }

        var last = _readings[^1];
        return last.Use == CodeUse.Counted && moduleEndNs is { } end && last.EndNs <= end ? UseVerdict.NotSinceInit : UseVerdict.Unknown;
    }

    /// <summary>Whether it ran after its module's import, and not provably before the program went to work.</summary>
    /// <param name="importEndNs">Certainly after the import of its module, from here on; null when that is not known.</param>
    /// <param name="workNs">What was read up to here ran before the program went to work; null when that is not known.</param>
    public LateRun RanLate(long? importEndNs, long? workNs)
    {
        for (int i = 1; i < _readings.Count && importEndNs is { } end; i++)
        {
            if (_readings[i].Use is CodeUse.Counted or CodeUse.Saturated && _readings[i - 1].Use is not (CodeUse.Unknown or CodeUse.Gone)
                && _readings[i - 1].BeginNs >= end && !(_readings[i].EndNs <= workNs))
            {
                return LateRun.Certain;
            }
        }

        // Without evidence, never read, or not to be read any more when the program ended: nothing is known.
        if (_readings.Count == 0 || _readings[^1].Use is CodeUse.Unknown or CodeUse.Gone)
        {
            return LateRun.Possible;
        }

        return !HasRun || _readings.Find(reading => reading.Use is CodeUse.Counted or CodeUse.Saturated).EndNs <= workNs ? LateRun.None : LateRun.Possible;
    }

    // A reading that shows a run since the one before, which was after the end of initialisation.
    private bool RanAfter(long afterNs, IReadOnlyList<UsageSnapshot> passes)
    {
        for (int i = 1; i < _readings.Count; i++)
        {
            var reading = _readings[i];
            if (reading.Use is not (CodeUse.Counted or CodeUse.Saturated) || _readings[i - 1].Use is CodeUse.Unknown or CodeUse.Gone)
            {
                continue;
            }

            if (_readings[i - 1].BeginNs >= afterNs || passes.Any(pass => pass.BeginNs >= afterNs && pass.EndNs <= reading.BeginNs))
            {
                return true;
            }
        }

        return false;
    }
}
