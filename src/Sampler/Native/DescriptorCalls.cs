using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>Files by number: write(2), memfd_create(2), terminal queries, and leaving at once by _exit(2).</summary>
internal static unsafe partial class DescriptorCalls
{
    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const short POLLOUT = 4;
    private const int O_RDWR = 2;
    private const int O_CLOEXEC = 0x80000;
    private const int F_GETFD = 1;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int FD_CLOEXEC = 1;
    private const nuint TIOCGWINSZ = 0x5413;

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "dup3")]
    private static partial int Dup3(int descriptor, int number, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(void* entries, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsATerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int IoControl(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int status);

    /// <summary>An unnamed file that the next image of this process inherits; -1 when the kernel has none to give.</summary>
    public static int CreateMemoryFile(string name) => MemFdCreate(name, 0);

    /// <summary>
    /// Fills descriptors 0 to 2 where they are closed, or the next file opened would become the standard stream that libprof, or
    /// a library of it, writes to. Close-on-exec, so a launched program finds them closed.
    /// </summary>
    public static void ReserveStandard()
    {
        int descriptor;
        while ((descriptor = Open("/dev/null", O_RDWR | O_CLOEXEC)) is >= 0 and <= 2)
        {
        }

        WaitCalls.Close(descriptor);
    }

    /// <summary>/dev/null for reading and writing, close-on-exec; -1 when it cannot be opened.</summary>
    public static int OpenNull() => Open("/dev/null", O_RDWR | O_CLOEXEC);

    /// <summary>The same file under another number above the standard streams', close-on-exec; -1 when it is not open.</summary>
    public static int Duplicate(int descriptor) => Control(descriptor, F_DUPFD_CLOEXEC, 3);

    /// <summary>Whether a descriptor is closed by an exec.</summary>
    public static bool IsCloseOnExec(int descriptor) => (Control(descriptor, F_GETFD, 0) & FD_CLOEXEC) != 0;

    /// <summary>Makes a number stand for the file of another one.</summary>
    public static void Replace(int number, int byDescriptor, bool closeOnExec) => _ = Dup3(byDescriptor, number, closeOnExec ? O_CLOEXEC : 0);

    /// <summary>Writes all of it, waiting where the descriptor is non-blocking. Returns 0 or errno (EPIPE when the reader has gone).</summary>
    public static int WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint written = Write(descriptor, start + done, (nuint)(bytes.Length - done));
                if (written > 0)
                {
                    done += written;
                    continue;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error == EAGAIN)
                {
                    long entry = (uint)descriptor | ((long)POLLOUT << 32); // struct pollfd
                    _ = Poll(&entry, 1, -1);
                }
                else if (error != EINTR)
                {
                    return error;
                }
            }
        }

        return 0;
    }

    /// <summary>Whether a descriptor is a terminal.</summary>
    public static bool IsTerminal(int descriptor) => IsATerminal(descriptor) == 1;

    /// <summary>Columns of a terminal; 0 when it is none or does not know.</summary>
    public static int TerminalColumns(int descriptor)
    {
        ushort* size = stackalloc ushort[4]; // struct winsize
        return IoControl(descriptor, TIOCGWINSZ, size) == 0 ? size[1] : 0;
    }

    /// <summary>_exit(2): no handlers, no buffers.</summary>
    public static void Exit(int status) => ExitNow(status);
}
