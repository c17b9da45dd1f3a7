using System.Diagnostics.CodeAnalysis;
using LibProf.Sampler.Elf;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Native;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Target;

/// <summary>What tells one state of one file from every other: the key of caches of what a file holds.</summary>
/// <param name="Device">Device.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Last modification, nanoseconds since the epoch.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode, ulong Size, long Modified);

/// <summary>
/// A file that a process has mapped, opened wherever libprof can reach it: through <c>/proc/PID/map_files</c> (needs a capability, is
/// always the very file, also a deleted one), through the target's own root directory (containers), or by its path.
/// </summary>
public sealed class MappedFile : IElfSource, IDisposable
{
    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    private readonly SafeFileHandle _file;

    private MappedFile(SafeFileHandle file, FileFacts facts)
    {
        _file = file;
        Identity = new FileIdentity(facts.Device, facts.Inode, facts.Size, facts.Modified);
    }

    /// <summary>Which file it is.</summary>
    public FileIdentity Identity { get; }

    /// <summary>Opens the file of a module in a live process.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="module">The module.</param>
    /// <param name="file">The file, or null when it cannot be opened or is not the one that is mapped.</param>
    public static bool TryOpen(int pid, MappedModule module, [NotNullWhen(true)] out MappedFile? file)
    {
        ProcessMapping first = module.Mappings[0];
        // A device node must not be opened to look at it.
        bool device = module.Path.StartsWith("/dev/", StringComparison.Ordinal) && !module.Path.StartsWith("/dev/shm/", StringComparison.Ordinal);
        file = device ? null
            : TryOpen($"/proc/{pid}/map_files/{first.Start:x}-{first.End:x}", inode: 0)
            ?? (module.Deleted ? null : TryOpen($"/proc/{pid}/root{module.Path}", module.Inode) ?? TryOpen(module.Path, module.Inode));
        return file is not null;
    }

    /// <summary>Opens a file by its path.</summary>
    /// <param name="path">The path as libprof sees it.</param>
    /// <param name="file">The file, or null when it cannot be opened or is not a regular file.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out MappedFile? file)
    {
        file = TryOpen(path, inode: 0);
        return file is not null;
    }

    /// <inheritdoc/>
    public bool TryRead(ulong offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (offset > Identity.Size || (ulong)destination.Length > Identity.Size - offset)
            {
                return false;
            }

            int read = FileCalls.Read(_file, destination, (long)offset);
            if (read <= 0)
            {
                return false;
            }

            destination = destination[read..];
            offset += (ulong)read;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The inode number is compared, not the device: the kernel reports different ones for overlay and btrfs mounts.</summary>
    private static MappedFile? TryOpen(string path, ulong inode)
    {
        SafeFileHandle? file = FileCalls.Open(path, out _);
        if (file is null)
        {
            return null;
        }

        if (FileCalls.TryGetFacts(file, out FileFacts facts) && (facts.Mode & FileTypeMask) == RegularFile
            && (inode == 0 || facts.Inode == inode))
        {
            return new MappedFile(file, facts);
        }

        file.Dispose();
        return null;
    }
}

/// <summary>
/// An ELF file read back from the memory it is mapped into: for a file that is gone or out of reach. Only what is loaded is there,
/// so no section headers and no symbol table, but the dynamic symbols.
/// </summary>
/// <param name="memory">The target's memory.</param>
/// <param name="module">The module.</param>
public sealed class MappedMemory(IRemoteMemory memory, MappedModule module) : IElfSource
{
    /// <inheritdoc/>
    public bool TryRead(ulong offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            // A range may go on in the next mapping of the file (the same segment, other protection).
            if (!module.TryGetAddress(offset, out ulong address, out ulong available))
            {
                return false;
            }

            int length = (int)Math.Min((ulong)destination.Length, available);
            if (!memory.TryRead(address, destination[..length]))
            {
                return false;
            }

            destination = destination[length..];
            offset += (ulong)length;
        }

        return true;
    }
}
