using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// The signals sent to libprof, read from descriptors instead of by handlers: no code of ours runs in signal context, no disposition
/// changes, and the kernel tells who sent each (si_code). It needs the signals blocked in every thread of the process:
/// the published binary blocks them before the runtime starts its threads, under the JIT <see cref="SignalHandover"/> sees to it.
/// </summary>
public sealed class SignalInbox : IDisposable
{
    private SignalInbox(int signals, int children)
    {
        Descriptor = signals;
        ChildDescriptor = children;
    }

    /// <summary>Readable when a relayed signal other than SIGCHLD is pending.</summary>
    internal int Descriptor { get; }

    /// <summary>Readable when SIGCHLD is pending.</summary>
    internal int ChildDescriptor { get; }

    /// <summary>Opens the inbox; null where signals could be lost to other threads or the kernel gives no descriptor.</summary>
    public static SignalInbox? TryOpen()
    {
        _ = SignalEntryState.Current;
        if (!SignalEntryState.BlockedFromStart)
        {
            return null;
        }

        ulong children = SignalSets.Of(SignalSets.SIGCHLD);
        int first = SignalCalls.OpenDescriptor(SignalSets.Relayed & ~children);
        int second = SignalCalls.OpenDescriptor(children);
        if (first >= 0 && second >= 0)
        {
            return new(first, second);
        }

        WaitCalls.Close(first);
        WaitCalls.Close(second);
        return null;
    }

    /// <summary>
    /// Gives up signals that were blocked from the start, so that Ctrl-C ends libprof as it ends any program:
    /// for verbs that have nothing to pass on and nothing to save. To be called on the main thread.
    /// </summary>
    public static void LetSignalsThrough()
    {
        SignalEntryState entry = SignalEntryState.Current;
        if (SignalEntryState.BlockedFromStart)
        {
            _ = SignalCalls.ChangeMask(SignalCalls.SIG_SETMASK, entry.Blocked & ~SignalSets.Reserved);
        }
    }

    /// <summary>Takes the next pending signal; false when there is none.</summary>
    internal bool TryTake(out SignalEvent signal) => SignalCalls.TryTake(Descriptor, out signal);

    /// <summary>Takes the next pending SIGCHLD, whose code is what waitid(2) calls si_code; false when there is none.</summary>
    internal bool TryTakeChild(out SignalEvent signal) => SignalCalls.TryTake(ChildDescriptor, out signal);

    /// <summary>Takes what SIGCHLD is pending; false when none was.</summary>
    internal bool TakeChildSignals()
    {
        bool any = false;
        while (TryTakeChild(out _))
        {
            any = true;
        }

        return any;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        WaitCalls.Close(Descriptor);
        WaitCalls.Close(ChildDescriptor);
    }
}
