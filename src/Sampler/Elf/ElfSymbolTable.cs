using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LibProf.Sampler.Elf;

/// <summary>
/// Symbol lookup in an <see cref="ElfImage"/>: dynamic symbols by the GNU or System V hash table (from the section headers, or from
/// <c>PT_DYNAMIC</c> when the file has none), other symbols by a search of <c>.symtab</c>.
/// </summary>
internal sealed class ElfSymbolTable
{
    private const int SymbolSize = 24;
    private const int MaxDynamicEntries = 4096;
    private const int MaxChain = 1 << 16;
    private const int MaxNameLength = 4096;
    private const ulong MaxTableBytes = 1UL << 30;
    private const uint SymbolTableType = 2;
    private const uint DynamicSymbolsType = 11;

    private readonly ElfImage _image;
    private Table _dynamic;
    private bool _dynamicRead;

    /// <summary>Where a table of symbols and what belongs to it stand in the file; sizes 0 when unknown.</summary>
    private record struct Table(ulong Symbols, ulong SymbolBytes, ulong Names, ulong NameBytes, ulong GnuHash, ulong SysVHash);

    public ElfSymbolTable(ElfImage image) => _image = image;

    /// <summary>Finds a defined dynamic symbol.</summary>
    public bool TryFindDynamic(string name, out ElfSymbol symbol)
    {
        if (!_dynamicRead)
        {
            _dynamicRead = true;
            if (!TryReadDynamicSegment(out _dynamic))
            {
                TryReadTable(DynamicSymbolsType, out _dynamic);
            }
        }

        symbol = default;
        if (_dynamic.Symbols == 0)
        {
            return false;
        }

        byte[] text = Encoding.UTF8.GetBytes(name + "\0");
        if (_dynamic.GnuHash != 0)
        {
            return TryFindByGnuHash(text, name, out symbol);
        }

        return _dynamic.SysVHash != 0 ? TryFindBySysVHash(text, name, out symbol) : TryFindBySearch(_dynamic, text, name, out symbol);
    }

    /// <summary>Finds a defined symbol in <c>.symtab</c>.</summary>
    public bool TryFindInTable(string name, out ElfSymbol symbol)
    {
        symbol = default;
        return TryReadTable(SymbolTableType, out Table table)
            && TryFindBySearch(table, Encoding.UTF8.GetBytes(name + "\0"), name, out symbol);
    }

    private bool TryReadTable(uint type, out Table table)
    {
        IReadOnlyList<ElfSection> sections = _image.Sections;
        foreach (ElfSection section in sections)
        {
            if (section.Type == type && section.EntrySize == SymbolSize && section.Link < (uint)sections.Count)
            {
                ElfSection names = sections[(int)section.Link];
                table = new Table(section.Offset, section.Size, names.Offset, names.Size, 0, 0);
                return names.HasBytes;
            }
        }

        table = default;
        return false;
    }

