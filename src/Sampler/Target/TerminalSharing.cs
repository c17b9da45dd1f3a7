using System.Buffers.Text;
using LibProf.Sampler.Native;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Target;

/// <summary>
/// Whether a process writes to the terminal that libprof's standard error is, and whether it has written since. For one thread.
/// </summary>
public sealed class TerminalSharing : IDisposable
{
    private const ulong OwnTerminal = 5UL << 32; // /dev/tty, whichever that is for who opens it

    private readonly string _output;
    private readonly string _error;
    private readonly ulong? _terminal = TerminalCalls.DeviceOf(2);
    private readonly SafeFileHandle? _io;
    private readonly byte[] _text = new byte[1024];
    private long _written = -1;

    /// <summary>Watches a process.</summary>
    /// <param name="pid">Its id.</param>
    public TerminalSharing(int pid)
    {
        _output = $"/proc/{pid}/fd/1";
        _error = $"/proc/{pid}/fd/2";
        _io = FileCalls.Open($"/proc/{pid}/io", out _);
    }

    /// <summary>
    /// Whether its standard output or standard error is that terminal now. Asked anew each time: a shell redirects when its exec is near.
    /// </summary>
    public bool IsShared => Is(_output) || Is(_error);

    /// <summary>
    /// Whether it has written anything, anywhere, since the last call (<c>wchar</c> of proc_pid_io(5)). True when that cannot be told, and at the first call.
    /// </summary>
    public bool HasWritten()
    {
        long? written = _io is null ? null : Parse(_text.AsSpan(0, Math.Max(FileCalls.Read(_io, _text, 0), 0)));
        bool changed = written is null || written != _written;
        _written = written ?? -1;
        return changed;
    }

    /// <summary>Closes what it reads.</summary>
    public void Dispose() => _io?.Dispose();

    /// <summary>Bytes that the text of such a file says were written; null when it does not say.</summary>
    internal static long? Parse(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> label = "\nwchar:"u8;
        int at = text.IndexOf(label);
        return at >= 0 && Utf8Parser.TryParse(text[(at + label.Length)..].TrimStart(" \t"u8), out long bytes, out _) ? bytes : null;
    }

    private bool Is(string path) => TerminalCalls.DeviceOf(path) is { } device && (device == _terminal || device == OwnTerminal || _terminal == OwnTerminal);
}
