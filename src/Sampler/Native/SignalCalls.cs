using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>A signal taken from a signalfd: the parts of <c>struct signalfd_siginfo</c> that a relay needs.</summary>
/// <param name="Number">Signal number.</param>
/// <param name="Code">si_code: <see cref="SignalCalls.SI_KERNEL"/> when the kernel (a terminal) sent it, SI_USER for kill(2).</param>
/// <param name="Value">The value given to sigqueue(3).</param>
internal readonly record struct SignalEvent(int Number, int Code, nint Value);

/// <summary>Signal dispositions, masks and signalfd (sigaction(2), pthread_sigmask(3), signalfd(2)). A set is 64 bits: bit N-1 stands for signal N.</summary>
internal static unsafe partial class SignalCalls
{
    /// <summary>SIG_BLOCK of pthread_sigmask.</summary>
    public const int SIG_BLOCK = 0;

    /// <summary>SIG_UNBLOCK of pthread_sigmask.</summary>
    public const int SIG_UNBLOCK = 1;

    /// <summary>SIG_SETMASK of pthread_sigmask.</summary>
    public const int SIG_SETMASK = 2;

    /// <summary>si_code of a signal that the kernel sent, for example a terminal's driver to the foreground process group.</summary>
    public const int SI_KERNEL = 0x80;

    /// <summary>si_code of a signal sent by sigqueue(3), with a value.</summary>
    public const int SI_QUEUE = -1;

    /// <summary>si_code of a signal sent to one thread, by tgkill(2) or raise(3).</summary>
    public const int SI_TKILL = -6;

    private const int SFD_CLOEXEC = 0x80000;
    private const int SFD_NONBLOCK = 0x800;

    /// <summary>sigset_t of glibc: 1024 bits, of which the kernel knows 64.</summary>
    [InlineArray(16)]
    private struct SignalSet
    {
        private ulong word;
    }

    /// <summary>struct sigaction of glibc on x86-64 and aarch64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SignalAction
    {
        public nint Handler;
        public SignalSet Mask;
        public int Flags;
        public nint Restorer;
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SigAction(int number, SignalAction* action, SignalAction* old);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int PthreadSigMask(int how, SignalSet* set, SignalSet* old);

    [LibraryImport("libc", EntryPoint = "signalfd")]
    private static partial int SignalFd(int fd, SignalSet* mask, int flags);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int number);

    [LibraryImport("libc", EntryPoint = "sigqueue")]
    private static partial int SigQueue(int pid, int number, nint value);

    [LibraryImport("libc", EntryPoint = "raise")]
    private static partial int RaiseSignal(int number);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int fd, void* buffer, nuint count);

    [LibraryImport("libprof_entry", EntryPoint = "libprof_entry_signals")]
    private static partial void EntrySignals(ulong* ignored, ulong* blocked);

    /// <summary>What EntrySignals.c saw before the runtime started; false where it is not linked in (under the JIT).</summary>
    public static bool TryGetEntry(out ulong ignored, out ulong blocked)
    {
        ignored = blocked = 0;
        try
        {
            fixed (ulong* ignoredBits = &ignored)
            fixed (ulong* blockedBits = &blocked)
            {
                EntrySignals(ignoredBits, blockedBits);
            }

            return true;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Sets a signal's disposition to default or ignored.</summary>
    public static void SetDisposition(int number, bool ignore)
    {
        SignalAction action = new() { Handler = ignore ? 1 : 0 };
        _ = SigAction(number, &action, null);
    }

    /// <summary>Whether this process ignores a signal now.</summary>
    public static bool IsIgnored(int number)
    {
        SignalAction action;
        return SigAction(number, null, &action) == 0 && action.Handler == 1;
    }

    /// <summary>Changes the calling thread's mask and returns the one before.</summary>
    public static ulong ChangeMask(int how, ulong set)
    {
        SignalSet wanted = default;
        wanted[0] = set;
        SignalSet old = default;
        _ = PthreadSigMask(how, &wanted, &old);
        return old[0];
    }

    /// <summary>The calling thread's mask.</summary>
    public static ulong GetMask()
    {
        SignalSet old = default;
        _ = PthreadSigMask(SIG_BLOCK, null, &old);
        return old[0];
    }

    /// <summary>A non-blocking descriptor that becomes readable when one of <paramref name="set"/> is pending; -1 when the kernel has none to give.</summary>
    public static int OpenDescriptor(ulong set)
    {
        SignalSet wanted = default;
        wanted[0] = set;
        return SignalFd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    }

    /// <summary>Takes the next pending signal from a signalfd; false when there is none.</summary>
    public static bool TryTake(int descriptor, out SignalEvent signal)
    {
        const int Size = 128; // struct signalfd_siginfo
        byte* buffer = stackalloc byte[Size];
        if (Read(descriptor, buffer, Size) != Size)
        {
            signal = default;
            return false;
        }

        signal = new(*(int*)buffer, *(int*)(buffer + 8), *(nint*)(buffer + 48));
        return true;
    }

    /// <summary>Sends a signal, with its value when it came with one. False when the process is gone or may not be signalled.</summary>
    public static bool Send(int pid, in SignalEvent signal) =>
        (signal.Code == SI_QUEUE ? SigQueue(pid, signal.Number, signal.Value) : Kill(pid, signal.Number)) == 0;

    /// <summary>kill(2).</summary>
    public static bool Send(int pid, int number) => Kill(pid, number) == 0;

    /// <summary>raise(3): to the calling thread.</summary>
    public static void Raise(int number) => _ = RaiseSignal(number);
}
