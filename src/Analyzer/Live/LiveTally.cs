using System.Runtime.InteropServices;

namespace LibProf.Analyzer.Live;

/// <summary>A stack as it was seen: whose, where, and whether the thread ran.</summary>
internal readonly record struct SeenStack(int Thread, int Stack, bool IsCut, bool IsRunning);

/// <summary>A thread's looks: all, those at which it ran, and those at which it held the GIL.</summary>
internal readonly record struct ThreadLooks(long Seen, long Running, long Holding)
{
    /// <summary>Both together.</summary>
    public ThreadLooks Plus(ThreadLooks other) => new(Seen + other.Seen, Running + other.Running, Holding + other.Holding);
}

/// <summary>What was seen in a short stretch of time.</summary>
internal sealed class LiveSlice
{
    /// <summary>Which stretch; they are numbered by time.</summary>
    public required long Number { get; init; }

    /// <summary>Looks that gave stacks.</summary>
    public long Looks { get; set; }

    /// <summary>Of those, at which the holder of the GIL was known.</summary>
    public long GilLooks { get; set; }

    /// <summary>Of those, at which there was one.</summary>
    public long GilHeld { get; set; }

    /// <summary>Looks by stack.</summary>
    public Dictionary<SeenStack, long> Stacks { get; } = [];

    /// <summary>Looks by thread.</summary>
    public Dictionary<int, ThreadLooks> Threads { get; } = [];
}

/// <summary>Counts of functions and lines, of waiting and running threads and of running ones alone.</summary>
internal sealed class LiveTally
{
    private readonly Dictionary<int, LiveCount>[] _counts = [[], [], [], []];

    /// <summary>Looks by function or line, as far as the query asks.</summary>
    public Dictionary<int, LiveCount> Counts(bool waiting, bool byLine) => _counts[(waiting ? 2 : 0) + (byLine ? 1 : 0)];

    /// <summary>Adds looks at a stack.</summary>
    public void Add(LiveStacks stacks, in SeenStack seen, long looks)
    {
        stacks.Count(seen.Stack, seen.IsCut, looks, Counts(true, false), Counts(true, true));
        if (seen.IsRunning)
        {
            stacks.Count(seen.Stack, seen.IsCut, looks, Counts(false, false), Counts(false, true));
        }
    }

    /// <summary>Adds another tally's counts.</summary>
    public void Add(LiveTally other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            foreach ((int id, LiveCount more) in other._counts[i])
            {
                ref LiveCount count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts[i], id, out _);
                count = new LiveCount(count.Own + more.Own, count.Total + more.Total);
            }
        }
    }
}
