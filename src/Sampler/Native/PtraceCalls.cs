using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>
/// <c>ptrace(2)</c> as far as stopping a thread for a moment needs it. All calls for a thread must come from one thread of
/// libprof's. Only PTRACE_SEIZE, without options: should libprof die, the kernel lets the target go on.
/// </summary>
internal static unsafe partial class PtraceCalls
{
    private const int Seize = 0x4206;
    private const int Interrupt = 0x4207;
    private const int Detach = 17;
    private const int WaitAllKinds = 0x40000000;
    private const int WaitNoHang = 1;

    /// <summary>errno: no such process.</summary>
    public const int NoSuchProcess = 3;

    /// <summary>errno: not permitted, or already traced.</summary>
    public const int NotPermitted = 1;

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint Call(nint request, nint thread, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int Wait(int thread, int* status, int options);

    /// <summary>Begins to trace a thread, without stopping it; 0 or errno.</summary>
    public static int TrySeize(int thread) => Call(Seize, thread, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Asks a traced thread to stop; 0 or errno.</summary>
    public static int TryInterrupt(int thread) => Call(Interrupt, thread, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Lets a stopped thread go on untraced, with a signal that it was about to get, or 0; 0 or errno.</summary>
    public static int TryDetach(int thread, int signal) => Call(Detach, thread, 0, signal) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Whether a traced thread has stopped or ended, without waiting. What is told is taken: the status of a child that ended is known to the caller alone.</summary>
    /// <param name="thread">Its id.</param>
    /// <param name="status">Its wait status, which is 0 for a process that ended with 0.</param>
    /// <param name="error">errno when it cannot be waited for, 0 when it has done neither.</param>
    public static bool TryPoll(int thread, out int status, out int error)
    {
        int taken = 0;
        int found = Wait(thread, &taken, WaitAllKinds | WaitNoHang);
        status = taken;
        error = found < 0 ? Marshal.GetLastPInvokeError() : 0;
        return found > 0;
    }
}
