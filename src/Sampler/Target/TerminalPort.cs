using System.Globalization;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>What a wait at a terminal came to.</summary>
[Flags]
public enum TerminalEvents
{
    /// <summary>The time is over.</summary>
    None = 0,
    /// <summary>Keys can be read.</summary>
    Keys = 1,
    /// <summary>A signal can be taken.</summary>
    Signal = 2,
}

/// <summary>What a signal means to a program that owns the terminal's whole screen.</summary>
public enum TerminalSignal
{
    /// <summary>None is pending.</summary>
    None,
    /// <summary>SIGINT, SIGTERM, SIGHUP or SIGQUIT: come to an end.</summary>
    End,
    /// <summary>SIGTSTP (Ctrl-Z): give the terminal back and stop, by <see cref="TerminalPort.StopUntilContinued"/>.</summary>
    Suspend,
    /// <summary>SIGCONT: it goes on after a stop; the terminal may look like anything.</summary>
    Continued,
    /// <summary>SIGWINCH: the window has another size.</summary>
    Resized,
}

/// <summary>
/// The user's terminal for a program that draws the whole screen: settings for single keys and back, its signals by a descriptor instead of
/// by handlers, output that is never waited for beyond a signal. For one thread, the main one, whose signal mask it sets.
/// </summary>
public sealed class TerminalPort : IDisposable
{
    private const int FarewellMs = 300;

    /// <summary>SIGHUP, SIGINT, SIGQUIT, SIGTERM.</summary>
    private static readonly ulong Ends = SignalSets.Of(1, SignalSets.SIGINT, 3, 15);

    private const int SIGWINCH = 28;

    private readonly int _output;
    private readonly int _keys;
    private readonly int _signals;
    private readonly bool _ownsKeys;
    private readonly byte[] _before = new byte[TermiosCalls.SettingsSize];
    private bool _isKeywise;
    private readonly Queue<int> _pending = new();

    private TerminalPort(int output, int keys, bool ownsKeys, int signals)
    {
        _output = output;
        _keys = keys;
        _ownsKeys = ownsKeys;
        _signals = signals;
    }

    /// <summary>Whether keys can be read.</summary>
    public bool HasKeys => _keys >= 0;

    /// <summary>Whether a write found that the terminal is gone.</summary>
    public bool IsGone { get; private set; }

    /// <summary>The number of the signal that <see cref="TryTakeSignal"/> gave last as <see cref="TerminalSignal.End"/>.</summary>
    public int EndSignal { get; private set; }

    /// <summary>
    /// Opens the terminal that standard output is, and begins to take signals. To be called on the main thread before others are started,
    /// under the JIT after <see cref="SignalHandover.Ensure"/>. Signals that were ignored from the start stay so.
    /// </summary>
    public static TerminalPort Open()
    {
        const int Input = 0;
        bool isInput = DescriptorCalls.IsTerminal(Input);
        int keys = isInput ? Input : TermiosCalls.OpenForKeys("/dev/tty");
        // The same terminal under a number and with flags of our own.
        int output = TermiosCalls.OpenWithoutWaiting("/proc/self/fd/1");
        SignalEntryState entry = SignalEntryState.Current;
        int signals = -1;
        if (SignalEntryState.BlockedFromStart)
        {
            ulong watched = (Ends | SignalSets.Of(SignalSets.SIGTSTP, SignalSets.SIGCONT, SIGWINCH)) & ~entry.Ignored;
            signals = SignalCalls.OpenDescriptor(watched);
            ulong mask = signals < 0 ? entry.Blocked : entry.Blocked | watched;
            // SIGTTOU must act: it is what stops us from changing a terminal that is somebody else's meanwhile.
            mask &= ~SignalSets.Of(SignalSets.SIGTTIN, SignalSets.SIGTTOU);
            _ = SignalCalls.ChangeMask(SignalCalls.SIG_SETMASK, mask & ~SignalSets.Reserved);
        }

        return new(output >= 0 ? output : 1, keys, !isInput, signals);
    }

    /// <summary>The window in characters; where the terminal does not know, what COLUMNS and LINES say, or 80 by 24.</summary>
    public (int Columns, int Rows) Size()
    {
        return TermiosCalls.TryGetSize(_output, out int columns, out int rows)
            ? (columns, rows)
            : (FromEnvironment("COLUMNS", 80), FromEnvironment("LINES", 24));
    }

    /// <summary>
    /// Makes keys come one by one and not be shown; what the settings were is kept for <see cref="GiveBack"/>. Called again, it does so again,
    /// for a terminal that somebody else changed meanwhile. In the background it stops the process until it is in the foreground.
    /// </summary>
    public void TakeKeys()
    {
        Span<byte> settings = stackalloc byte[TermiosCalls.SettingsSize];
        if (!HasKeys || (!_isKeywise && !TermiosCalls.TryGetSettings(_keys, _before)))
        {
            return;
        }

        _before.CopyTo(settings);
        TermiosCalls.MakeKeywise(settings);
        // Known before it is done: whatever comes in between, it is given back.
        _isKeywise = true;
        _ = TermiosCalls.TrySetSettings(_keys, settings);
    }

