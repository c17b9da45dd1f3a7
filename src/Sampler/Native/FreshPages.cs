using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>Pages of libprof's own that become resident when asked, to find out what the kernel's counters say then (mmap(2)).</summary>
internal static unsafe partial class FreshPages
{
    private const int ReadWrite = 3;        // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int Failed = -1;

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    /// <summary>Does something while some more pages are resident than before and after.</summary>
    /// <param name="count">How many pages.</param>
    /// <param name="action">What to do.</param>
    /// <returns>False when there is no memory: nothing was done.</returns>
    public static bool With(int count, Action action)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint length = (nuint)count * page;
        nint address = Map(0, length, ReadWrite, PrivateAnonymous, -1, 0);
        if (address == Failed)
        {
            return false;
        }

        for (nuint offset = 0; offset < length; offset += page)
        {
            *(byte*)((nuint)address + offset) = 1;
        }

        action();
        _ = Unmap(address, length);
        return true;
    }
}
