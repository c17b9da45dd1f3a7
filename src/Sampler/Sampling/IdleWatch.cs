using System.Globalization;
using LibProf.Sampler.Native;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Proves that a process does not run, and wakes the sampler when it does: what waits for requests need not be looked at a thousand
/// times a second. A process whose processor clock stands still gets an event at each of its threads (<see cref="SwitchEvent"/>); when all
/// of them sleep after that, nothing of it can run without a record.
/// </summary>
/// <remarks>
/// The clock alone proves nothing: the kernel brings that of another process up to date only at ticks and switches. Where events cannot be had
/// (perf_event_paranoid, seccomp, more than <see cref="MostThreads"/> threads), looks go on as ever.
/// </remarks>
internal sealed class IdleWatch(int pid) : IDisposable
{
    /// <summary>Events cost descriptors and locked memory.</summary>
    public const int MostThreads = 31;

    private const long CheckNs = 25_000_000;
    private const int ThreadGone = 3; // ESRCH

    private readonly string _taskDirectory = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task");
    private readonly Dictionary<int, SwitchEvent> _events = [];
    private readonly List<int> _threads = [];
    private readonly int[] _descriptors = new int[MostThreads];
    private readonly ulong[] _heads = new ulong[MostThreads];
    private readonly SwitchEvent[] _armed = new SwitchEvent[MostThreads];
    private int _count;
    private bool _isRefused;
    private long _nextCheckNs;
    private long _cpuNs = -1;

    /// <summary>To be asked after each look: whether the process has not run since before that look, and will not unnoticed.</summary>
    /// <param name="nowNs">The time, on a clock that only goes forward.</param>
    public bool IsAsleep(long nowNs)
    {
        if (_count > 0)
        {
            if (!HasRun())
            {
                return true;
            }

            Disarm();
            _nextCheckNs = nowNs + CheckNs;
            return false;
        }

        if (nowNs < _nextCheckNs || _isRefused)
        {
            return false;
        }

        _nextCheckNs = nowNs + CheckNs;
        long before = _cpuNs;
        if (ProcessClock.TryRead(pid, out _cpuNs) && _cpuNs == before && !TryArm())
        {
            Disarm();
        }

        // The look before this came before the proof.
        return false;
    }

    /// <summary>Waits for the process to run; false when the time is over before.</summary>
    /// <param name="timeoutMs">For how long.</param>
    public bool Wait(int timeoutMs) =>
        WaitCalls.WaitReadable(_descriptors.AsSpan(0, _count), timeoutMs) != 0 || HasRun();

    /// <summary>Lets the events rest, until the process's clock stands still again.</summary>
    public void Disarm()
    {
        for (int i = 0; i < _count; i++)
        {
            _armed[i].Disable();
        }

        _count = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SwitchEvent one in _events.Values)
        {
            one.Dispose();
        }

        _events.Clear();
        _count = 0;
    }

    private bool HasRun()
    {
        for (int i = 0; i < _count; i++)
        {
            if (_armed[i].Head != _heads[i])
            {
                return true;
            }
        }

        return false;
    }

    // First the events, then the proof that all threads sleep, then the proof that none did anything in between.
    private bool TryArm()
    {
        ListThreads();
        if (_threads.Count is 0 or > MostThreads)
        {
            return false;
        }

        Forget();
        foreach (int thread in _threads)
        {
            if (!_events.TryGetValue(thread, out SwitchEvent? one))
            {
                one = SwitchEvent.TryOpen(thread, out int error);
                _isRefused |= one is null && error != ThreadGone;
                if (one is null)
                {
                    return false;
                }

                _events.Add(thread, one);
            }

            if (!one.TryEnable())
            {
                return false;
            }

            _descriptors[_count] = one.Descriptor;
            _heads[_count] = one.Head;
            _armed[_count++] = one;
        }

        foreach (int thread in _threads)
        {
            if (ProcessStatus.TryReadThread(pid, thread) is not { State: 'S' or 'D' or 'T' or 't' })
            {
                return false;
            }
        }

        // A thread that came after the list was made was started by one that ran.
        return !HasRun();
    }

    private void ListThreads()
    {
        _threads.Clear();
        try
        {
            foreach (string task in Directory.EnumerateDirectories(_taskDirectory))
            {
                if (int.TryParse(Path.GetFileName(task.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int thread))
                {
                    _threads.Add(thread);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process is gone, which others notice.
            _threads.Clear();
        }
    }

    // Events of threads that are gone. (A thread id that is used anew has had 32,768 others before it.)
    private void Forget()
    {
        foreach (int thread in _events.Keys)
        {
            if (!_threads.Contains(thread))
            {
                _events[thread].Dispose();
                _ = _events.Remove(thread);
            }
        }
    }
}
