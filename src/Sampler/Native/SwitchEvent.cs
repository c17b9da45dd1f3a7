using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>
/// An event of perf_event_open(2) that tells when a thread of another process is switched in: a ring of the kernel's, into which it
/// writes a PERF_RECORD_SWITCH then, and whose descriptor becomes readable.
/// </summary>
/// <remarks>
/// Nothing is counted and nothing interrupts the thread; while the event is enabled, its switches cost the kernel a record of eight
/// bytes. Layouts and numbers: include/uapi/linux/perf_event.h.
/// </remarks>
internal sealed unsafe partial class SwitchEvent : IDisposable
{
    private const long SYS_perf_event_open = 298; // x86-64
    private const ulong CloseOnExec = 8;          // PERF_FLAG_FD_CLOEXEC
    private const nuint EnableRequest = 0x2400;   // PERF_EVENT_IOC_ENABLE
    private const nuint DisableRequest = 0x2401;  // PERF_EVENT_IOC_DISABLE
    private const int ReadWrite = 3;              // PROT_READ | PROT_WRITE
    private const int Shared = 1;                 // MAP_SHARED
    private const int HeadOffset = 1024;          // struct perf_event_mmap_page: data_head, data_tail
    private const int TailOffset = 1032;

    // Disabled | exclude_kernel | exclude_hv | watermark | context_switch: bits of struct perf_event_attr.
    private const ulong AttributeBits = 1UL | 1UL << 5 | 1UL << 6 | 1UL << 14 | 1UL << 26;

    [StructLayout(LayoutKind.Explicit, Size = 112)] // PERF_ATTR_SIZE_VER5
    private struct Attributes
    {
        [FieldOffset(0)] public uint Type;
        [FieldOffset(4)] public uint Size;
        [FieldOffset(8)] public ulong Config;
        [FieldOffset(40)] public ulong Bits;
        [FieldOffset(48)] public uint WakeupWatermark;
    }

    private readonly byte* _page;
    private readonly nuint _length;

    private SwitchEvent(int descriptor, byte* page, nuint length)
    {
        Descriptor = descriptor;
        _page = page;
        _length = length;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long OpenEvent(long number, Attributes* attributes, long thread, long processor, long group, ulong flags);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int descriptor, nuint request, nint argument);

    /// <summary>The descriptor, for poll(2).</summary>
    public int Descriptor { get; }

    /// <summary>Bytes that the kernel has written to the ring so far: it has grown when the thread was switched in or out.</summary>
    public ulong Head => Volatile.Read(ref *(ulong*)(_page + HeadOffset));

    /// <summary>Opens a disabled event for a thread.</summary>
    /// <param name="thread">Thread id as libprof sees it.</param>
    /// <param name="error">errno when null is returned: ESRCH (3) when the thread is gone; else it cannot be had here.</param>
    public static SwitchEvent? TryOpen(int thread, out int error)
    {
        // PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY: an event that never counts, only its records are wanted.
        Attributes attributes = new() { Type = 1, Size = (uint)sizeof(Attributes), Config = 9, Bits = AttributeBits, WakeupWatermark = 1 };
        int descriptor = (int)OpenEvent(SYS_perf_event_open, &attributes, thread, -1, -1, CloseOnExec);
        error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (descriptor < 0)
        {
            return null;
        }

        nuint length = 2 * (nuint)Environment.SystemPageSize;
        nint page = Map(0, length, ReadWrite, Shared, descriptor, 0);
        if (page == -1)
        {
            error = Marshal.GetLastPInvokeError();
            WaitCalls.Close(descriptor);
            return null;
        }

        return new SwitchEvent(descriptor, (byte*)page, length);
    }

    /// <summary>Begins to record switches, with the ring emptied. False when the thread is gone.</summary>
    public bool TryEnable()
    {
        Volatile.Write(ref *(ulong*)(_page + TailOffset), Head);
        return Control(Descriptor, EnableRequest, 0) == 0;
    }

    /// <summary>Stops recording switches.</summary>
    public void Disable() => _ = Control(Descriptor, DisableRequest, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Unmap(_page, _length);
        WaitCalls.Close(Descriptor);
    }
}
