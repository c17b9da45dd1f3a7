using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>Waiting for a moment: <c>clock_nanosleep(2)</c>, and <c>prctl(2)</c> for its precision.</summary>
internal static unsafe partial class ClockCalls
{
    private const int ClockMonotonic = 1;
    private const int TimerAbsolute = 1;
    private const int SetTimerSlack = 29;

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int Sleep(int clock, int flags, TimeSpec* request, TimeSpec* remain);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint argument, nuint unused1, nuint unused2, nuint unused3);

    /// <summary>Waits until CLOCK_MONOTONIC reads <paramref name="nanoseconds"/>, or a signal comes.</summary>
    public static void SleepUntil(long nanoseconds)
    {
        TimeSpec time = new() { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        _ = Sleep(ClockMonotonic, TimerAbsolute, &time, null);
    }

    /// <summary>Lets the calling thread's waits end within a nanosecond instead of the usual 50 µs of slack.</summary>
    public static void WaitPrecisely() => _ = ProcessControl(SetTimerSlack, 1, 0, 0, 0);
}
