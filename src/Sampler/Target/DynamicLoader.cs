using System.Buffers.Binary;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Target;

/// <summary>How far the dynamic linker of a program image is.</summary>
internal enum LoaderProgress
{
    /// <summary>It maps or relocates libraries: what is missing may still come.</summary>
    Loading,
    /// <summary>It is done, or there is none: the program's own code runs.</summary>
    Settled,
    /// <summary>The program keeps no record of it.</summary>
    Unknown,
}

/// <summary>
/// Watches the dynamic linker of a process through its debugger interface (<c>struct r_debug</c>, elf/link.h; musl has it, too):
/// <c>DT_DEBUG</c> of the executable points to it once the linker has begun, <c>r_state</c> is 0 (<c>RT_CONSISTENT</c>) when it has
/// mapped and relocated everything. Two reads of a few bytes a look.
/// </summary>
internal sealed class DynamicLoader
{
    private const int ProgramHeaderSize = 56;
    private const int MaxProgramHeaders = 128;
    private const int MaxDynamicEntries = 512;
    private const int MaxLibraries = 16 * 1024;

    private readonly IRemoteMemory _memory;
    private readonly ulong _debugEntry;
    private readonly LoaderProgress _fixed;
    private ulong _lastLink;

    private DynamicLoader(IRemoteMemory memory, ulong debugEntry, LoaderProgress progress)
    {
        _memory = memory;
        _debugEntry = debugEntry;
        _fixed = progress;
    }

    /// <summary>Finds the linker's record for the image that <paramref name="vector"/> belongs to; null when the memory cannot be read.</summary>
    public static DynamicLoader? TryCreate(IRemoteMemory memory, AuxiliaryVector vector)
    {
        byte[] headers = new byte[Math.Min(vector.ProgramHeaderCount, MaxProgramHeaders) * ProgramHeaderSize];
        if (!memory.TryRead(vector.ProgramHeaders, headers))
        {
            return null;
        }

        ulong bias = 0;
        ulong dynamic = 0;
        ulong dynamicSize = 0;
        bool hasInterpreter = false;
        for (int i = 0; i < headers.Length; i += ProgramHeaderSize)
        {
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(headers.AsSpan(i + 16));
            switch (BinaryPrimitives.ReadUInt32LittleEndian(headers.AsSpan(i)))
            {
                case 2: // PT_DYNAMIC
                    dynamic = address;
                    dynamicSize = BinaryPrimitives.ReadUInt64LittleEndian(headers.AsSpan(i + 40));
                    break;
                case 3: // PT_INTERP
                    hasInterpreter = true;
                    break;
                case 6: // PT_PHDR: where the headers were linked to stand
                    bias = vector.ProgramHeaders - address;
                    break;
            }
        }

        if (!hasInterpreter)
        {
            // A static program, or the linker itself run as a command: that one loads the program without any record of it.
            return new DynamicLoader(memory, 0, dynamic == 0 ? LoaderProgress.Settled : LoaderProgress.Unknown);
        }

        byte[] entries = new byte[(int)Math.Min(dynamicSize / 16, MaxDynamicEntries) * 16];
        if (!memory.TryRead(dynamic + bias, entries))
        {
            return null;
        }

        for (int i = 0; i < entries.Length; i += 16)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(i)) == 21) // DT_DEBUG
            {
                return new DynamicLoader(memory, dynamic + bias + (ulong)i + 8, LoaderProgress.Loading);
            }
        }

        return new DynamicLoader(memory, 0, LoaderProgress.Unknown);
    }

    /// <summary>How far it is now.</summary>
    public LoaderProgress Progress
    {
        get
        {
            if (_debugEntry == 0)
            {
                return _fixed;
            }

            // r_version (int), r_map, r_brk, r_state (int)
            Span<byte> record = stackalloc byte[28];
            if (!TryReadPointer(_debugEntry, out ulong address) || address == 0 || !_memory.TryRead(address, record)
                || BinaryPrimitives.ReadInt32LittleEndian(record) <= 0)
            {
                return LoaderProgress.Loading;
            }

            return BinaryPrimitives.ReadInt32LittleEndian(record[24..]) == 0 ? LoaderProgress.Settled : LoaderProgress.Loading;
        }
    }

    /// <summary>
    /// Whether a library was added (dlopen) since this was asked last; the first answer is false. Libraries are appended to the list,
    /// so only its last element needs a look.
    /// </summary>
    public bool HasGrown()
    {
        if (_debugEntry == 0 || !TryReadPointer(_debugEntry, out ulong record) || record == 0)
        {
            return false;
        }

        // struct link_map: l_addr, l_name, l_ld, l_next
        bool first = _lastLink == 0;
        ulong next;
        if (first)
        {
            TryReadPointer(record + 8, out next);
        }
        else if (!TryReadPointer(_lastLink + 24, out next))
        {
            // The element was freed (dlclose): begin anew.
            _lastLink = 0;
            return true;
        }

        bool grown = next != 0 && !first;
        for (int i = 0; next != 0 && i < MaxLibraries; i++)
        {
            _lastLink = next;
            if (!TryReadPointer(next + 24, out next))
            {
                break;
            }
        }

        return grown;
    }

    private bool TryReadPointer(ulong address, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bool read = _memory.TryRead(address, bytes);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }
}
