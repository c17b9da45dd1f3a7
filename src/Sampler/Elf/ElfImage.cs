using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LibProf.Sampler.Elf;

/// <summary>
/// A 64-bit little-endian ELF file (elf(5)), read piece by piece on demand. The file is untrusted: every offset, size and count
/// of it is held against a limit, and what makes no sense is reported as absent. Not thread-safe.
/// </summary>
public sealed class ElfImage
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int MaxSections = 1 << 17;
    private const int MaxNoteBytes = 1 << 16;
    private const int MaxNameTable = 1 << 24;
    private const uint NoteSegment = 4;
    private const uint InterpreterSegment = 3;
    private const uint DynamicSegment = 2;

    private readonly IElfSource _source;
    private readonly ulong _sectionTable;
    private readonly int _sectionCount;
    private readonly int _sectionNames;
    private ElfSection[]? _sections;
    private ElfSymbolTable? _symbols;
    private string? _buildId;

    private ElfImage(IElfSource source, ElfFileType type, int machine, ulong entry, ElfSegment[] segments,
        ulong sectionTable, int sectionCount, int sectionNames, ulong relocatedBy)
    {
        _source = source;
        Type = type;
        Machine = machine;
        EntryPoint = entry;
        Segments = segments;
        _sectionTable = sectionTable;
        _sectionCount = sectionCount;
        _sectionNames = sectionNames;
        RelocatedBy = relocatedBy;
    }

    /// <summary>Executable, shared object or other.</summary>
    public ElfFileType Type { get; }

    /// <summary><c>e_machine</c>: 62 is x86-64, 183 AArch64.</summary>
    public int Machine { get; }

    /// <summary>Linked address of the entry point.</summary>
    public ulong EntryPoint { get; }

    /// <summary>The program headers, in the file's order.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>What the dynamic linker may have added to the addresses in <c>PT_DYNAMIC</c>: the load bias when the source is memory, else 0.</summary>
    public ulong RelocatedBy { get; }

    /// <summary>Whether a dynamic linker is needed to start it (<c>PT_INTERP</c>).</summary>
    public bool HasInterpreter => TryFindSegment(InterpreterSegment, out _);

    /// <summary>Whether it has dynamic linking information (<c>PT_DYNAMIC</c>).</summary>
    public bool IsDynamic => TryFindSegment(DynamicSegment, out _);

    /// <summary>The section headers; empty when the file was stripped of them or they make no sense.</summary>
    public IReadOnlyList<ElfSection> Sections => _sections ??= ReadSections();

    /// <summary>The GNU build id in lower-case hexadecimal; empty when there is none.</summary>
    public string BuildId => _buildId ??= ReadBuildId();

    private ElfSymbolTable Symbols => _symbols ??= new ElfSymbolTable(this);

    /// <summary>Reads the headers.</summary>
    /// <param name="source">The file.</param>
    /// <param name="image">The image, or null when it is not an ELF file of this kind.</param>
    /// <param name="relocatedBy">The load bias when <paramref name="source"/> is the memory of a process: glibc relocates <c>PT_DYNAMIC</c> in place.</param>
    /// <returns>Whether it is a 64-bit little-endian ELF file with sane program headers.</returns>
    public static bool TryRead(IElfSource source, [NotNullWhen(true)] out ElfImage? image, ulong relocatedBy = 0)
    {
        image = null;
        Span<byte> header = stackalloc byte[HeaderSize];
        // e_ident: magic, ELFCLASS64, ELFDATA2LSB.
        if (!source.TryRead(0, header) || !header.StartsWith("\x7f"u8) || !header[1..].StartsWith("ELF\x02\x01"u8))
        {
            return false;
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]);
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        ulong programTable = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        ulong sectionTable = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        int programSize = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int programCount = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        int sectionSize = BinaryPrimitives.ReadUInt16LittleEndian(header[58..]);
        int sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(header[60..]);
        int sectionNames = BinaryPrimitives.ReadUInt16LittleEndian(header[62..]);

        if (programCount > 0 && programSize != ProgramHeaderSize)
        {
            return false;
        }

        byte[] table = new byte[programCount * ProgramHeaderSize];
        if (!source.TryRead(programTable, table))
        {
            return false;
        }

        ElfSegment[] segments = new ElfSegment[programCount];
        for (int i = 0; i < segments.Length; i++)
        {
            ReadOnlySpan<byte> entryBytes = table.AsSpan(i * ProgramHeaderSize, ProgramHeaderSize);
            segments[i] = new ElfSegment(
                BinaryPrimitives.ReadUInt32LittleEndian(entryBytes),
                BinaryPrimitives.ReadUInt32LittleEndian(entryBytes[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entryBytes[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entryBytes[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entryBytes[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entryBytes[40..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entryBytes[48..]));
        }

        bool sections = sectionTable != 0 && sectionSize == SectionHeaderSize;
        if (sections && (sectionCount == 0 || sectionNames == 0xffff))
        {
            // More than 65,279 sections: the real numbers stand in section 0.
            Span<byte> first = stackalloc byte[SectionHeaderSize];
            sections = source.TryRead(sectionTable, first);
            ulong count = BinaryPrimitives.ReadUInt64LittleEndian(first[32..]);
            sectionCount = sectionCount != 0 ? sectionCount : count <= MaxSections ? (int)count : 0;
            sectionNames = sectionNames != 0xffff ? sectionNames : (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(first[40..]), int.MaxValue);
        }

        ElfFileType kind = type is 2 or 3 ? (ElfFileType)type : ElfFileType.Other;
        image = new ElfImage(source, kind, machine, entry, segments, sectionTable, sections ? sectionCount : 0, sectionNames, relocatedBy);
        return true;
    }

    /// <summary>Finds a section by its name.</summary>
    public bool TryFindSection(string name, out ElfSection section)
    {
        foreach (ElfSection candidate in Sections)
        {
            if (candidate.Name == name)
            {
                section = candidate;
                return true;
            }
        }

        section = default;
        return false;
    }

    /// <summary>Finds the first program header of a type.</summary>
    public bool TryFindSegment(uint type, out ElfSegment segment)
    {
        foreach (ElfSegment candidate in Segments)
        {
            if (candidate.Type == type)
            {
                segment = candidate;
                return true;
            }
        }

        segment = default;
        return false;
    }

    /// <summary>Finds a defined symbol: dynamic symbols first (by hash), then the symbol table (by search).</summary>
    public bool TryFindSymbol(string name, out ElfSymbol symbol) =>
        TryFindDynamicSymbol(name, out symbol) || TryFindLocalSymbol(name, out symbol);

    /// <summary>Finds a defined dynamic symbol, by hash table where there is one.</summary>
    public bool TryFindDynamicSymbol(string name, out ElfSymbol symbol) => Symbols.TryFindDynamic(name, out symbol);

    /// <summary>Finds a defined symbol, also a local one, in <c>.symtab</c>, which a stripped file lacks.</summary>
    public bool TryFindLocalSymbol(string name, out ElfSymbol symbol) => Symbols.TryFindInTable(name, out symbol);

    /// <summary>Reads bytes of the file.</summary>
    /// <param name="offset">File offset.</param>
    /// <param name="destination">Filled whole.</param>
    /// <returns>Whether they are all there.</returns>
    public bool TryReadOffset(ulong offset, Span<byte> destination) => _source.TryRead(offset, destination);

    /// <summary>Reads the file's bytes that are loaded at a linked address; not those that are zero-filled.</summary>
    public bool TryReadAddress(ulong address, Span<byte> destination) =>
        TryGetOffset(address, (ulong)destination.Length, out ulong offset) && _source.TryRead(offset, destination);

    /// <summary>Where in the file the bytes of a linked address stand.</summary>
    public bool TryGetOffset(ulong address, ulong length, out ulong offset)
    {
        foreach (ElfSegment segment in Segments)
        {
            ulong distance = address - segment.Address;
            if (segment.IsLoad && address >= segment.Address && distance < segment.FileSize && length <= segment.FileSize - distance
                && segment.Offset <= ulong.MaxValue - distance)
            {
                offset = segment.Offset + distance;
                return true;
            }
        }

        offset = 0;
        return false;
    }

    /// <summary>
    /// What to add to a linked address for the address in a process.
    /// </summary>
    /// <param name="mappedAt">Address of the file's lowest mapping.</param>
    /// <param name="mappedOffset">File offset of that mapping.</param>
    /// <param name="bias">0 for an executable at its linked addresses.</param>
    /// <returns>Whether a loaded segment covers that offset.</returns>
    public bool TryGetLoadBias(ulong mappedAt, ulong mappedOffset, out ulong bias) =>
        TryGetLoadBias(Segments, mappedAt, mappedOffset, out bias);

    /// <summary>As <see cref="TryGetLoadBias(ulong, ulong, out ulong)"/>, from program headers alone.</summary>
    public static bool TryGetLoadBias(IReadOnlyList<ElfSegment> segments, ulong mappedAt, ulong mappedOffset, out ulong bias)
    {
        const ulong PageMask = ~0xfffUL;
        // Two segments may share a page of the file: an exact begin is the better match, the first that covers it the next.
        for (int pass = 0; pass < 2; pass++)
        {
            foreach (ElfSegment segment in segments)
            {
                ulong begin = segment.Offset & PageMask;
                if (segment.IsLoad && (pass == 0
                    ? begin == mappedOffset
                    : begin <= mappedOffset && mappedOffset - begin < segment.FileSize + (segment.Offset - begin)))
                {
                    bias = mappedAt - (mappedOffset - begin) - (segment.Address & PageMask);
                    return true;
                }
            }
        }

        bias = 0;
        return false;
    }

    private ElfSection[] ReadSections()
    {
        if (_sectionCount is <= 0 or > MaxSections || _sectionNames >= _sectionCount)
        {
            return [];
        }

        byte[] table = new byte[_sectionCount * SectionHeaderSize];
        if (!_source.TryRead(_sectionTable, table))
        {
            return [];
        }

        ReadOnlySpan<byte> namesHeader = table.AsSpan(_sectionNames * SectionHeaderSize, SectionHeaderSize);
        ulong namesOffset = BinaryPrimitives.ReadUInt64LittleEndian(namesHeader[24..]);
        ulong namesSize = BinaryPrimitives.ReadUInt64LittleEndian(namesHeader[32..]);
        byte[] names = new byte[namesSize <= MaxNameTable ? (int)namesSize : 0];
        if (!_source.TryRead(namesOffset, names))
        {
            return [];
        }

        ElfSection[] sections = new ElfSection[_sectionCount];
        for (int i = 0; i < sections.Length; i++)
        {
            ReadOnlySpan<byte> header = table.AsSpan(i * SectionHeaderSize, SectionHeaderSize);
            sections[i] = new ElfSection(
                GetName(names, BinaryPrimitives.ReadUInt32LittleEndian(header)),
                BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[40..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[56..]));
        }

        return sections;
    }

    private static string GetName(ReadOnlySpan<byte> names, uint offset)
    {
        if (offset >= (uint)names.Length)
        {
            return "";
        }

        ReadOnlySpan<byte> rest = names[(int)offset..];
        int end = rest.IndexOf((byte)0);
        return end <= 0 ? "" : Encoding.UTF8.GetString(rest[..end]);
    }

    private string ReadBuildId()
    {
        foreach (ElfSegment segment in Segments)
        {
            if (segment.Type != NoteSegment || segment.FileSize > MaxNoteBytes)
            {
                continue;
            }

            byte[] notes = new byte[(int)segment.FileSize];
            if (_source.TryRead(segment.Offset, notes) && FindBuildId(notes, segment.Alignment == 8 ? 8 : 4) is { } id)
            {
                return id;
            }
        }

        return "";
    }

    private static string? FindBuildId(ReadOnlySpan<byte> notes, int alignment)
    {
        // Elf64_Nhdr: sizes of name and descriptor, type; both padded to the segment's alignment. NT_GNU_BUILD_ID is 3.
        while (notes.Length >= 12)
        {
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong descriptor = Align(12UL + nameSize, alignment);
            ulong end = descriptor + size;
            if (end > (ulong)notes.Length)
            {
                return null;
            }

            if (type == 3 && nameSize == 4 && notes[12..].StartsWith("GNU\0"u8) && size is > 0 and <= 64)
            {
                return Convert.ToHexStringLower(notes.Slice((int)descriptor, (int)size));
            }

            notes = notes[(int)Math.Min(Align(end, alignment), (ulong)notes.Length)..];
        }

        return null;
    }

    private static ulong Align(ulong value, int alignment) => (value + (ulong)alignment - 1) & ~((ulong)alignment - 1);
}
