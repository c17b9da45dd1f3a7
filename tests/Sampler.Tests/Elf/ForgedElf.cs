using System.Buffers.Binary;
using System.Text;

namespace LibProf.Sampler.Tests.Elf;

/// <summary>
/// Builds ELF files in memory: one loaded segment with everything in it, linked at <see cref="LinkedAt"/>, so that an address is
/// <see cref="LinkedAt"/> plus the file offset.
/// </summary>
internal sealed class ForgedElf
{
    private readonly MemoryStream _file = new();
    private readonly List<(string Name, uint Type, ulong Address, ulong Offset, ulong Size, uint Link, ulong EntrySize)> _sections = [];

    public enum Hash
    {
        None,
        Gnu,
        SysV,
    }

    /// <summary>0 of a position-independent file; 0x400000 of an ordinary executable.</summary>
    public ulong LinkedAt { get; init; }

    public Hash HashTable { get; init; } = Hash.Gnu;

    public bool SectionHeaders { get; init; } = true;

    public bool Dynamic { get; init; } = true;

    public IReadOnlyList<(string Name, ulong Address)> DynamicSymbols { get; init; } = [];

    public IReadOnlyList<(string Name, ulong Address)> LocalSymbols { get; init; } = [];

    public IReadOnlyList<(string Name, byte[] Bytes)> ExtraSections { get; init; } = [];

    public byte[] BuildId { get; init; } = [];

    /// <summary>What a memory image of it has been moved by: added to the addresses in PT_DYNAMIC.</summary>
    public ulong RelocatedBy { get; init; }

    /// <summary>File offsets of what was built, for tests that spoil it.</summary>
    public Dictionary<string, int> Offsets { get; } = [];

    public byte[] Build()
    {
        _file.SetLength(64 + (56 * 3));
        _file.Position = _file.Length;
        Offsets["note"] = Append(Note());
        foreach ((string name, byte[] content) in ExtraSections)
        {
            AddSection(name, 1, content);
        }

        byte[] dynamic = [];
        if (Dynamic)
        {
            (string Name, ulong Address)[] ordered = HashTable == Hash.Gnu
                ? [.. DynamicSymbols.OrderBy(symbol => GnuHash(symbol.Name) % 2)]
                : [.. DynamicSymbols];
            (byte[] symbols, byte[] names) = Table(ordered);
            int nameOffset = AddSection(".dynstr", 3, names);
            int symbolOffset = AddSection(".dynsym", 11, symbols, link: (uint)_sections.Count, entrySize: 24);
            List<(ulong, ulong)> entries = [(5, At(nameOffset)), (6, At(symbolOffset)), (10, (ulong)names.Length), (21, 0)];
            if (HashTable == Hash.Gnu)
            {
                entries.Add((0x6ffffef5, At(AddSection(".gnu.hash", 0x6ffffff6, GnuTable(ordered)))));
            }
            else if (HashTable == Hash.SysV)
            {
                entries.Add((4, At(AddSection(".hash", 5, SysVTable(ordered)))));
            }

            entries.Add((0, 0));
            dynamic = [.. entries.SelectMany(entry => Words(entry.Item1, entry.Item2))];
            AddSection(".dynamic", 6, dynamic);
        }

        if (LocalSymbols.Count > 0)
        {
            (byte[] symbols, byte[] names) = Table(LocalSymbols);
            AddSection(".strtab", 3, names);
            AddSection(".symtab", 2, symbols, link: (uint)_sections.Count, entrySize: 24);
        }

        ulong loaded = (ulong)_file.Length;
        int sectionTable = SectionHeaders ? AppendSectionTable() : 0;
        byte[] bytes = _file.ToArray();
        WriteHeader(bytes, sectionTable);
        WriteProgramHeader(bytes, 0, 1, 0, LinkedAt, loaded);
        WriteProgramHeader(bytes, 1, 4, (ulong)Offsets["note"], LinkedAt + (ulong)Offsets["note"], (ulong)Note().Length);
        WriteProgramHeader(bytes, 2, Dynamic ? 2u : 0, (ulong)Offsets.GetValueOrDefault(".dynamic"),
            LinkedAt + (ulong)Offsets.GetValueOrDefault(".dynamic"), (ulong)dynamic.Length);
        return bytes;
    }

    private ulong At(int offset) => LinkedAt + (ulong)offset + RelocatedBy;

    private int AddSection(string name, uint type, byte[] bytes, uint link = 0, ulong entrySize = 0)
    {
        int offset = Append(bytes);
        Offsets[name] = offset;
        _sections.Add((name, type, LinkedAt + (ulong)offset, (ulong)offset, (ulong)bytes.Length, link, entrySize));
        return offset;
    }

    private int Append(byte[] bytes)
    {
        _file.SetLength((_file.Length + 15) & ~15L);
        int offset = (int)_file.Length;
        _file.Position = offset;
        _file.Write(bytes);
        return offset;
    }

