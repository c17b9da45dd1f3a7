using System.IO.Enumeration;
using System.Text;
using LibProf.Sampler.Native;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Target;

/// <summary>
/// Files as the target sees them, in its root directory. What is there is the target's affair and may be anything: only regular
/// files are read, only so much of them, and nothing here throws when something cannot be read.
/// </summary>
internal sealed class TargetFiles : IDisposable
{
    private readonly SafeFileHandle? _root;

    /// <summary>Opens a root directory.</summary>
    /// <param name="rootPrefix">Its path as libprof sees it, such as <c>/proc/PID/root</c>; empty for libprof's own.</param>
    public TargetFiles(string rootPrefix) => _root = FileCalls.Open(rootPrefix.Length == 0 ? "/" : rootPrefix, out _);

    /// <inheritdoc/>
    public void Dispose() => _root?.Dispose();

    /// <summary>Reads a file as UTF-8, bytes that are none replaced.</summary>
    /// <param name="path">Absolute path, as the target sees it.</param>
    /// <param name="maxBytes">No more than this is read; the rest is left out.</param>
    /// <returns>Null when it is not a file that can be read.</returns>
    public string? ReadText(string path, int maxBytes) => ReadBytes(path, maxBytes) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Absolute path, as the target sees it.</param>
    /// <param name="maxBytes">No more than this is read; the rest is left out.</param>
    /// <returns>Null when it is not a file that can be read.</returns>
    public byte[]? ReadBytes(string path, int maxBytes)
    {
        if (_root is null)
            return null;
        using var place = RootedOpen.Open(_root, path);
        if (place is null || !FileCalls.TryGetFacts(place, out var facts) || !facts.IsRegular)
            return null;
        using var file = FileCalls.Open(Reopen(place), out _);
        if (file is null)
            return null;
        var bytes = new byte[(int)Math.Min((ulong)maxBytes, facts.Size)];
        var length = 0;
        while (length < bytes.Length)
        {
            var read = FileCalls.Read(file, bytes.AsSpan(length), length);
            if (read <= 0)
                break;
            length += read;
        }
        return length == bytes.Length ? bytes : bytes[..length];
    }

    /// <summary>Names in a directory.</summary>
    /// <param name="path">Absolute path, as the target sees it.</param>
    /// <param name="maxEntries">No more entries than this are looked at.</param>
    /// <param name="isWanted">Which names are given out.</param>
    /// <returns>Null when it is not a directory that can be read.</returns>
    public List<string>? List(string path, int maxEntries, Func<ReadOnlySpan<char>, bool> isWanted)
    {
        if (_root is null)
            return null;
        using var place = RootedOpen.Open(_root, path);
        if (place is null)
            return null;
        try
        {
            var names = new List<string>();
            var seen = 0;
            var entries = new FileSystemEnumerable<string?>(Reopen(place), (ref FileSystemEntry entry) => isWanted(entry.FileName) ? entry.FileName.ToString() : null, new EnumerationOptions { AttributesToSkip = 0, ReturnSpecialDirectories = false });
            foreach (var name in entries)
            {
                if (++seen > maxEntries)
                    break;
                if (name is not null)
                    names.Add(name);
            }
            return names;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Reopen(SafeFileHandle place) => $"/proc/self/fd/{place.DangerousGetHandle()}";
}
