using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>What the calling thread has used: getrusage(2).</summary>
internal static unsafe partial class ThreadUsage
{
    private const int OfThread = 1; // RUSAGE_THREAD

    // struct rusage: two timevals, then 14 longs, of which the last but one is ru_nvcsw.
    private const int Longs = 18;
    private const int VoluntarySwitches = 16;

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, long* usage);

    /// <summary>How often it went to sleep so far: for a lock, or until a time. That somebody else took its processor does not count.</summary>
    public static long Sleeps
    {
        get
        {
            long* usage = stackalloc long[Longs];
            return GetUsage(OfThread, usage) == 0 ? usage[VoluntarySwitches] : 0;
        }
    }
}
