using System.Globalization;
using System.Text;
using LibProf.Sampler.Native;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Target;

/// <summary>
/// Which shared libraries' code is run in a stretch of time: the kernel's marks of accessed pages are cleared at its begin (<c>/proc/PID/clear_refs</c>,
/// proc(5)) and read at its end (<c>Referenced</c> in <c>/proc/PID/smaps</c>). That changes nothing of the process but these marks. Both take milliseconds and hold
/// up its mmap(2): they are for moments at which it waits anyway.
/// </summary>
internal static class NativePages
{
    /// <summary>With more mappings than these, nothing is read: it would take too long.</summary>
    public const int MostMappings = 4000;

    /// <summary>Begins a stretch; false when that is not possible, or takes too long.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    public static bool TryClear(int pid)
    {
        byte[]? mappings = FileCalls.ReadAll($"/proc/{pid}/maps", out _);
        if (mappings is null || mappings.AsSpan().Count((byte)'\n') > MostMappings)
        {
            return false;
        }

        try
        {
            using FileStream file = new($"/proc/{pid}/clear_refs", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write("1"u8);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads how much of each file's executable mappings was accessed since <see cref="TryClear"/>; null when that is not possible.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    public static IReadOnlyList<NativeLibraryPages>? TryRead(int pid) =>
        FileCalls.ReadAll($"/proc/{pid}/smaps", out _) is { } text ? Parse(text) : null;

    /// <summary>Sums up the executable mappings of each file in the text of <c>smaps</c>.</summary>
    /// <param name="smaps">The text.</param>
    internal static IReadOnlyList<NativeLibraryPages> Parse(ReadOnlySpan<byte> smaps)
    {
        var touched = new Dictionary<string, long>(StringComparer.Ordinal);
        string? file = null;
        foreach (Range range in smaps.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = smaps[range];
            int space = line.IndexOf((byte)' ');
            if (space < 0)
            {
                continue;
            }

            if (line[space - 1] != (byte)':')
            {
                file = ExecutableFile(line[(space + 1)..]);
                if (file is not null)
                {
                    _ = touched.TryAdd(file, 0);
                }
            }
            else if (file is not null && line.StartsWith("Referenced:"u8)
                && long.TryParse(line["Referenced:"u8.Length..^2].Trim((byte)' '), CultureInfo.InvariantCulture, out long kib))
            {
                touched[file] += kib;
            }
        }

        return [.. touched.Select(pair => new NativeLibraryPages(pair.Key, pair.Value))];
    }

    // "perms offset dev inode   path" of a mapping's first line; null when it is not executable or not of a file.
    private static string? ExecutableFile(ReadOnlySpan<byte> rest)
    {
        int path = rest.IndexOf((byte)'/');
        return rest.Length > 4 && rest[2] == (byte)'x' && path >= 0 ? Encoding.UTF8.GetString(rest[path..]) : null;
    }
}
