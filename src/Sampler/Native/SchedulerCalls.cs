using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>What the calling thread asks of the scheduler: <c>sched_getattr(2)</c>, <c>sched_setattr(2)</c>.</summary>
internal static unsafe partial class SchedulerCalls
{
    private const nint SetAttributes = 314; // x86-64
    private const nint GetAttributes = 315;

    /// <summary>The shortest turn that the kernel grants (__sched_setscheduler of kernel/sched/syscalls.c), in nanoseconds.</summary>
    private const ulong ShortestTurnNs = 100_000;

    // struct sched_attr of linux/sched/types.h, its first version.
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint System(nint number, nint thread, Attributes* attributes, nuint sizeOrFlags, nuint flags);

    /// <summary>
    /// Asks for short turns on a processor: whoever needs little at a time gets it sooner after waking up (custom slices, from Linux 6.12 on; before,
    /// nothing changes). No other thread gets less for it. Not for what runs without pause: it would only be interrupted more often.
    /// </summary>
    public static void AskForShortTurns()
    {
        Attributes attributes = new() { Size = (uint)sizeof(Attributes) };
        if (System(GetAttributes, 0, &attributes, (nuint)sizeof(Attributes), 0) == 0 && attributes.Policy == 0)
        {
            attributes.Runtime = ShortestTurnNs;
            _ = System(SetAttributes, 0, &attributes, 0, 0);
        }
    }
}
