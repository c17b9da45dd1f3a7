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
public sealed class TargetPause(int pid, Action<int>? onMainReaped = null)
{
    private const int EventStop = 128;
    private const int MaxRounds = 8;

    private readonly string _taskDirectory = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task");
    private readonly Dictionary<int, int> _stopped = [];
    private readonly List<int> _asked = [];

    /// <summary>Whether the last attempt failed because another tracer has the process, or it may not be traced.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Stops all threads; false when not one could be stopped. To be followed by <see cref="Resume"/> in either case.</summary>
    public bool TryPause()
    {
        IsRefused = false;
        // A thread that runs may start another: once round without a new thread, all of them stand.
        for (int round = 0; round < MaxRounds && StopNewThreads(); round++)
        {
        }

        return _stopped.Count > 0;
    }

    /// <summary>Lets all threads go on.</summary>
    public void Resume()
    {
        foreach ((int thread, int signal) in _stopped)
        {
            _ = PtraceCalls.TryDetach(thread, signal);
        }

        _stopped.Clear();
    }

    private bool StopNewThreads()
    {
        _asked.Clear();
        foreach (int thread in Threads())
        {
            if (_stopped.ContainsKey(thread))
            {
                continue;
            }

            int error = PtraceCalls.TrySeize(thread);
            IsRefused |= error == PtraceCalls.NotPermitted;
            if (error == 0)
            {
                _ = PtraceCalls.TryInterrupt(thread);
                _asked.Add(thread);
            }
        }

        foreach (int thread in _asked)
        {
            int status = PtraceCalls.WaitFor(thread);
            bool isStopped = status >= 0 && (status & 0xFF) == 0x7F;
            if (isStopped)
            {
                // Stopped on the way to a signal: it gets it when it is let go. A stop by PTRACE_INTERRUPT, or a stop by job
                // control that it was in already, has no signal to pass on.
                bool isEvent = status >> 16 == EventStop;
                _stopped[thread] = isEvent ? 0 : (status >> 8) & 0xFF;
            }
            else if (thread == pid && status >= 0)
            {
                onMainReaped?.Invoke(status);
            }
        }

        return _asked.Count > 0;
    }

    private IEnumerable<int> Threads()
    {
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
