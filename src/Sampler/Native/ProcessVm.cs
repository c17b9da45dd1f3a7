using System.Runtime.InteropServices;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Native;

/// <summary><c>process_vm_readv(2)</c>, which Tmds.LibC lacks.</summary>
internal static unsafe partial class ProcessVm
{
    /// <summary>The kernel's limit of ranges in one call (UIO_MAXIOV).</summary>
    public const int MaxRanges = 1024;

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    private static partial nint ReadVector(int pid, IoVector* local, nuint localCount, RemoteRange* remote, nuint remoteCount, nuint flags);

    /// <summary>
    /// Reads <paramref name="ranges"/> in order into <paramref name="destination"/>, one system call.
    /// </summary>
    /// <returns>Bytes read (less than asked for when a range cannot be read), or the negated errno.</returns>
    public static nint Read(int pid, ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
    {
        fixed (RemoteRange* remote = ranges)
        fixed (byte* local = destination)
        {
            IoVector vector = new() { Base = local, Length = (nuint)destination.Length };
            nint read = ReadVector(pid, &vector, 1, remote, (nuint)ranges.Length, 0);
            return read >= 0 ? read : -Marshal.GetLastPInvokeError();
        }
    }
}
