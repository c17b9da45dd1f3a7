namespace LibProf.Sampler.Target;

/// <summary>Signal numbers of Linux (signal(7); the same on x86-64 and aarch64) and sets of them: bit N-1 stands for signal N.</summary>
internal static class SignalSets
{
    public const int SIGINT = 2;
    public const int SIGPIPE = 13;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTSTP = 20;
    public const int SIGTTIN = 21;
    public const int SIGTTOU = 22;
    public const int SIGXFSZ = 25;

    /// <summary>The C library's own (SIGCANCEL, SIGSETXID) and the runtime's SIGRTMIN.</summary>
    public static ulong Reserved { get; } = Of(32, 33, 34);

    /// <summary>
    /// Signals that libprof takes by signalfd, to pass on to the target or to ignore, and SIGCHLD. Not among them: what cannot be
    /// caught, faults of our own code, what the kernel sends about our own doings (SIGPIPE, SIGXCPU, SIGXFSZ), and <see cref="Reserved"/>.
    /// EntrySignals.c has the same list.
    /// </summary>
    public static ulong Relayed { get; } = ~(Of(9, SIGSTOP, 11, 7, 8, 4, 5, 6, 31, SIGPIPE, 24, SIGXFSZ) | Reserved);

    /// <summary>The set of the given signals.</summary>
    public static ulong Of(params ReadOnlySpan<int> numbers)
    {
        ulong set = 0;
        foreach (int number in numbers)
        {
            set |= 1UL << (number - 1);
        }

        return set;
    }

    /// <summary>Whether a signal is in a set.</summary>
    public static bool Contains(ulong set, int number) => (set & (1UL << (number - 1))) != 0;
}
