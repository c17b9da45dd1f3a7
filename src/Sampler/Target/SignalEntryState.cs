using System.Globalization;
using System.Text;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// Which signals were ignored and blocked when libprof was started: what a command that libprof starts must find.
/// A .NET runtime changes some of it before any managed code runs (measured on .NET 10):
/// NativeAOT ignores SIGPIPE and catches SIGSEGV, SIGFPE and SIGRTMIN; CoreCLR besides catches SIGTERM, SIGILL, SIGTRAP, SIGABRT and
/// SIGBUS whatever they were, and SIGINT and SIGQUIT unless they were ignored. Neither touches the mask.
/// </summary>
/// <param name="Ignored">Signals ignored; bit N-1 stands for signal N.</param>
/// <param name="Blocked">Signals blocked; bit N-1 stands for signal N.</param>
public sealed record SignalEntryState(ulong Ignored, ulong Blocked)
{
    private static SignalEntryState? s_current;

    /// <summary>The state at this process's start, as well as it can be known.</summary>
    public static SignalEntryState Current => s_current ??= TryGetExact() ?? FromEvidence();

    /// <summary>Whether every thread of this process had the relayed signals blocked from its start, so that a signalfd misses none.</summary>
    internal static bool BlockedFromStart { get; private set; }

    /// <summary>Replaces what is known by what an earlier image of this process knew.</summary>
    internal static void Adopt(SignalEntryState state)
    {
        s_current = state;
        BlockedFromStart = true;
    }

    /// <summary>In the published binary: what its constructor saw before the runtime started (EntrySignals.c).</summary>
    private static SignalEntryState? TryGetExact()
    {
        if (!SignalCalls.TryGetEntry(out ulong ignored, out ulong blocked))
        {
            return null;
        }

        BlockedFromStart = true;
        return new(ignored, blocked);
    }

    /// <summary>
    /// Elsewhere: what the kernel shows now. Whether SIGPIPE was ignored before the runtime ignored it is guessed from the parent,
    /// since children inherit it. CPython as a parent ignores SIGPIPE and SIGXFSZ itself and by default gives both back to its
    /// children: when it ignores SIGXFSZ and we do not, it gave back SIGPIPE as well. Of SIGTERM the parent tells nothing:
    /// interactive shells ignore it themselves and give it back.
    /// </summary>
    private static SignalEntryState FromEvidence()
    {
        string status = ReadStatus("self");
        ulong ignored = ReadSet(status, "SigIgn:");
        ulong changed = SignalSets.Of(SignalSets.SIGPIPE);
        if (ReadParent(status) is int parent && parent > 0)
        {
            ulong theirs = ReadSet(ReadStatus(parent.ToString(CultureInfo.InvariantCulture)), "SigIgn:");
            bool restored = SignalSets.Contains(theirs, SignalSets.SIGXFSZ) && !SignalSets.Contains(ignored, SignalSets.SIGXFSZ);
            ignored = (ignored & ~changed) | (restored ? 0 : theirs & changed);
        }

        return new(ignored, SignalCalls.GetMask());
    }

    private static string ReadStatus(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/status", Encoding.Latin1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static ulong ReadSet(string status, string key) =>
        ulong.TryParse(Field(status, key), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong set) ? set : 0;

    private static int ReadParent(string status) =>
        int.TryParse(Field(status, "PPid:"), NumberStyles.None, CultureInfo.InvariantCulture, out int parent) ? parent : 0;

    private static ReadOnlySpan<char> Field(string status, string key)
    {
        int start = status.IndexOf("\n" + key, StringComparison.Ordinal);
        if (start < 0)
        {
            return default;
        }

        ReadOnlySpan<char> rest = status.AsSpan(start + 1 + key.Length);
        int end = rest.IndexOf('\n');
        return (end < 0 ? rest : rest[..end]).Trim();
    }
}
