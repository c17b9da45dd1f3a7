using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// Takes the signals that ask libprof to come to an end, for verbs that have something to save then. All others act as on any program,
/// and those that were ignored from the start stay so. No handler is installed and no terminal setting touched.
/// </summary>
public sealed class SignalWatch
{
    /// <summary>SIGHUP, SIGINT, SIGQUIT and SIGTERM.</summary>
    private static readonly ulong Ends = SignalSets.Of(1, SignalSets.SIGINT, 3, 15);

    private readonly int _descriptor;
    private readonly Action<int> _onSignal;

    private SignalWatch(int descriptor, Action<int> onSignal)
    {
        _descriptor = descriptor;
        _onSignal = onSignal;
        new Thread(Watch, 256 * 1024) { IsBackground = true, Name = "libprof signals" }.Start();
    }

    /// <summary>
    /// Starts to watch, to the end of the process. To be called on the main thread, under the JIT after <see cref="SignalHandover.Ensure"/>.
    /// Null where signals could not be kept from ending libprof: they do then.
    /// </summary>
    /// <param name="onSignal">Called with the signal's number, on a thread of the watch's own, one call at a time.</param>
    public static SignalWatch? TryStart(Action<int> onSignal)
    {
        SignalEntryState entry = SignalEntryState.Current;
        if (!SignalEntryState.BlockedFromStart)
        {
            return null;
        }

        ulong watched = Ends & ~entry.Ignored;
        int descriptor = SignalCalls.OpenDescriptor(watched);
        ulong mask = descriptor < 0 ? entry.Blocked : entry.Blocked | watched;
        _ = SignalCalls.ChangeMask(SignalCalls.SIG_SETMASK, mask & ~SignalSets.Reserved);
        return descriptor < 0 ? null : new(descriptor, onSignal);
    }

    /// <summary>Ends libprof at once, by _exit(2): no buffers, no handlers.</summary>
    public static void ExitNow(int status) => DescriptorCalls.Exit(status);

    private void Watch()
    {
        while (true)
        {
            _ = WaitCalls.WaitReadable([_descriptor], -1);
            while (SignalCalls.TryTake(_descriptor, out SignalEvent signal))
            {
                _onSignal(signal.Number);
            }
        }
    }
}