    private bool TryReadDynamicSegment(out Table table)
    {
        table = default;
        if (!_image.TryFindSegment(2, out ElfSegment segment))
        {
            return false;
        }

        int count = (int)Math.Min(segment.FileSize / 16, MaxDynamicEntries);
        byte[] entries = new byte[count * 16];
        if (!_image.TryReadOffset(segment.Offset, entries))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            ulong tag = BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(i * 16));
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan((i * 16) + 8));
            switch (tag)
            {
                case 0: // DT_NULL ends the table
                    i = count;
                    break;
                case 4: // DT_HASH
                    table.SysVHash = ToOffset(value);
                    break;
                case 5: // DT_STRTAB
                    table.Names = ToOffset(value);
                    break;
                case 6: // DT_SYMTAB
                    table.Symbols = ToOffset(value);
                    break;
                case 10: // DT_STRSZ
                    table.NameBytes = value;
                    break;
                case 0x6ffffef5: // DT_GNU_HASH
                    table.GnuHash = ToOffset(value);
                    break;
            }
        }

        // Without a hash table nothing says how many symbols there are: the section header has to.
        return table.Symbols != 0 && table.Names != 0 && (table.GnuHash | table.SysVHash) != 0;
    }

    private ulong ToOffset(ulong address)
    {
        if (_image.TryGetOffset(address, 1, out ulong offset))
        {
            return offset;
        }

        return _image.TryGetOffset(address - _image.RelocatedBy, 1, out offset) ? offset : 0;
    }

    private bool TryFindByGnuHash(ReadOnlySpan<byte> name, string text, out ElfSymbol symbol)
    {
        // Header: bucket count, index of the first hashed symbol, bloom words, bloom shift; then bloom words (u64), buckets, chain (u32).
        symbol = default;
        uint hash = 5381;
        foreach (byte character in name[..^1])
        {
            hash = (hash * 33) + character;
        }

        Span<byte> header = stackalloc byte[16];
        if (!_image.TryReadOffset(_dynamic.GnuHash, header))
        {
            return false;
        }

        uint buckets = BinaryPrimitives.ReadUInt32LittleEndian(header);
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        uint bloomWords = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        int bloomShift = (int)BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        ulong bloom = _dynamic.GnuHash + 16;
        ulong bucketTable = bloom + ((ulong)bloomWords * 8);
        ulong chain = bucketTable + ((ulong)buckets * 4);
        Span<byte> word = stackalloc byte[8];
        if (buckets == 0 || bloomWords == 0 || !_image.TryReadOffset(bloom + (hash / 64 % bloomWords * 8), word))
        {
            return false;
        }

        ulong mask = (1UL << (int)(hash % 64)) | (1UL << (int)((hash >> (bloomShift & 31)) % 64));
        if ((BinaryPrimitives.ReadUInt64LittleEndian(word) & mask) != mask
            || !TryReadUInt32(bucketTable + (hash % buckets * 4UL), out uint index) || index < first)
        {
            return false;
        }

        for (int step = 0; step < MaxChain; step++, index++)
        {
            if (!TryReadUInt32(chain + ((ulong)(index - first) * 4), out uint entry))
            {
                return false;
            }

            // The lowest bit marks the chain's end.
            if ((entry | 1) == (hash | 1) && TryReadSymbol(index, name, text, out symbol))
            {
                return true;
            }

            if ((entry & 1) != 0)
            {
                return false;
            }
        }

        return false;
    }

    private bool TryFindBySysVHash(ReadOnlySpan<byte> name, string text, out ElfSymbol symbol)
    {
        symbol = default;
        uint hash = 0;
        foreach (byte character in name[..^1])
        {
            hash = (hash << 4) + character;
            uint high = hash & 0xf0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        ulong table = _dynamic.SysVHash;
        if (!TryReadUInt32(table, out uint buckets) || !TryReadUInt32(table + 4, out uint chains) || buckets == 0
            || !TryReadUInt32(table + 8 + (hash % buckets * 4UL), out uint index))
        {
            return false;
        }

        // A chain cannot be longer than the table has entries: a cycle ends there.
        for (uint step = 0; index != 0 && index < chains && step < chains && step < MaxChain; step++)
        {
            if (TryReadSymbol(index, name, text, out symbol))
            {
                return true;
            }

            if (!TryReadUInt32(table + 8 + (buckets * 4UL) + (index * 4UL), out index))
            {
                return false;
            }
        }

        return false;
    }

    private bool TryReadSymbol(uint index, ReadOnlySpan<byte> name, string text, out ElfSymbol symbol)
    {
        Span<byte> entry = stackalloc byte[SymbolSize];
        symbol = default;
        if (name.Length > MaxNameLength || !_image.TryReadOffset(_dynamic.Symbols + ((ulong)index * SymbolSize), entry))
        {
            return false;
        }

        Span<byte> found = stackalloc byte[name.Length];
        return _image.TryReadOffset(_dynamic.Names + BinaryPrimitives.ReadUInt32LittleEndian(entry), found)
            && found.SequenceEqual(name) && TryParse(entry, text, out symbol);
    }

    /// <summary>
    /// Finds where in the names the name stands (more than once: linkers share tails of names), then the first defined symbol
    /// that refers to one of those places.
    /// </summary>
    private bool TryFindBySearch(Table table, ReadOnlySpan<byte> name, string text, out ElfSymbol symbol)
    {
        symbol = default;
        if (table.NameBytes is 0 or > MaxTableBytes || table.SymbolBytes is 0 or > MaxTableBytes || name.Length > MaxNameLength)
        {
            return false;
        }

        HashSet<uint> places = [];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            // Pieces overlap by the name's length, so that a name across two of them is found.
            for (ulong at = 0; at < table.NameBytes;)
            {
                Span<byte> piece = buffer.AsSpan(0, (int)Math.Min((ulong)buffer.Length, table.NameBytes - at));
                if (!_image.TryReadOffset(table.Names + at, piece))
                {
                    return false;
                }

                int from = 0;
                for (int hit; (hit = piece[from..].IndexOf(name)) >= 0; from += hit + 1)
                {
                    places.Add((uint)(at + (ulong)(from + hit)));
                }

                if (piece.Length < buffer.Length)
                {
                    break;
                }

                at += (ulong)(piece.Length - name.Length + 1);
            }

            int pieceSize = buffer.Length / SymbolSize * SymbolSize;
            for (ulong at = 0; places.Count > 0 && at + SymbolSize <= table.SymbolBytes; at += (ulong)pieceSize)
            {
                Span<byte> piece = buffer.AsSpan(0, (int)Math.Min((ulong)pieceSize, (table.SymbolBytes - at) / SymbolSize * SymbolSize));
                if (!_image.TryReadOffset(table.Symbols + at, piece))
                {
                    return false;
                }

                for (int i = 0; i < piece.Length; i += SymbolSize)
                {
                    ReadOnlySpan<byte> entry = piece.Slice(i, SymbolSize);
                    if (places.Contains(BinaryPrimitives.ReadUInt32LittleEndian(entry)) && TryParse(entry, text, out symbol))
                    {
                        return true;
                    }
                }
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> entry, string name, out ElfSymbol symbol)
    {
        // st_info's type: a section, file or thread-local symbol has no address; st_shndx 0: only referred to.
        int type = entry[4] & 0xf;
        ushort section = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]);
        symbol = new ElfSymbol(name, BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]));
        return section != 0 && type is not (3 or 4 or 6) && symbol.Address != 0;
    }

    private bool TryReadUInt32(ulong offset, out uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        bool read = _image.TryReadOffset(offset, bytes);
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
        return read;
    }
}
