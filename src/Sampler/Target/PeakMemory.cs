using System.Buffers.Text;
using LibProf.Sampler.Native;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Target;

/// <summary>
/// The most memory of a process that ever was resident, asked again and again: line VmHWM of <c>/proc/PID/status</c>
/// (proc_pid_status(5)). The file stays open, through execs as well, and reading it allocates nothing.
/// </summary>
internal sealed class PeakMemory(int pid) : IDisposable
{
    private readonly SafeFileHandle? _status = FileCalls.Open($"/proc/{pid}/status", out _);
    private readonly byte[] _text = new byte[4096];

    /// <summary>Reads it, in KiB; null for a zombie, or when the process is gone.</summary>
    public long? TryRead() => _status is null ? null : Parse(_text.AsSpan(0, Math.Max(FileCalls.Read(_status, _text, 0), 0)));

    /// <summary>Closes the file.</summary>
    public void Dispose() => _status?.Dispose();

    /// <summary>Finds it in the text of such a file, in KiB; null when it is not there.</summary>
    internal static long? Parse(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> label = "\nVmHWM:"u8;
        int at = text.IndexOf(label);
        return at >= 0 && Utf8Parser.TryParse(text[(at + label.Length)..].TrimStart(" \t"u8), out long kib, out _) ? kib : null;
    }
}
