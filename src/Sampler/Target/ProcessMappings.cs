using System.Buffers.Text;
using System.Text;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>One line of <c>/proc/PID/maps</c> (proc(5)).</summary>
/// <param name="Start">First address.</param>
/// <param name="End">Address behind the last.</param>
/// <param name="Readable">Whether the target may read it.</param>
/// <param name="Writable">Whether the target may write it.</param>
/// <param name="Executable">Whether the target may execute it.</param>
/// <param name="Offset">Offset in the file, in bytes.</param>
/// <param name="Device">Major and minor number, the major in the upper half.</param>
/// <param name="Inode">Inode number of the file, 0 for anonymous memory.</param>
/// <param name="Path">The file as the target's mount namespace names it, or <c>[heap]</c> and the like; empty for anonymous memory.</param>
/// <param name="Deleted">Whether the file has been deleted or replaced since it was mapped.</param>
public readonly record struct ProcessMapping(ulong Start, ulong End, bool Readable, bool Writable, bool Executable,
    ulong Offset, ulong Device, ulong Inode, string Path, bool Deleted)
{
    /// <summary>Whether it maps a file with a path.</summary>
    public bool HasFile => Inode != 0 && Path.StartsWith('/');
}

/// <summary>The mappings of one file in a process, by ascending address.</summary>
/// <param name="Path">The file as the target names it.</param>
/// <param name="Deleted">Whether the file has been deleted or replaced.</param>
/// <param name="Device">Device of the file.</param>
/// <param name="Inode">Inode number of the file.</param>
/// <param name="Mappings">Its mappings.</param>
public sealed record MappedModule(string Path, bool Deleted, ulong Device, ulong Inode, IReadOnlyList<ProcessMapping> Mappings)
{
    /// <summary>Address of the lowest mapping.</summary>
    public ulong Start => Mappings[0].Start;

    /// <summary>The last component of the path.</summary>
    public ReadOnlySpan<char> FileName => Path.AsSpan(Path.LastIndexOf('/') + 1);

    /// <summary>Whether any of it is executable: of a data file, nothing is.</summary>
    public bool IsExecutable => Mappings.Any(mapping => mapping.Executable);

    /// <summary>Where in the process a byte of the file is mapped.</summary>
    /// <param name="offset">File offset.</param>
    /// <param name="address">The address.</param>
    /// <param name="available">How many bytes of the file follow there, at least 1.</param>
    public bool TryGetAddress(ulong offset, out ulong address, out ulong available)
    {
        foreach (ProcessMapping mapping in Mappings)
        {
            if (mapping.Readable && offset >= mapping.Offset && offset - mapping.Offset < mapping.End - mapping.Start)
            {
                address = mapping.Start + (offset - mapping.Offset);
                available = mapping.End - address;
                return true;
            }
        }

        address = 0;
        available = 0;
        return false;
    }
}

/// <summary>The memory map of a process.</summary>
public static class ProcessMappings
{
    private const string DeletedMark = " (deleted)";

    /// <summary>Reads the map of a live process.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="error">errno: ENOENT or ESRCH when the process is gone, EACCES when it may not be read; else 0.</param>
    /// <returns>The mappings by ascending address; empty for a zombie or a kernel thread; null when it could not be read.</returns>
    public static IReadOnlyList<ProcessMapping>? TryRead(int pid, out int error)
    {
        byte[]? text = FileCalls.ReadAll($"/proc/{pid}/maps", out error);
        return text is null ? null : Parse(text);
    }

    /// <summary>Parses the text of a <c>maps</c> file. Lines that are not understood are left out.</summary>
    public static IReadOnlyList<ProcessMapping> Parse(ReadOnlySpan<byte> text)
    {
        List<ProcessMapping> mappings = [];
        ReadOnlySpan<byte> lastName = default;
        string lastPath = "";
        bool lastDeleted = false;
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];

            // START-END perms offset major:minor inode   path
            if (!TakeHex(ref line, (byte)'-', out ulong start) || !TakeHex(ref line, (byte)' ', out ulong stop)
                || line.Length < 5 || line[4] != ' ' || stop < start)
            {
                continue;
            }

            ReadOnlySpan<byte> access = line[..4];
            line = line[5..];
            if (!TakeHex(ref line, (byte)' ', out ulong offset) || !TakeHex(ref line, (byte)':', out ulong major)
                || !TakeHex(ref line, (byte)' ', out ulong minor)
                || !Utf8Parser.TryParse(line, out ulong inode, out int digits))
            {
                continue;
            }

            ReadOnlySpan<byte> name = line[digits..].TrimStart((byte)' ');
            if (!name.SequenceEqual(lastName))
            {
                // A file's mappings follow each other: one string for all.
                lastName = name;
                lastPath = Encoding.UTF8.GetString(name).Replace("\\012", "\n", StringComparison.Ordinal);
                lastDeleted = inode != 0 && lastPath.EndsWith(DeletedMark, StringComparison.Ordinal);
                lastPath = lastDeleted ? lastPath[..^DeletedMark.Length] : lastPath;
            }

            mappings.Add(new ProcessMapping(start, stop, access[0] == 'r', access[1] == 'w', access[2] == 'x', offset,
                (major << 32) | minor, inode, lastPath, lastDeleted));
        }

        return mappings;
    }

    /// <summary>The mapped files that have an executable part, in the order of their lowest address.</summary>
    public static IReadOnlyList<MappedModule> GetModules(IReadOnlyList<ProcessMapping> mappings)
    {
        Dictionary<(ulong Device, ulong Inode, string Path), List<ProcessMapping>> files = [];
        foreach (ProcessMapping mapping in mappings)
        {
            if (mapping.HasFile)
            {
                (ulong, ulong, string) key = (mapping.Device, mapping.Inode, mapping.Path);
                if (!files.TryGetValue(key, out List<ProcessMapping>? list))
                {
                    files.Add(key, list = []);
                }

                list.Add(mapping);
            }
        }

        return [.. files
            .Select(file => new MappedModule(file.Key.Path, file.Value[0].Deleted, file.Key.Device, file.Key.Inode, file.Value))
            .Where(module => module.IsExecutable)
            .OrderBy(module => module.Start)];
    }

    private static bool TakeHex(ref ReadOnlySpan<byte> line, byte separator, out ulong value)
    {
        if (!Utf8Parser.TryParse(line, out value, out int digits, 'x') || digits >= line.Length || line[digits] != separator)
        {
            return false;
        }

        line = line[(digits + 1)..];
        return true;
    }
}
