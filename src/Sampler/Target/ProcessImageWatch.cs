using LibProf.Sampler.Native;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Target;

/// <summary>
/// Tells whether a process still runs the program image that it ran when the watch was opened. An open <c>/proc/PID/mem</c> holds on
/// to the address space, not to the process: once that is gone, by exec or by exit, reading it gives 0 bytes
/// (fs/proc/base.c, <c>mem_rw</c>). One system call of under a microsecond a look; the target does not notice.
/// </summary>
public sealed class ProcessImageWatch : IDisposable
{
    private static readonly Lazy<(ulong Address, byte[] Bytes)?> s_ownRandom = new(ReadOwnRandom);

    private readonly SafeFileHandle _memory;

    private ProcessImageWatch(SafeFileHandle memory, int pid)
    {
        _memory = memory;
        Pid = pid;
    }

    /// <summary>Process id as libprof sees it.</summary>
    public int Pid { get; }

    /// <summary>
    /// Whether the image is still there. False after an exec, and after the end of the process. Address 0 is not mapped,
    /// so that a living image answers with an error (EIO) and not with a byte.
    /// </summary>
    public bool IsSame
    {
        get
        {
            Span<byte> one = stackalloc byte[1];
            return FileCalls.Read(_memory, one, 0) is not (0 or -3); // newer kernels may say ESRCH
        }
    }

    /// <summary>
    /// Whether the address space is libprof's own: a child between vfork and exec shares it. Recognised by the 16 random bytes that
    /// the kernel gives to each image (<c>AT_RANDOM</c>).
    /// </summary>
    internal bool IsOwn
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            return s_ownRandom.Value is { } own && FileCalls.Read(_memory, bytes, (long)own.Address) == 16 && bytes.SequenceEqual(own.Bytes);
        }
    }

    /// <summary>Begins to watch the current image of a process.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="error">errno when it could not be opened: EACCES without permission, ENOENT without process; else 0.</param>
    /// <returns>The watch, or null.</returns>
    public static ProcessImageWatch? TryOpen(int pid, out int error)
    {
        SafeFileHandle? memory = FileCalls.Open($"/proc/{pid}/mem", out error);
        return memory is null ? null : new ProcessImageWatch(memory, pid);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private static (ulong Address, byte[] Bytes)? ReadOwnRandom()
    {
        byte[] bytes = new byte[16];
        using SafeFileHandle? memory = FileCalls.Open("/proc/self/mem", out _);
        return memory is not null && AuxiliaryVector.TryRead("self", out AuxiliaryVector vector)
            && FileCalls.Read(memory, bytes, (long)vector.Random) == 16 ? (vector.Random, bytes) : null;
    }
}
