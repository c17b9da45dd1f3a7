using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>
/// The CPU-time clock of another process: nanoseconds, ended threads included, no permission needed (clock_getcpuclockid(3)).
/// </summary>
internal static unsafe partial class ProcessClock
{
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int ReadClock(int clock, TimeSpec* time);

    /// <summary>Reads the CPU time that a process has used, in nanoseconds; false when there is no such process.</summary>
    public static bool TryRead(int pid, out long nanoseconds)
    {
        TimeSpec time = default;
        // include/linux/posix-timers.h: the inverted id in the upper bits, 2 = CPUCLOCK_SCHED, no bit for "per thread".
        bool read = ReadClock((~pid << 3) | 2, &time) == 0;
        nanoseconds = read ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : 0;
        return read;
    }
}
