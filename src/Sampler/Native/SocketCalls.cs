using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>A pair of connected sockets that keep messages apart: unix(7), SOCK_SEQPACKET. Writing to one whose peer has gone gives EPIPE and no signal.</summary>
internal static unsafe partial class SocketCalls
{
    private const int AF_UNIX = 1;
    private const int SOCK_SEQPACKET = 5;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int F_DUPFD = 0;
    private const int EINTR = 4;
    private const int MSG_NOSIGNAL = 0x4000;

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int SocketPair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendTo(int descriptor, void* buffer, nuint count, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint ReceiveFrom(int descriptor, void* buffer, nuint count, int flags);

    /// <summary>Makes a pair.</summary>
    /// <param name="lowest">The inherited end gets this number or the next free one, so that it does not move the numbers that a program's own files get.</param>
    /// <param name="ours">Our end, not inherited.</param>
    /// <param name="inherited">The end that a program launched from now on inherits.</param>
    /// <returns>0 or errno.</returns>
    public static int Open(int lowest, out int ours, out int inherited)
    {
        int* pair = stackalloc int[2];
        ours = inherited = -1;
        if (SocketPair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        ours = pair[0];
        inherited = Control(pair[1], F_DUPFD, lowest);
        if (inherited < 0)
        {
            // A limit on open files below that number (RLIMIT_NOFILE).
            inherited = Control(pair[1], F_DUPFD, 3);
        }

        int error = inherited < 0 ? Marshal.GetLastPInvokeError() : 0;
        WaitCalls.Close(pair[1]);
        return error;
    }

    /// <summary>Sends a message, empty or not, waiting for room. False when the peer has gone.</summary>
    public static bool TrySend(int descriptor, ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message)
        {
            byte nothing = 0;
            while (SendTo(descriptor, start is null ? &nothing : start, (nuint)message.Length, MSG_NOSIGNAL) < 0)
            {
                if (Marshal.GetLastPInvokeError() != EINTR)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Waits for a message and gives its length; 0 when the peer has gone.</summary>
    public static int Receive(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint got = ReceiveFrom(descriptor, start, (nuint)buffer.Length, 0);
                if (got >= 0)
                {
                    return (int)got;
                }

                if (Marshal.GetLastPInvokeError() != EINTR)
                {
                    return 0;
                }
            }
        }
    }
}
