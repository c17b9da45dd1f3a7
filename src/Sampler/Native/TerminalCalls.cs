using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>Which terminal a file is, whose it is at the moment, and whether it takes more: ioctl_tty(2), statx(2), poll(2).</summary>
internal static unsafe partial class TerminalCalls
{
    private const nuint TIOCGPGRP = 0x540F;
    private const short POLLOUT = 4;
    private const int AT_FDCWD = -100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_TYPE = 1;
    private const int CharacterDevice = 0x2000; // S_IFCHR

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(0x1c)] public ushort Mode;
        [FieldOffset(0x80)] public uint DeviceMajor; // stx_rdev_major
        [FieldOffset(0x84)] public uint DeviceMinor;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int IoControl(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int GetProcessGroup();

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(void* entries, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFile(int directory, string path, int flags, uint mask, Statx* result);

    /// <summary>Whether this process is in the foreground of a terminal: what it writes there disturbs nobody's typing, and does not stop it (SIGTTOU).</summary>
    public static bool IsInForeground(int descriptor)
    {
        int group = 0;
        return IoControl(descriptor, TIOCGPGRP, &group) == 0 && group == GetProcessGroup();
    }

    /// <summary>Whether a write would not wait.</summary>
    public static bool TakesMore(int descriptor)
    {
        long entry = (uint)descriptor | ((long)POLLOUT << 32); // struct pollfd
        return Poll(&entry, 1, 0) == 1 && (entry >> 48) == POLLOUT;
    }

    /// <summary>Device number of a character device, the major in the upper half; null for any other file, and when it cannot be asked.</summary>
    public static ulong? DeviceOf(int descriptor) => DeviceOf(descriptor, "", AT_EMPTY_PATH);

    /// <summary>The same of a path, links followed.</summary>
    public static ulong? DeviceOf(string path) => DeviceOf(AT_FDCWD, path, 0);

    private static ulong? DeviceOf(int directory, string path, int flags)
    {
        Statx result = default;
        return StatFile(directory, path, flags, STATX_TYPE, &result) == 0 && (result.Mode & 0xf000) == CharacterDevice
            ? ((ulong)result.DeviceMajor << 32) | result.DeviceMinor : null;
    }
}
