using LibProf.Sampler.Native;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Memory;

/// <summary>
/// Keeps a process's memory readable after the process has ended, or has replaced itself by exec, until it is released. A thread of libprof's waits
/// in the middle of a read of <c>/proc/PID/mem</c> (its destination is a page of libprof's own that is withheld, see <see cref="FaultCalls"/>): while a read is under
/// way the kernel keeps what is being read (<c>mm_users</c>), with the same contents as at the end. The process itself notices nothing of it: it is not traced, its
/// signals, waits and its end are as ever, and when libprof dies everything is let go.
/// </summary>
internal sealed class MemoryHold : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SafeFileHandle _memory;
    private readonly ulong _address;
    private FaultCalls? _page;
    private Thread? _thread;
    private bool _isOver;

    private MemoryHold(SafeFileHandle memory, ulong address)
    {
        _memory = memory;
        _address = address;
    }

    /// <summary>Begins to hold the memory that a process has now; null when it cannot be read or the kernel does not allow it.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="address">Some address that is readable.</param>
    public static MemoryHold? TryBegin(int pid, ulong address)
    {
        SafeFileHandle? memory = FileCalls.Open($"/proc/{pid}/mem", out _);
        if (memory is null)
        {
            return null;
        }

        MemoryHold hold = new(memory, address);
        if (hold.Renew())
        {
            return hold;
        }

        memory.Dispose();
        return null;
    }

    /// <summary>Holds it again after a <see cref="Release"/>; false when that is not possible.</summary>
    public bool Renew()
    {
        lock (_lock)
        {
            if (_isOver || _page is not null || FaultCalls.TryMake() is not { } page)
            {
                return _page is not null;
            }

            _page = page;
            _thread = new Thread(() => page.ReadIntoPage(_memory, _address), 64 * 1024) { IsBackground = true, Name = "libprof hold" };
            _thread.Start();
            return true;
        }
    }

    /// <summary>Lets the memory go; from any thread. libprof must not stop (SIGTSTP) without this: the waiting thread could not.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _page?.LetGo();
            _thread?.Join();
            _page?.Dispose();
            (_page, _thread) = (null, null);
        }
    }

    /// <summary>Reads ranges in order, as <see cref="IRemoteMemory.ReadRanges"/>, from the memory that is held.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="error">errno when nothing could be read: 14 (EFAULT) for an address that is not there, 3 (ESRCH) when the memory is gone; else 0.</param>
    public int Read(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination, out int error)
    {
        const int NoSuchProcess = 3;
        const int BadAddress = 14;
        error = 0;
        int done = 0;
        foreach (RemoteRange range in ranges)
        {
            int read = FileCalls.Read(_memory, destination.Slice(done, (int)range.Length), (long)range.Address);
            done += Math.Max(read, 0);
            if (read < (int)range.Length)
            {
                error = done > 0 ? 0 : read == 0 ? NoSuchProcess : BadAddress;
                break;
            }
        }

        return done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        lock (_lock)
        {
            _isOver = true;
            _memory.Dispose();
        }
    }
}
