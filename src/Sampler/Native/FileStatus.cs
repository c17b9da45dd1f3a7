using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Native;

/// <summary>What kind of file a descriptor is open on, by statx(2): .NET tells only directories apart.</summary>
internal static unsafe partial class FileStatus
{
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_TYPE = 1;
    // struct statx: 256 bytes, the same on every architecture; stx_mode at 28.
    private const int StatxSize = 256;
    private const int ModeOffset = 28;
    private const int S_IFMT = 0xF000;
    private const int S_IFREG = 0x8000;

    /// <summary>Whether it is a regular file; false also when that cannot be told.</summary>
    public static bool IsRegular(SafeFileHandle handle)
    {
        Span<byte> status = stackalloc byte[StatxSize];
        status.Clear();
        try
        {
            fixed (byte* buffer = status)
            {
                if (statx(handle, "", AT_EMPTY_PATH, STATX_TYPE, buffer) != 0)
                    return false;
            }
        }
        catch (EntryPointNotFoundException)
        {
            // glibc before 2.28.
            return false;
        }
        return (BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) & S_IFMT) == S_IFREG;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle dirfd, string pathname, int flags, uint mask, byte* statxbuf);
}
