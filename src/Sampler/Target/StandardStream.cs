using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// A standard stream by its number and write(2) alone. <see cref="Console"/> must not be used beside a target: on a terminal it changes
/// the settings and writes escape codes to descriptor 1, which is the target's.
/// </summary>
/// <param name="descriptor">1 or 2.</param>
public sealed class StandardStream(int descriptor)
{
    /// <summary>libprof's standard output. Under <c>run</c> it is the target's.</summary>
    public static StandardStream Output { get; } = new(1);

    /// <summary>Standard error.</summary>
    public static StandardStream Error { get; } = new(2);

    /// <summary>To be called before any file is opened: sees to it that none gets the number of a standard stream that is closed.</summary>
    public static void ReserveNumbers() => DescriptorCalls.ReserveStandard();

    /// <summary>Whether it is a terminal.</summary>
    public bool IsTerminal => DescriptorCalls.IsTerminal(descriptor);

    /// <summary>Columns of the terminal; 0 when it is none or does not know.</summary>
    public int Columns => DescriptorCalls.TerminalColumns(descriptor);

    /// <summary>Whether libprof is in the foreground of the terminal: in the background, what it writes gets between others' lines, or stops it.</summary>
    public bool IsInForeground => TerminalCalls.IsInForeground(descriptor);

    /// <summary>Whether a write would not wait, as it does on a terminal that was told to stop (Ctrl-S).</summary>
    public bool TakesMore => TerminalCalls.TakesMore(descriptor);

    /// <summary>Whether a write found that nobody reads (EPIPE) or that the stream is closed; later writes are dropped.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>errno of the write that broke it; 0 when it is whole.</summary>
    public int LastError { get; private set; }

    /// <summary>Writes all of it, or drops it when the stream is broken. Never throws: what became of it is in <see cref="IsBroken"/>.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (IsBroken)
        {
            return;
        }

        LastError = DescriptorCalls.WriteAll(descriptor, bytes);
        IsBroken = LastError != 0;
    }
}
