using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Samples that wait for the names in them to be verified: until then it is not sure that no code object was freed, and its
/// address given to another one, between two looks at its identity. Filled and emptied in turns; allocates only to grow.
/// </summary>
internal sealed class HeldSamples
{
    private (long TimeNs, int First, int Count, bool Cut)[] _samples = new (long, int, int, bool)[256];
    private ThreadStack[] _stacks = new ThreadStack[1024];
    private int _count;
    private int _stackCount;

    /// <summary>Samples held.</summary>
    public int Count => _count;

    /// <summary>Stacks held, over all samples.</summary>
    public int StackCount => _stackCount;

    /// <summary>Holds a sample.</summary>
    public void Add(long timeNs, ReadOnlySpan<ThreadStack> stacks, bool cut)
    {
        if (_count == _samples.Length)
        {
            Array.Resize(ref _samples, _count * 2);
        }

        if (_stackCount + stacks.Length > _stacks.Length)
        {
            Array.Resize(ref _stacks, Math.Max(_stacks.Length * 2, _stackCount + stacks.Length));
        }

        _samples[_count++] = (timeNs, _stackCount, stacks.Length, cut);
        stacks.CopyTo(_stacks.AsSpan(_stackCount));
        _stackCount += stacks.Length;
    }

    /// <summary>Hands over all samples, but for those with a stack that has a frame which was doubtful by then.</summary>
    public void Release(List<Doubt> doubtful, StackInterner interner, RecordingPump pump, SampleCounter counter)
    {
        for (int i = 0; i < _count; i++)
        {
            (long time, int first, int count, bool cut) = _samples[i];
            ReadOnlySpan<ThreadStack> stacks = _stacks.AsSpan(first, count);
            if (doubtful.Count > 0 && IsDoubtful(time, stacks, doubtful, interner))
            {
                counter.Fail(SampleFailure.Torn);
                continue;
            }

            counter.Samples++;
            counter.Cut += cut ? 1 : 0;
            pump.TrySample(time, stacks);
        }

        _count = 0;
        _stackCount = 0;
    }

    private static bool IsDoubtful(long timeNs, ReadOnlySpan<ThreadStack> stacks, List<Doubt> doubtful, StackInterner interner)
    {
        foreach (ThreadStack stack in stacks)
        {
            foreach (Doubt doubt in doubtful)
            {
                if (timeNs >= doubt.SinceNs && interner.Contains(stack.StackId, doubt))
                {
                    return true;
                }
            }
        }

        return false;
    }
}

/// <summary>Counts looks as they happen.</summary>
internal sealed class SampleCounter
{
    private readonly long[] _failures = new long[Enum.GetValues<SampleFailure>().Length];

    /// <summary>Looks with at least one usable stack.</summary>
    public long Samples { get; set; }

    /// <summary>Samples with a cut stack.</summary>
    public long Cut { get; set; }

    /// <summary>Looks at which no thread had a Python frame.</summary>
    public long Idle { get; set; }

    /// <summary>Counts a failed look.</summary>
    public void Fail(SampleFailure reason) => _failures[(int)reason]++;

    /// <summary>The counts by now.</summary>
    public SamplingStatistics ToStatistics(long durationNs, long missed, long dropped) => new()
    {
        DurationNs = durationNs,
        Samples = Samples - dropped,
        Cut = Cut,
        Missed = missed,
        Idle = Idle,
        Dropped = dropped,
        Failures = Enum.GetValues<SampleFailure>().Where(reason => _failures[(int)reason] > 0).ToDictionary(reason => reason, reason => _failures[(int)reason]),
    };
}
