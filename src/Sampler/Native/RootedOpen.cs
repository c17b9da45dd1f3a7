using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Native;

/// <summary>
/// Opens paths as a process with another root directory would: openat2(2) with RESOLVE_IN_ROOT. Through <c>/proc/PID/root/...</c>
/// alone an absolute symbolic link would lead out of the target's root into our own.
/// </summary>
internal static unsafe partial class RootedOpen
{
    private const int O_PATH = 0x200000;
    private const int O_CLOEXEC = 0x80000;
    private const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    private const ulong RESOLVE_IN_ROOT = 0x10;
    // The same number on every architecture.
    private const nint NR_openat2 = 437;
    private const int EPERM = 1;
    private const int ENOSYS = 38;

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>Opens a path without any effect on what is there (O_PATH): to look at it, and open it through <c>/proc/self/fd</c>.</summary>
    /// <param name="root">The directory that is <c>/</c> for the path.</param>
    /// <param name="path">An absolute path.</param>
    /// <returns>The descriptor, or null when there is nothing or it may not be reached.</returns>
    public static SafeFileHandle? Open(SafeFileHandle root, string path)
    {
        var name = Encoding.UTF8.GetBytes("." + path + "\0");
        fixed (byte* text = name)
        {
            var how = new OpenHow { Flags = O_PATH | O_CLOEXEC, Resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
            var file = (int)syscall(NR_openat2, root, text, &how, (nuint)sizeof(OpenHow));
            // Before Linux 5.6, and in sandboxes that do not know the call, absolute links lead astray; the content is not trusted anyway.
            if (file < 0 && Marshal.GetLastPInvokeError() is ENOSYS or EPERM)
                file = openat(root, text, O_PATH | O_CLOEXEC, 0);
            return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, SafeFileHandle dirfd, byte* pathname, OpenHow* how, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(SafeFileHandle dirfd, byte* pathname, int flags, int mode);
}