    /// <summary>Gives the terminal back: its settings at once, then what is to be written, as far as it takes that soon.</summary>
    public void GiveBack(ReadOnlySpan<byte> farewell)
    {
        if (_isKeywise)
        {
            _isKeywise = false;
            _ = TermiosCalls.TrySetSettings(_keys, _before);
        }

        long end = Environment.TickCount64 + FarewellMs;
        while (!farewell.IsEmpty && end - Environment.TickCount64 is > 0 and long left)
        {
            if (TermiosCalls.WaitWritable(_output, -1, (int)left).Writable && !WriteSome(ref farewell))
            {
                return;
            }
        }
    }

    /// <summary>Writes all of it, waiting for a slow line; a signal that asks for the end breaks it off.</summary>
    /// <returns>False when it was broken off, or the terminal is gone.</returns>
    public bool Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            (bool writable, bool signalled) = TermiosCalls.WaitWritable(_output, _signals, -1);
            if (signalled && IsEndPending())
            {
                return false;
            }

            if (writable && !WriteSome(ref bytes))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Waits for keys or signals.</summary>
    public TerminalEvents Wait(int timeoutMs) =>
        _pending.Count > 0 ? TerminalEvents.Signal : (TerminalEvents)WaitCalls.WaitReadable([_keys, _signals], timeoutMs);

    /// <summary>
    /// Reads the next byte that was typed, without waiting; one by one, so that what was typed behind the key that quits is the shell's.
    /// Null when there is none; when the terminal is gone, <see cref="IsGone"/> is set.
    /// </summary>
    public byte? ReadKey()
    {
        if (!HasKeys || WaitCalls.WaitReadable([_keys], 0) == 0)
        {
            return null;
        }

        Span<byte> one = stackalloc byte[1];
        int read = TermiosCalls.Read(_keys, one);
        IsGone |= read == 0 || (read < 0 && -read is not (TermiosCalls.EAGAIN or TermiosCalls.EINTR));
        return read == 1 ? one[0] : null;
    }

    /// <summary>Takes the next signal.</summary>
    public TerminalSignal TryTakeSignal()
    {
        if (!_pending.TryDequeue(out int number))
        {
            if (_signals < 0 || !SignalCalls.TryTake(_signals, out SignalEvent signal))
            {
                return TerminalSignal.None;
            }

            number = signal.Number;
        }

        if (SignalSets.Contains(Ends, number))
        {
            EndSignal = number;
            return TerminalSignal.End;
        }

        return number switch
        {
            SignalSets.SIGTSTP => TerminalSignal.Suspend,
            SIGWINCH => TerminalSignal.Resized,
            _ => TerminalSignal.Continued,
        };
    }

    /// <summary>
    /// Stops the process as the terminal's own SIGTSTP would have; returns when it goes on. In an orphaned process group, which nobody could
    /// continue, the kernel drops the signal and it returns at once.
    /// </summary>
    public static void StopUntilContinued()
    {
        ulong stop = SignalSets.Of(SignalSets.SIGTSTP);
        SignalCalls.Raise(SignalSets.SIGTSTP);
        _ = SignalCalls.ChangeMask(SignalCalls.SIG_UNBLOCK, stop);
        _ = SignalCalls.ChangeMask(SignalCalls.SIG_BLOCK, stop);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_output > 2)
        {
            WaitCalls.Close(_output);
        }

        if (_ownsKeys)
        {
            WaitCalls.Close(_keys);
        }

        WaitCalls.Close(_signals);
    }

    private static int FromEnvironment(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value is > 0 and < 10_000
            ? value : otherwise;

    // Takes what is pending aside, for TryTakeSignal.
    private bool IsEndPending()
    {
        while (SignalCalls.TryTake(_signals, out SignalEvent signal))
        {
            _pending.Enqueue(signal.Number);
        }

        return _pending.Any(number => SignalSets.Contains(Ends, number) || number == SignalSets.SIGTSTP);
    }

    // Where the terminal could not be opened anew, a write may wait: then in small pieces.
    private bool WriteSome(ref ReadOnlySpan<byte> bytes)
    {
        int written = TermiosCalls.Write(_output, _output > 2 ? bytes : bytes[..Math.Min(bytes.Length, 64)]);
        if (written >= 0)
        {
            bytes = bytes[written..];
            return true;
        }

        IsGone = -written is not (TermiosCalls.EAGAIN or TermiosCalls.EINTR);
        return !IsGone;
    }
}
