using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Memory;

/// <summary>Goes from reading to reading and bills each change.</summary>
/// <param name="curve">The readings.</param>
/// <param name="threads">What the threads were importing.</param>
/// <param name="accounts">Where it is billed.</param>
/// <param name="periodNs">Time between two looks.</param>
internal sealed class GrowthBilling(MemoryCurve curve, IReadOnlyList<ImportStates> threads, MemoryAccounts accounts, long periodNs)
{
    /// <summary>Readings while something is imported are not closer together than this.</summary>
    public const long ShortestPeriodNs = 100_000;

    /// <summary>How many looks before and after tell how fast something grew.</summary>
    private const int Looks = 2;

    private readonly List<int> _importing = [];
    private readonly List<int> _ids = [];
    private ImportState[] _states = new ImportState[16];
    private double[] _times = new double[16];
    private double[] _anonymous = new double[16];
    private double[] _file = new double[16];
    private MemoryAmount[] _shares = new MemoryAmount[16];

    /// <summary>Bills all changes up to a time.</summary>
    public void Bill(long untilNs)
    {
        IReadOnlyList<MemoryReading> readings = curve.Readings;
        double[] shares = new double[threads.Count];
        for (int i = 1; i < readings.Count && readings[i].TimeNs <= untilNs; i++)
        {
            MemoryReading from = readings[i - 1];
            MemoryReading to = readings[i];
            MemoryAmount change = MemoryCurve.Of(to) - MemoryCurve.Of(from);
            if (!change.IsZero)
            {
                Bill(from, to, change, shares);
            }
        }
    }

    private void Bill(in MemoryReading from, in MemoryReading to, MemoryAmount change, double[] shares)
    {
        FindImporting(from.TimeNs, to.TimeNs);
        if (_importing.Count == 0)
        {
            MemoryAccount nobody = accounts.Of(0, from.TimeNs);
            nobody.Exclusive += change;
            nobody.AddInclusive(change);
            return;
        }

        double doubt = ThreadShares.Of(from, to, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids), shares);
        double others = 1;
        for (int i = 0; i < _importing.Count; i++)
        {
            others -= shares[i];
            BillThread(threads[_importing[i]], from.TimeNs, to.TimeNs, change * shares[i], doubt * Math.Abs(change.Total));
        }

        accounts.Program.Exclusive += change * Math.Max(others, 0);
    }

    private void FindImporting(long fromNs, long toNs)
    {
        _importing.Clear();
        _ids.Clear();
        for (int i = 0; i < threads.Count; i++)
        {
            foreach (ref readonly ImportState state in threads[i].During(fromNs, toNs))
            {
                if (state.Path != 0 && !state.Waits)
                {
                    _importing.Add(i);
                    _ids.Add(threads[i].ThreadId);
                    break;
                }
            }
        }
    }

    private void BillThread(ImportStates thread, long fromNs, long toNs, MemoryAmount change, double doubtKib)
    {
        ReadOnlySpan<ImportState> found = thread.During(fromNs, toNs);
        Reserve(found.Length);
        int count = found.Length;
        found.CopyTo(_states);
        Span<double> times = _times.AsSpan(0, count);
        for (int i = 0; i < count; i++)
        {
            times[i] = Math.Min(found[i].EndNs, toNs) - Math.Max(found[i].StartNs, fromNs);
        }

        MemoryAmount? before = count > 1 ? RateBefore(found[0], fromNs) : null;
        MemoryAmount? after = count > 1 ? RateAfter(found[^1], toNs) : null;
        MemoryAmount grown = accounts.Of(found[0].Path, found[0].StartNs).Inclusive;
        GrowthSplit.Split(change.Anonymous, times, before?.Anonymous, after?.Anonymous, grown.Anonymous, _anonymous);
        GrowthSplit.Split(change.File, times, before?.File, after?.File, grown.File, _file);
        for (int i = 0; i < count; i++)
        {
            _shares[i] = new MemoryAmount(_anonymous[i], _file[i]);
        }

        accounts.Bill(_states.AsSpan(0, count), _shares.AsSpan(0, count), change, doubtKib);
    }

    /// <summary>KiB a nanosecond over the last looks of a state; null when it had hardly begun.</summary>
    private MemoryAmount? RateBefore(in ImportState state, long untilNs)
    {
        long span = Math.Min(Looks * periodNs, untilNs - Math.Max(state.StartNs, curve.Readings[0].TimeNs));
        return span < periodNs / 2 ? null : (curve.At(untilNs) - curve.At(untilNs - span)) * (1.0 / span);
    }

    private MemoryAmount? RateAfter(in ImportState state, long sinceNs)
    {
        long span = Math.Min(Looks * periodNs, Math.Min(state.EndNs, curve.Readings[^1].TimeNs) - sinceNs);
        return span < periodNs / 2 ? null : (curve.At(sinceNs + span) - curve.At(sinceNs)) * (1.0 / span);
    }

    private void Reserve(int count)
    {
        if (_states.Length < count)
        {
            int size = Math.Max(count, 2 * _states.Length);
            _states = new ImportState[size];
            _times = new double[size];
            _anonymous = new double[size];
            _file = new double[size];
            _shares = new MemoryAmount[size];
        }
    }
}
