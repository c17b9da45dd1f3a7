using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// What happens with a signal that libprof got while it waits for the process that it launched, and when that process stops:
/// together they behave as the process alone would. Called by one thread.
/// </summary>
internal sealed class SignalRelay(int pid, int exitDescriptor)
{
    /// <summary>What a terminal sends to the whole foreground process group: the target is in it and got its own.</summary>
    private static readonly ulong FromTerminal = SignalSets.Of(
        1, SignalSets.SIGINT, 3, SignalSets.SIGCONT, SignalSets.SIGTSTP, SignalSets.SIGTTIN, SignalSets.SIGTTOU, 28);

    /// <summary>Passes a signal on, unless the target has it already.</summary>
    public void Pass(in SignalEvent signal)
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
    public void FollowStop(int number, SignalInbox inbox)
    {
        if (number is not (SignalSets.SIGTSTP or SignalSets.SIGTTIN or SignalSets.SIGTTOU))
        {
            return;
        }

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

    /// <summary>Continues the target if it is still stopped a moment from now: a shell's SIGCONT to the job reaches its processes one after the other.</summary>
    private void EnsureContinued()
    {
        const int Patience = 10;
        for (int i = 0; i < Patience; i++)
        {
            if (!IsStopped())
            {
                return;
            }

            if (exitDescriptor < 0)
            {
                Thread.Sleep(1);
            }
            else if (WaitCalls.WaitReadable([exitDescriptor], 1) != 0)
            {
                return;
            }
        }

        _ = SignalCalls.Send(pid, SignalSets.SIGCONT);
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
