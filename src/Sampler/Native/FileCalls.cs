using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Native;

/// <summary>What <c>statx(2)</c> says about an open file.</summary>
/// <param name="Inode">Inode number.</param>
/// <param name="Device">Major and minor device number, the major in the upper half.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Last modification in nanoseconds since the epoch.</param>
/// <param name="Mode">Type and permission bits, <c>st_mode</c>.</param>
internal readonly record struct FileFacts(ulong Inode, ulong Device, ulong Size, long Modified, int Mode)
{
    /// <summary>Whether it is a regular file, not a directory, device, pipe or socket.</summary>
    public bool IsRegular => (Mode & 0xf000) == 0x8000;
}

/// <summary>
/// File system calls that answer with an errno instead of an exception: the files of <c>/proc</c> vanish with their process,
/// which is nothing exceptional for a profiler and happens while polling.
/// </summary>
internal static unsafe partial class FileCalls
{
    private const int OpenFlags = 0x80000 | 0x800; // O_CLOEXEC | O_NONBLOCK: a FIFO in a target's path must not hang us
    private const int AtEmptyPath = 0x1000;
    private const uint StatxBasicStats = 0x7ff;

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(0x1c)] public ushort Mode;
        [FieldOffset(0x20)] public ulong Inode;
        [FieldOffset(0x28)] public ulong Size;
        [FieldOffset(0x70)] public long ModifiedSeconds;
        [FieldOffset(0x78)] public uint ModifiedNanoseconds;
        [FieldOffset(0x88)] public uint DeviceMajor;
        [FieldOffset(0x8c)] public uint DeviceMinor;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int OpenFile(byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadAt(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    private static partial nint ReadLinkText(byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int StatFile(SafeFileHandle directory, byte* path, int flags, uint mask, Statx* result);

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="error">errno, 0 when it was opened.</param>
    /// <returns>The file, or null.</returns>
    public static SafeFileHandle? Open(string path, out int error)
    {
        byte[] name = ToPath(path);
        fixed (byte* text = name)
        {
            int file = OpenFile(text, OpenFlags, 0);
            error = file < 0 ? Marshal.GetLastPInvokeError() : 0;
            return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
        }
    }

    /// <summary>Reads once, <c>pread(2)</c>.</summary>
    /// <returns>Bytes read, 0 at the end, or the negated errno.</returns>
    public static int Read(SafeFileHandle file, Span<byte> destination, long offset)
    {
        fixed (byte* buffer = destination)
        {
            nint read = ReadAt(file, buffer, (nuint)destination.Length, offset);
            return read >= 0 ? (int)read : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Where a symbolic link points to.</summary>
    /// <returns>The text of the link, or null with the errno in <paramref name="error"/>.</returns>
    public static string? ReadLink(string path, out int error)
    {
        byte[] name = ToPath(path);
        byte* buffer = stackalloc byte[4096];
        fixed (byte* text = name)
        {
            nint length = ReadLinkText(text, buffer, 4096);
            error = length < 0 ? Marshal.GetLastPInvokeError() : 0;
            return length < 0 ? null : Encoding.UTF8.GetString(buffer, (int)length);
        }
    }

    /// <summary>Reads the facts of an open file; false when the kernel gives none.</summary>
    public static bool TryGetFacts(SafeFileHandle file, out FileFacts facts)
    {
        Statx result = default;
        byte empty = 0;
        if (StatFile(file, &empty, AtEmptyPath, StatxBasicStats, &result) != 0)
        {
            facts = default;
            return false;
        }

        facts = new FileFacts(result.Inode, ((ulong)result.DeviceMajor << 32) | result.DeviceMinor, result.Size,
            (result.ModifiedSeconds * 1_000_000_000) + result.ModifiedNanoseconds, result.Mode);
        return true;
    }

    /// <summary>Reads a small file of <c>/proc</c> whole (at most 16 MiB).</summary>
    /// <param name="path">Its path.</param>
    /// <param name="error">errno of the open or read that failed, else 0.</param>
    /// <returns>Its bytes, or null.</returns>
    public static byte[]? ReadAll(string path, out int error)
    {
        using SafeFileHandle? file = Open(path, out error);
        if (file is null)
        {
            return null;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            int length = 0;
            while (length < 16 << 20)
            {
                if (length == buffer.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 4);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                int read = Read(file, buffer.AsSpan(length), length);
                if (read < 0)
                {
                    error = -read;
                    return null;
                }

                if (read == 0)
                {
                    break;
                }

                length += read;
            }

            return buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] ToPath(string path)
    {
        byte[] text = new byte[Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        Encoding.UTF8.GetBytes(path, text);
        return text;
    }
}
