using LibProf.Sampler.Native;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Lets looks rest for a moment when one had to sleep, since it met the target while that changed its memory map: whoever loads a shared library does
/// so a dozen times in a row, and each such meeting costs it a wake-up call for LibProf, and often a sleep of its own until LibProf, woken, has read
/// (kernel/locking/rwsem.c hands the lock to a reader that sleeps still). Only within an import that was there at the look before, so that short ones are
/// seen. What is left out counts as missed.
/// </summary>
/// <param name="intervalNs">Nanoseconds between looks.</param>
internal sealed class MapRest(long intervalNs)
{
    private const long LongestNs = 600_000;

    private long _sleeps = -1;

    /// <summary>How long looks should rest now, in nanoseconds; 0 for not at all.</summary>
    public long Ns { get; private set; }

    /// <summary>To be called before a look.</summary>
    /// <param name="isImporting">Whether the last look found the target importing.</param>
    public void Begin(bool isImporting) => _sleeps = isImporting ? ThreadUsage.Sleeps : -1;

    /// <summary>To be called after it.</summary>
    /// <param name="goesOn">Whether it found the import of the look before.</param>
    public void End(bool goesOn)
    {
        bool met = _sleeps >= 0 && goesOn && ThreadUsage.Sleeps != _sleeps;
        // Longer when the next look after it meets the same.
        Ns = met ? Math.Min(LongestNs, Ns == 0 ? intervalNs * 3 / 2 : Ns * 2) : 0;
    }
}
