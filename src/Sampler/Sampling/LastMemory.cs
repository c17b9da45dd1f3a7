using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// The memory of an image beyond its end, for the last reading of what ends without a word: by <c>os._exit</c>, by a signal, by exec. Kept only until the
/// interpreter is seen to tear down by itself, so that the end of an ordinary program takes place as ever.
/// </summary>
internal sealed class LastMemory : IDisposable
{
    private readonly LiveProcessMemory _memory;
    private readonly MemoryHold _hold;
    private readonly OwnStops _stops;

    private LastMemory(LiveProcessMemory memory, MemoryHold hold, OwnStops stops)
    {
        _memory = memory;
        _hold = hold;
        _stops = stops;
        stops.Follow(hold.Release, () => hold.Renew());
    }

    /// <summary>Whether everything is read from it now.</summary>
    public bool IsTaken => _memory.Held is not null;

    /// <summary>Keeps the memory of an image; null when that is not possible.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="stops">libprof's own stops; null when it does not see to them.</param>
    /// <param name="runtime">The image's runtime.</param>
    public static LastMemory? TryKeep(LiveProcessMemory memory, OwnStops? stops, LocatedRuntime runtime) =>
        stops is not null && MemoryHold.TryBegin(memory.Pid, runtime.InterpretersHeadAddress != 0 ? runtime.InterpretersHeadAddress : runtime.CurrentThreadStateAddress) is { } hold ? new LastMemory(memory, hold, stops) : null;

    /// <summary>The process is no more what it was: from now on everything is read from what it was.</summary>
    public void TakeOver() => _memory.Held = _hold;

    /// <summary>Lets the memory go.</summary>
    public void Dispose()
    {
        _memory.Held = null;
        _stops.Follow(null, null);
        _hold.Dispose();
    }
}
