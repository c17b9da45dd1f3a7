using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>What waitid(2) tells about a child.</summary>
/// <param name="Code">si_code, one of CLD_*; 0 when nothing happened.</param>
/// <param name="Status">Exit status for CLD_EXITED, else the signal.</param>
internal readonly record struct ChildEvent(int Code, int Status);

/// <summary>Waiting for a child: waitid(2), wait4(2), pidfd_open(2), poll(2), and the clocks that belong to it.</summary>
internal static unsafe partial class WaitCalls
{
    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;
    public const int CLD_TRAPPED = 4;
    public const int CLD_STOPPED = 5;
    public const int CLD_CONTINUED = 6;

    public const int WNOHANG = 1;
    public const int WSTOPPED = 2;
    public const int WEXITED = 4;
    public const int WNOWAIT = 0x01000000;

    public const int ECHILD = 10;

    private const int EINTR = 4;
    private const int P_ALL = 0;
    private const int P_PID = 1;
    private const short POLLIN = 1;
    private const int CLOCK_MONOTONIC = 1;
    private const long SYS_pidfd_open = 434; // the same number on every architecture

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitId(int idType, int id, void* info, int options);

    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    private static partial int Wait4(int pid, int* status, int options, void* usage);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollEntry* entries, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long first, long second);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, TimeSpec* time);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);

    /// <summary>A descriptor that becomes readable when the process ends; -1 before Linux 5.3. It is close-on-exec.</summary>
    public static int OpenPidDescriptor(int pid) => (int)SystemCall(SYS_pidfd_open, pid, 0);

    /// <summary>close(2).</summary>
    public static void Close(int descriptor) => _ = CloseDescriptor(descriptor);

    /// <summary>waitid for one child. False with <paramref name="error"/> = errno when it cannot be waited for (ECHILD: reaped by another).</summary>
    public static bool TryWait(int pid, int options, out ChildEvent happened, out int error)
    {
        int* info = stackalloc int[32]; // siginfo_t: 128 bytes
        int result;
        do
        {
            new Span<int>(info, 32).Clear();
            result = WaitId(P_PID, pid, info, options);
            error = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (error == EINTR);

        // si_code at byte 8, si_status at byte 24.
        happened = result == 0 && info[0] != 0 ? new(info[2], info[6]) : default;
        return result == 0;
    }

    /// <summary>Whether this process has a child, ended or not.</summary>
    public static bool HasChild()
    {
        int* info = stackalloc int[32];
        return WaitId(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) == 0;
    }

    /// <summary>wait4 without blocking: takes the ended child away. False when another did, or it has not ended.</summary>
    /// <param name="pid">The child.</param>
    /// <param name="status">Status as wait(2) encodes it.</param>
    /// <param name="cpuNs">User and system time of the child and of those of its children that it waited for.</param>
    /// <param name="peakKib">Peak resident memory in KiB: the largest of the child, of those of its children that it waited for, and of this process when it made the child.</param>
    public static bool TryReap(int pid, out int status, out long cpuNs, out long peakKib)
    {
        long* usage = stackalloc long[18]; // struct rusage: two timevals, then 14 longs
        int encoded = 0;
        int reaped = Wait4(pid, &encoded, WNOHANG, usage);
        status = encoded;
        cpuNs = reaped == pid ? ((usage[0] + usage[2]) * 1_000_000_000) + ((usage[1] + usage[3]) * 1_000) : 0;
        peakKib = reaped == pid ? usage[4] : 0;
        return reaped == pid;
    }

    /// <summary>Waits until one of the descriptors is readable or the time is over. Negative descriptors are left out.</summary>
    /// <returns>Bit N set when descriptor N is readable (or broken); 0 after the time, or when interrupted.</returns>
    public static int WaitReadable(ReadOnlySpan<int> descriptors, int timeoutMs)
    {
        PollEntry* entries = stackalloc PollEntry[descriptors.Length];
        for (int i = 0; i < descriptors.Length; i++)
        {
            entries[i] = new() { Descriptor = descriptors[i], Events = POLLIN };
        }

        int ready = 0;
        if (Poll(entries, (nuint)descriptors.Length, timeoutMs) > 0)
        {
            for (int i = 0; i < descriptors.Length; i++)
            {
                ready |= entries[i].Returned != 0 ? 1 << i : 0;
            }
        }

        return ready;
    }

    /// <summary>CLOCK_MONOTONIC in nanoseconds.</summary>
    public static long MonotonicNs()
    {
        TimeSpec time;
        _ = ClockGetTime(CLOCK_MONOTONIC, &time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    /// <summary>
    /// Processor time of a process without its children, in nanoseconds; works until it is reaped. False when it is gone.
    /// The clock's number is what clock_getcpuclockid(3) makes of a process id: CPUCLOCK_SCHED of the whole process.
    /// </summary>
    public static bool TryGetProcessCpuNs(int pid, out long cpuNs)
    {
        TimeSpec time;
        bool known = ClockGetTime((~pid << 3) | 2, &time) == 0;
        cpuNs = known ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : 0;
        return known;
    }
}
