using System.Diagnostics;

namespace LibProf.TestSupport;

/// <summary>A point in time after which a wait is given up: generous, since it only limits how long a broken test takes to fail.</summary>
public sealed class Deadline
{
    /// <summary>How long tests wait for something that should happen soon.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeSpan _limit;

    private Deadline(TimeSpan limit) => _limit = limit;

    /// <summary>The time left; zero once it has passed.</summary>
    public TimeSpan Remaining
    {
        get
        {
            TimeSpan left = _limit - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether it has passed.</summary>
    public bool HasPassed => Remaining == TimeSpan.Zero;

    /// <summary>A deadline that passes after <paramref name="limit"/>, or after <see cref="Patience"/>.</summary>
    public static Deadline In(TimeSpan? limit = null) => new(limit ?? Patience);
}
