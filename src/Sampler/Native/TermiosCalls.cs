using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>A terminal's settings and size (termios(3), TIOCGWINSZ of ioctl_tty(2)), and output that does not wait (open(2), poll(2)).</summary>
internal static unsafe partial class TermiosCalls
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;

    /// <summary>Bytes that surely hold glibc's or musl's <c>struct termios</c> (60).</summary>
    public const int SettingsSize = 128;

    private const int O_RDWR = 2;
    private const int O_NOCTTY = 0x100;
    private const int O_NONBLOCK = 0x800;
    private const int O_CLOEXEC = 0x80000;
    private const int TCSANOW = 0;
    private const nuint TIOCGWINSZ = 0x5413;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;

    // struct termios: c_iflag, c_oflag, c_cflag, c_lflag, c_line, c_cc[32], c_ispeed, c_ospeed; the same on x86-64 and aarch64.
    private const int LocalFlags = 12;
    private const int ControlCharacters = 17;
    private const uint ICANON = 0x2;
    private const uint ECHO = 0x8;
    private const uint IEXTEN = 0x8000;
    private const int VTIME = 5;
    private const int VMIN = 6;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetAttributes(int descriptor, void* settings);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetAttributes(int descriptor, int when, void* settings);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int IoControl(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollEntry* entries, nuint count, int timeoutMs);

    /// <summary>tcgetattr(3): the settings as they are; false when it is no terminal, or one that hung up.</summary>
    public static bool TryGetSettings(int descriptor, Span<byte> settings)
    {
        fixed (byte* start = settings)
        {
            return GetAttributes(descriptor, start) == 0;
        }
    }

    /// <summary>
    /// tcsetattr(3), at once. From a process group in the background the kernel sends SIGTTOU instead, which stops the caller until it is
    /// in the foreground again; then it is tried again.
    /// </summary>
    public static bool TrySetSettings(int descriptor, ReadOnlySpan<byte> settings)
    {
        fixed (byte* start = settings)
        {
            int result;
            do
            {
                result = SetAttributes(descriptor, TCSANOW, start);
            }
            while (result != 0 && Marshal.GetLastPInvokeError() == EINTR);
            return result == 0;
        }
    }

    /// <summary>Makes of settings those with which keys come one by one and are not shown. Keys that send signals go on doing so.</summary>
    public static void MakeKeywise(Span<byte> settings)
    {
        uint flags = MemoryMarshal.Read<uint>(settings[LocalFlags..]) & ~(ICANON | ECHO | IEXTEN);
        MemoryMarshal.Write(settings[LocalFlags..], in flags);
        settings[ControlCharacters + VMIN] = 1;
        settings[ControlCharacters + VTIME] = 0;
    }

    /// <summary>The window's size in characters; false when it is not known.</summary>
    public static bool TryGetSize(int descriptor, out int columns, out int rows)
    {
        ushort* size = stackalloc ushort[4]; // struct winsize
        bool known = IoControl(descriptor, TIOCGWINSZ, size) == 0 && size[0] > 0 && size[1] > 0;
        rows = known ? size[0] : 0;
        columns = known ? size[1] : 0;
        return known;
    }

    /// <summary>Opens a terminal anew, so that its being non-blocking is nobody else's; -1 when it cannot be opened.</summary>
    public static int OpenWithoutWaiting(string path) => Open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    /// <summary>Opens a terminal for its keys; -1 when it cannot be opened.</summary>
    public static int OpenForKeys(string path) => Open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    /// <summary>read(2): bytes read, 0 at the end, or the negated errno.</summary>
    public static int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint read = Read(descriptor, start, (nuint)buffer.Length);
            return read >= 0 ? (int)read : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>write(2): bytes written, or the negated errno.</summary>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint written = Write(descriptor, start, (nuint)bytes.Length);
            return written >= 0 ? (int)written : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Waits until a descriptor can be written to, or another one is readable (-1 for none), or the time is over.</summary>
    /// <returns>Whether it can be written to, or has broken; whether the other is readable.</returns>
    public static (bool Writable, bool Readable) WaitWritable(int descriptor, int other, int timeoutMs)
    {
        PollEntry* entries = stackalloc PollEntry[2];
        entries[0] = new() { Descriptor = descriptor, Events = POLLOUT };
        entries[1] = new() { Descriptor = other, Events = POLLIN };
        return Poll(entries, 2, timeoutMs) > 0 ? (entries[0].Returned != 0, entries[1].Returned != 0) : (false, false);
    }
}
