namespace LibProf.Sampler.Target;

/// <summary>Tells when libprof is about to stop with its target (job control), and when it goes on: what cannot stand still is put down before.</summary>
public sealed class OwnStops
{
    private readonly Lock _lock = new();
    private Action? _before;
    private Action? _after;

    /// <summary>What to do around a stop, in place of what was to be done before; both null for nothing. Returns when no stop of the old is under way.</summary>
    /// <param name="before">Just before libprof stops.</param>
    /// <param name="after">When it goes on.</param>
    public void Follow(Action? before, Action? after)
    {
        lock (_lock)
        {
            (_before, _after) = (before, after);
        }
    }

    /// <summary>Stops.</summary>
    /// <param name="stop">Returns when libprof goes on.</param>
    internal void Around(Action stop)
    {
        lock (_lock)
        {
            _before?.Invoke();
            stop();
            _after?.Invoke();
        }
    }
}
