using System.Diagnostics;
using System.Globalization;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// Stops all threads of a process for the length of a read, by PTRACE_SEIZE and PTRACE_INTERRUPT, and lets go of them
/// entirely in between: signals, waits and job control of the target work as without libprof. When libprof dies, SIGKILL
/// included, the kernel detaches and the target goes on. All calls from one thread.
/// </summary>
/// <param name="pid">Process id as libprof sees it.</param>
/// <param name="onMainReaped">Told the wait status when the process, a child of libprof's, turned out to have ended.</param>
/// <param name="mainThreadOnly">Stop the main thread alone: enough while no other can run Python code.</param>
public sealed class TargetPause(int pid, Action<int>? onMainReaped = null, bool mainThreadOnly = false)
{
    private const int EventStop = 128;
    private const int MaxRounds = 8;

    // A thread deep in the kernel (a disk that does not answer, a vfork) stops only when it comes out of it.
    private const long PatienceNs = 20_000_000;
    private const long PollNs = 15_000;
    private const long LongestGoodbyeNs = 10_000_000_000;

    private readonly string _taskDirectory = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task");
    private readonly Dictionary<int, int> _stopped = [];
    private readonly List<int> _asked = [];

    /// <summary>Whether the last attempt failed because another tracer has the process, or it may not be traced.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Stops all threads; false when not all could be stopped in time. To be followed by <see cref="Resume"/> in either case.</summary>
    public bool TryPause()
    {
        IsRefused = false;
        // A thread that runs may start another: once round without a new thread, all of them stand.
        for (int round = 0; round < MaxRounds; round++)
        {
            if (!AskNewThreads())
            {
                return _stopped.Count > 0;
            }

            if (!AwaitStops())
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>
    /// Lets all threads go on. Waits for one that was asked to stop and has not yet, to let it go as soon as it does: none may be
    /// left behind stopped.
    /// </summary>
    public void Resume()
    {
        long deadline = Stopwatch.GetTimestamp() + LongestGoodbyeNs;
        while (!Settle() && Stopwatch.GetTimestamp() < deadline)
        {
            ClockCalls.SleepUntil(Stopwatch.GetTimestamp() + PollNs);
        }
    }

    /// <summary>
    /// Lets go of all threads that stand. True when none is left that was asked to stop and has not. (Should libprof end before, the
    /// kernel lets them go.)
    /// </summary>
    private bool Settle()
    {
        for (int i = _asked.Count - 1; i >= 0; i--)
        {
            if (TryTakeStop(_asked[i]))
            {
                _asked.RemoveAt(i);
            }
        }

        foreach ((int thread, int signal) in _stopped)
        {
            _ = PtraceCalls.TryDetach(thread, signal);
        }

        _stopped.Clear();
        return _asked.Count == 0;
    }

    private bool AskNewThreads()
    {
        bool asked = _asked.Count > 0;
        foreach (int thread in Threads())
        {
            if (_stopped.ContainsKey(thread) || _asked.Contains(thread))
            {
                continue;
            }

            int error = PtraceCalls.TrySeize(thread);
            IsRefused |= error == PtraceCalls.NotPermitted;
            if (error == 0)
            {
                _ = PtraceCalls.TryInterrupt(thread);
                _asked.Add(thread);
                asked = true;
            }
        }

        return asked;
    }

    private bool AwaitStops()
    {
        long deadline = Stopwatch.GetTimestamp() + PatienceNs;
        while (true)
        {
            for (int i = _asked.Count - 1; i >= 0; i--)
            {
                if (TryTakeStop(_asked[i]))
                {
                    _asked.RemoveAt(i);
                }
            }

            long now = Stopwatch.GetTimestamp();
            if (_asked.Count == 0 || now >= deadline)
            {
                return _asked.Count == 0;
            }

            ClockCalls.SleepUntil(now + PollNs);
        }
    }

    // Whether a thread that was asked to stop has done so, or has ended.
    private bool TryTakeStop(int thread)
    {
        bool told = PtraceCalls.TryPoll(thread, out int status, out int error);
        if (!told && error == 0)
        {
            // Another part of the process that waits for the same child may have taken the notice; the stop itself shows.
            if (!IsInTracingStop(thread))
            {
                return false;
            }

            if (!PtraceCalls.TryPoll(thread, out status, out _))
            {
                status = (EventStop << 16) | 0x7F;
            }

            told = true;
        }

        if (told && (status & 0xFF) == 0x7F)
        {
            // Stopped on the way to a signal: it gets it when it is let go. A stop by PTRACE_INTERRUPT, or a stop by job
            // control that it was in already, has no signal to pass on.
            bool isEvent = status >> 16 == EventStop;
            _stopped[thread] = isEvent ? 0 : (status >> 8) & 0xFF;
        }
        else if (thread == pid && told)
        {
            onMainReaped?.Invoke(status);
        }

        return true;
    }

    private bool IsInTracingStop(int thread) =>
        ProcessStatus.TryReadThread(pid, thread) is { State: 't' };

    private IEnumerable<int> Threads()
    {
        if (mainThreadOnly)
        {
            yield return pid;
            yield break;
        }

        string[] names;
        try
        {
            names = Directory.GetDirectories(_taskDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (string name in names)
        {
            if (int.TryParse(Path.GetFileName(name.AsSpan()), CultureInfo.InvariantCulture, out int thread))
            {
                yield return thread;
            }
        }
    }
}
