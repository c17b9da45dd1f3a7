using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Native;

/// <summary>
/// A page of libprof's own whose first access waits until it is let go: <c>userfaultfd(2)</c>. Accesses by system calls, which are what is wanted here,
/// wait only where the kernel lets this process have them so: with CAP_SYS_PTRACE, where <c>vm.unprivileged_userfaultfd</c> is 1, or
/// with access to <c>/dev/userfaultfd</c>.
/// </summary>
internal sealed unsafe partial class FaultCalls : IDisposable
{
    private const int ReadWrite = 3;           // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int Failed = -1;
    private const int CloseOnExec = 0x80000;   // O_CLOEXEC
    private const uint NewFromDevice = 0xAA00; // USERFAULTFD_IOC_NEW
    private const uint ApiRequest = 0xC018AA3F;      // UFFDIO_API
    private const uint RegisterRequest = 0xC020AA00; // UFFDIO_REGISTER
    private const ulong Api = 0xAA;            // UFFD_API
    private const ulong Missing = 1;           // UFFDIO_REGISTER_MODE_MISSING

    private readonly SafeFileHandle _faults;
    private readonly nint _page;

    private FaultCalls(SafeFileHandle faults, nint page)
    {
        _faults = faults;
        _page = page;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ApiArguments
    {
        public ulong Api;
        public ulong Features;
        public ulong Requests;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RegisterArguments
    {
        public ulong Start;
        public ulong Length;
        public ulong Mode;
        public ulong Requests;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Request(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadAt(SafeFileHandle file, nint buffer, nuint count, long offset);

    /// <summary>Makes such a page; null where the kernel does not let this process have one.</summary>
    public static FaultCalls? TryMake()
    {
        SafeFileHandle? faults = Open();
        if (faults is null)
        {
            return null;
        }

        ApiArguments api = new() { Api = Api };
        nint page = Request(faults, ApiRequest, &api) == 0 ? Map(0, (nuint)Environment.SystemPageSize, ReadWrite, PrivateAnonymous, -1, 0) : Failed;
        if (page != Failed)
        {
            RegisterArguments register = new() { Start = (ulong)page, Length = (ulong)Environment.SystemPageSize, Mode = Missing };
            if (Request(faults, RegisterRequest, &register) == 0)
            {
                return new FaultCalls(faults, page);
            }

            _ = Unmap(page, (nuint)Environment.SystemPageSize);
        }

        faults.Dispose();
        return null;
    }

    /// <summary>
    /// Reads a byte of a file into the page, pread(2): returns when <see cref="LetGo"/> is called (at once when the byte cannot be read). The calling
    /// thread has all its signals blocked meanwhile: the kernel would not come to rest with one that waits.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where in it.</param>
    public void ReadIntoPage(SafeFileHandle file, ulong offset)
    {
        ulong before = SignalCalls.ChangeMask(SignalCalls.SIG_BLOCK, ulong.MaxValue);
        _ = ReadAt(file, _page, 1, (long)offset);
        _ = SignalCalls.ChangeMask(SignalCalls.SIG_UNBLOCK, ~before);
    }

    /// <summary>Lets whoever waits for the page go on; from any thread.</summary>
    public void LetGo() => _faults.Dispose();

    /// <summary>Gives the page back. Nobody may be reading into it any more.</summary>
    public void Dispose()
    {
        LetGo();
        _ = Unmap(_page, (nuint)Environment.SystemPageSize);
    }

    private static SafeFileHandle? Open()
    {
        long number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 282 : 323; // __NR_userfaultfd
        long opened = SystemCall(number, CloseOnExec);
        if (opened < 0)
        {
            using SafeFileHandle? device = FileCalls.Open("/dev/userfaultfd", out _);
            opened = device is null ? -1 : Request(device, NewFromDevice, (void*)CloseOnExec);
        }

        return opened < 0 ? null : new SafeFileHandle((nint)opened, ownsHandle: true);
    }
}