    private int AppendSectionTable()
    {
        MemoryStream names = new([.. Encoding.ASCII.GetBytes("\0"), .. Encoding.ASCII.GetBytes(string.Join('\0', _sections.Select(s => s.Name))), .. "\0.shstrtab\0"u8]);
        byte[] text = names.ToArray();
        int namesOffset = Append(text);
        _sections.Add((".shstrtab", 3, 0, (ulong)namesOffset, (ulong)text.Length, 0, 0));
        byte[] table = new byte[(_sections.Count + 1) * 64];
        for (int i = 0; i < _sections.Count; i++)
        {
            (string name, uint type, ulong address, ulong offset, ulong size, uint link, ulong entrySize) = _sections[i];
            Span<byte> header = table.AsSpan((i + 1) * 64, 64);
            BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)text.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\0{name}\0")) + 1);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], type);
            BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
            BinaryPrimitives.WriteUInt64LittleEndian(header[24..], offset);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], size);
            BinaryPrimitives.WriteUInt32LittleEndian(header[40..], link);
            BinaryPrimitives.WriteUInt64LittleEndian(header[56..], entrySize);
        }

        return Append(table);
    }

    private void WriteHeader(Span<byte> file, int sectionTable)
    {
        "\x7f"u8.CopyTo(file);
        "ELF\x02\x01\x01"u8.CopyTo(file[1..]);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], (ushort)(LinkedAt == 0 ? 3 : 2));
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], 62);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], 64);
        BinaryPrimitives.WriteUInt64LittleEndian(file[40..], (ulong)sectionTable);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 3);
        BinaryPrimitives.WriteUInt16LittleEndian(file[58..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file[60..], (ushort)(SectionHeaders ? _sections.Count + 1 : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(file[62..], (ushort)(SectionHeaders ? _sections.Count : 0));
    }

    private static void WriteProgramHeader(Span<byte> file, int index, uint type, ulong offset, ulong address, ulong size)
    {
        Span<byte> header = file.Slice(64 + (index * 56), 56);
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], 5);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], 4);
    }

    private byte[] Note()
    {
        // A property note first, as compilers write it, then the build id.
        byte[] id = BuildId.Length == 0 ? [] : [4, 0, 0, 0, (byte)BuildId.Length, 0, 0, 0, 3, 0, 0, 0, .. "GNU\0"u8, .. BuildId];
        return [4, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, .. "GNU\0"u8, 1, 2, 3, 4, .. id];
    }

    /// <summary>The null symbol, then one symbol each; address 0 stands for one that is only referred to.</summary>
    private static (byte[] Symbols, byte[] Names) Table(IReadOnlyList<(string Name, ulong Address)> symbols)
    {
        List<byte> names = [0];
        List<byte> table = [.. new byte[24]];
        foreach ((string name, ulong address) in symbols)
        {
            byte[] entry = new byte[24];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)names.Count);
            entry[4] = 0x11; // global object
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(6), (ushort)(address == 0 ? 0 : 1));
            BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(8), address);
            BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(16), 8);
            table.AddRange(entry);
            names.AddRange(Encoding.ASCII.GetBytes(name + "\0"));
        }

        return ([.. table], [.. names]);
    }

    private static byte[] GnuTable((string Name, ulong Address)[] symbols)
    {
        // Two buckets, symbols from index 1 on, one bloom word that lets everything pass.
        List<byte> table = [.. Halves(2, 1, 1, 5), .. Words(ulong.MaxValue)];
        for (uint bucket = 0; bucket < 2; bucket++)
        {
            int first = Array.FindIndex(symbols, symbol => GnuHash(symbol.Name) % 2 == bucket);
            table.AddRange(Halves((uint)(first + 1)));
        }

        for (int i = 0; i < symbols.Length; i++)
        {
            uint hash = GnuHash(symbols[i].Name);
            bool last = i + 1 == symbols.Length || GnuHash(symbols[i + 1].Name) % 2 != hash % 2;
            table.AddRange(Halves(last ? hash | 1 : hash & ~1u));
        }

        return [.. table];
    }

    private static byte[] SysVTable((string Name, ulong Address)[] symbols)
    {
        // One bucket, so one chain through all symbols: 1, 2, ... and 0 at the end.
        uint count = (uint)symbols.Length;
        IEnumerable<uint> chain = Enumerable.Range(0, symbols.Length + 1).Select(i => i == 0 || i == symbols.Length ? 0 : (uint)i + 1);
        return Halves([1, count + 1, count == 0 ? 0u : 1u, .. chain]);
    }

    private static uint GnuHash(string name) => name.Aggregate(5381u, (hash, character) => (hash * 33) + character);

    private static byte[] Words(params ulong[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static byte[] Halves(params uint[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
