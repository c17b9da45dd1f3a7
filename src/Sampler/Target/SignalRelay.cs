using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// What happens with a signal that libprof got while it waits for the process that it launched, and when that process stops:
/// together they behave as the process alone would. Called by one thread.
/// </summary>
internal sealed class SignalRelay(int pid, int exitDescriptor, SignalInbox inbox, OwnStops stops)
{
    /// <summary>What a terminal sends to the whole foreground process group: the target is in it and got its own.</summary>
    private static readonly ulong FromTerminal = SignalSets.Of(
        1, SignalSets.SIGINT, 3, SignalSets.SIGCONT, SignalSets.SIGTSTP, SignalSets.SIGTTIN, SignalSets.SIGTTOU, 28);

    private bool _hasChanged;

    /// <summary>Whether the target changed between stopped and running, unseen by the caller, who should look again.</summary>
    public bool TakeChanged() => Interlocked.Exchange(ref _hasChanged, false);

    /// <summary>Passes on what signals there are, unless the target has them already.</summary>
    public void PassAll()
    {
        while (inbox.TryTake(out SignalEvent signal))
        {
            Pass(signal);
        }
    }

    private void Pass(in SignalEvent signal)
    {
        if (signal.Number == SignalSets.SIGCONT)
        {
            // From a shell it goes to the whole job, so the target may well be running; if it is not, it was for us to pass on.
            EnsureContinued();
        }
        else if (signal.Code != SignalCalls.SI_KERNEL || !SignalSets.Contains(FromTerminal, signal.Number))
        {
            _ = SignalCalls.Send(pid, signal);
        }
    }

    /// <summary>
    /// The target was stopped by job control: libprof stops in the same way, so that the shell sees its job stopped,
    /// and when the shell continues it, sees to it that the target goes on. A target stopped by SIGSTOP was stopped on purpose
    /// and by somebody who will continue it, but knows nothing of libprof: libprof then just waits.
    /// </summary>
    public void FollowStop(int number)
    {
        if (number is not (SignalSets.SIGTSTP or SignalSets.SIGTTIN or SignalSets.SIGTTOU))
        {
            return;
        }

        stops.Around(() => Stop(number));
        while (inbox.TryTake(out SignalEvent signal))
        {
            bool ours = signal.Number == number && signal.Code == SignalCalls.SI_TKILL;
            if (!ours && signal.Number != SignalSets.SIGCONT)
            {
                Pass(signal);
            }
        }

        EnsureContinued();
    }

    private void Stop(int number)
    {
        int how = SignalCalls.IsIgnored(number) ? SignalSets.SIGSTOP : number;
        if (how == number)
        {
            // Raised while blocked, so that it waits beside one that the terminal may have sent us; let through, both act at once,
            // and SIGCONT clears what is left. Should the job have been continued already, then SIGCONT cleared it or the target
            // runs. In an orphaned process group the kernel drops it, as it does for the target.
            SignalCalls.Raise(number);
            if (IsStopped())
            {
                ulong set = SignalSets.Of(number);
                _ = SignalCalls.ChangeMask(SignalCalls.SIG_UNBLOCK, set);
                _ = SignalCalls.ChangeMask(SignalCalls.SIG_BLOCK, set);
            }
        }
        else
        {
            SignalCalls.Raise(how);
        }
    }

    /// <summary>
    /// Continues the target if it is still stopped a moment from now: a shell's SIGCONT to the job reaches its processes one after
    /// the other. A SIGCHLD in the meantime says that it went on, and then it may well have been stopped anew: not our stop to end.
    /// </summary>
    private void EnsureContinued()
    {
        const int PatienceMs = 10;
        long end = Environment.TickCount64 + PatienceMs;
        while (IsStopped())
        {
            while (inbox.TryTakeChild(out SignalEvent child))
            {
                _hasChanged |= child.Code is WaitCalls.CLD_CONTINUED or WaitCalls.CLD_STOPPED;
            }

            int left = (int)(end - Environment.TickCount64);
            if (_hasChanged || left <= 0)
            {
                _ = !_hasChanged && SignalCalls.Send(pid, SignalSets.SIGCONT);
                return;
            }

            if ((WaitCalls.WaitReadable([exitDescriptor, inbox.ChildDescriptor], left) & 1) != 0)
            {
                return;
            }
        }
    }

    private bool IsStopped()
    {
        try
        {
            // "pid (name) state ...": the name may hold anything, so look from its end.
            ReadOnlySpan<byte> stat = File.ReadAllBytes($"/proc/{pid}/stat");
            int end = stat.LastIndexOf((byte)')');
            return end >= 0 && end + 2 < stat.Length && stat[end + 2] == (byte)'T';
        }
        catch (IOException)
        {
            return false;
        }
    }
}
