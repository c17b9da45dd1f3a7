using System.Buffers.Binary;
using CsCheck;
using LibProf.Sampler.Elf;

namespace LibProf.Sampler.Tests.Elf;

public sealed class ElfImageTests
{
    private static readonly (string, ulong)[] s_symbols =
        [("Py_Version", 0x1010), ("_PyRuntime", 0x1020), ("undefined", 0), ("Py_GetVersion", 0x1030), ("PyInterpreterState_Head", 0x1040)];

    public static TheoryData<ulong, string, bool> Kinds()
    {
        TheoryData<ulong, string, bool> kinds = [];
        foreach (ulong linkedAt in (ulong[])[0, 0x400000])
        {
            foreach (ForgedElf.Hash hash in Enum.GetValues<ForgedElf.Hash>())
            {
                kinds.Add(linkedAt, hash.ToString(), true);
                if (hash != ForgedElf.Hash.None)
                {
                    kinds.Add(linkedAt, hash.ToString(), false);
                }
            }
        }

        return kinds;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Finds_every_defined_dynamic_symbol_and_no_other(ulong linkedAt, string hash, bool sectionHeaders)
    {
        ElfImage image = Read(new ForgedElf
        {
            LinkedAt = linkedAt,
            HashTable = Enum.Parse<ForgedElf.Hash>(hash),
            SectionHeaders = sectionHeaders,
            DynamicSymbols = s_symbols,
        }.Build());

        Assert.Equal(linkedAt == 0 ? ElfFileType.SharedObject : ElfFileType.Executable, image.Type);
        foreach ((string name, ulong address) in s_symbols)
        {
            Assert.Equal(address != 0, image.TryFindDynamicSymbol(name, out ElfSymbol symbol));
            Assert.Equal(address, address == 0 ? 0 : symbol.Address);
        }

        Assert.False(image.TryFindDynamicSymbol("Py_Versio", out _));
        Assert.False(image.TryFindDynamicSymbol("", out _));
    }

    [Theory]
    [InlineData(0x7f0000000000UL)]
    [InlineData(0x555500000000UL)]
    public void Understands_a_dynamic_segment_that_was_relocated_in_memory(ulong bias)
    {
        byte[] file = new ForgedElf { RelocatedBy = bias, SectionHeaders = false, DynamicSymbols = s_symbols }.Build();

        Assert.True(ElfImage.TryRead(new ElfBytes(file), out ElfImage? image, relocatedBy: bias));
        Assert.True(image.TryFindDynamicSymbol("_PyRuntime", out ElfSymbol symbol));
        Assert.Equal(0x1020UL, symbol.Address);
        Assert.False(Read(file).TryFindDynamicSymbol("_PyRuntime", out _));
    }

    [Fact]
    public void Finds_local_symbols_also_when_names_share_their_tails()
    {
        ElfImage image = Read(new ForgedElf { LocalSymbols = [("xinterp_head", 1), ("interp_head", 0), ("interp_head", 0x77)] }.Build());

        Assert.True(image.TryFindLocalSymbol("interp_head", out ElfSymbol symbol));
        Assert.Equal(0x77UL, symbol.Address);
        Assert.False(image.TryFindLocalSymbol("nterp", out _));
    }

    [Fact]
    public void Finds_a_local_symbol_in_tables_larger_than_the_buffer()
    {
        (string, ulong)[] many = [.. Enumerable.Range(1, 60_000).Select(i => ($"symbol_number_{i}", (ulong)i))];
        ElfImage image = Read(new ForgedElf { LocalSymbols = many }.Build());

        foreach (int wanted in (int[])[1, 13_000, 30_000, 59_999, 60_000])
        {
            Assert.True(image.TryFindLocalSymbol($"symbol_number_{wanted}", out ElfSymbol symbol));
            Assert.Equal((ulong)wanted, symbol.Address);
        }
    }

    [Fact]
    public void Reads_sections_build_id_and_bytes_at_addresses()
    {
        ForgedElf forged = new()
        {
            LinkedAt = 0x400000,
            BuildId = [0xde, 0xad, 0xbe, 0xef],
            ExtraSections = [(".PyRuntime", [1, 2, 3, 4, 5, 6, 7, 8]), (".rodata", "\03.8.18\0"u8.ToArray())],
        };
        ElfImage image = Read(forged.Build());

        Assert.Equal("deadbeef", image.BuildId);
        Assert.True(image.TryFindSection(".PyRuntime", out ElfSection section));
        Assert.Equal(0x400000UL + (ulong)forged.Offsets[".PyRuntime"], section.Address);
        Assert.Equal(8UL, section.Size);
        byte[] bytes = new byte[4];
        Assert.True(image.TryReadAddress(section.Address + 2, bytes));
        Assert.Equal([3, 4, 5, 6], bytes);
        Assert.False(image.TryReadAddress(0x3fffff, bytes));
        Assert.False(image.TryReadAddress(ulong.MaxValue, bytes));
        Assert.False(image.TryFindSection(".bss", out _));
    }

    [Theory]
    [InlineData(0UL, 0x7f1234560000UL, 0x7f1234560000UL)]
    [InlineData(0x400000UL, 0x400000UL, 0UL)]
    public void Computes_the_load_bias(ulong linkedAt, ulong mappedAt, ulong bias)
    {
        ElfImage image = Read(new ForgedElf { LinkedAt = linkedAt }.Build());

        Assert.True(image.TryGetLoadBias(mappedAt, 0, out ulong found));
        Assert.Equal(bias, found);
        Assert.False(image.TryGetLoadBias(mappedAt, 0x100000, out _));
    }

    [Fact]
    public void Prefers_the_segment_that_begins_at_the_mapping_where_two_share_a_page()
    {
        // As GNU ld lays them out: the data begins in the file's page that the code ends in, and is mapped a page further.
        ElfSegment[] segments = [new(1, 5, 0, 0, 0x1800, 0x1800, 0x1000), new(1, 6, 0x1800, 0x2800, 0x100, 0x100, 0x1000)];

        Assert.True(ElfImage.TryGetLoadBias(segments, 0x7000_2000, 0x1000, out ulong bias));
        Assert.Equal(0x7000_0000UL, bias);
    }

    [Fact]
    public void A_cyclic_chain_ends()
    {
        ForgedElf forged = new() { HashTable = ForgedElf.Hash.SysV, DynamicSymbols = s_symbols };
        byte[] file = forged.Build();
        // Chain entries follow two counts and one bucket: the last symbol points back to the first.
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(forged.Offsets[".hash"] + 12 + (s_symbols.Length * 4)), 1);

        Assert.False(Read(file).TryFindDynamicSymbol("not there", out _));
    }

    [Fact]
    public void A_chain_without_end_ends()
    {
        ForgedElf forged = new() { DynamicSymbols = s_symbols };
        byte[] file = forged.Build();
        // header (16), bloom (8), two buckets (8), then the chain: no entry has the end mark.
        for (int i = forged.Offsets[".gnu.hash"] + 32; i + 4 <= file.Length; i += 4)
        {
            file[i] &= 0xfe;
        }

        Assert.True(ElfImage.TryRead(new ElfBytes(file), out ElfImage? image));
        Assert.False(image.TryFindDynamicSymbol("not there", out _));
    }

    [Theory]
    [InlineData(".gnu.hash", 0)]
    [InlineData(".gnu.hash", 4)]
    [InlineData(".gnu.hash", 8)]
    [InlineData(".gnu.hash", 12)]
    [InlineData(".hash", 0)]
    [InlineData(".hash", 4)]
    public void Huge_counts_are_no_match(string table, int field)
    {
        ForgedElf forged = new()
        {
            HashTable = table == ".hash" ? ForgedElf.Hash.SysV : ForgedElf.Hash.Gnu,
            DynamicSymbols = s_symbols,
        };
        byte[] file = forged.Build();
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(forged.Offsets[table] + field), 0xffffffff);

        Assert.True(ElfImage.TryRead(new ElfBytes(file), out ElfImage? image));
        image.TryFindDynamicSymbol("not there", out _);
        image.TryFindDynamicSymbol("_PyRuntime", out _);
    }

    [Fact]
    public void A_huge_number_of_sections_is_none()
    {
        byte[] file = new ForgedElf { DynamicSymbols = s_symbols }.Build();
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(60), 0); // e_shnum 0: the number stands in section 0
        int table = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(40));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(table + 32), ulong.MaxValue);

        ElfImage image = Read(file);

        Assert.Empty(image.Sections);
        Assert.True(image.TryFindDynamicSymbol("_PyRuntime", out _));
    }

    [Fact]
    public void Every_truncation_is_survived()
    {
        byte[] file = new ForgedElf { DynamicSymbols = s_symbols, LocalSymbols = s_symbols, BuildId = [1, 2, 3, 4] }.Build();
        for (int length = 0; length < file.Length; length++)
        {
            Exercise(file[..length]);
        }
    }

    [Fact]
    public void Random_damage_is_survived() =>
        Gen.Select(Gen.Enum<ForgedElf.Hash>(), Gen.Select(Gen.Int[0, 4000], Gen.Byte).Array[1, 40])
            .Sample((hash, damage) =>
            {
                byte[] file = new ForgedElf { HashTable = hash, DynamicSymbols = s_symbols, LocalSymbols = s_symbols, BuildId = [1, 2] }.Build();
                foreach ((int position, byte value) in damage)
                {
                    file[position % file.Length] = value;
                }

                Exercise(file);
            }, iter: 20_000, threads: 1);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 1)] // ELFCLASS32
    [InlineData(5, 2)] // ELFDATA2MSB
    [InlineData(54, 32)] // e_phentsize
    public void Refuses_what_is_not_a_64_bit_little_endian_file(int position, byte value)
    {
        byte[] file = new ForgedElf().Build();
        file[position] = value;

        Assert.False(ElfImage.TryRead(new ElfBytes(file), out _));
    }

    internal static ElfImage Read(byte[] file)
    {
        Assert.True(ElfImage.TryRead(new ElfBytes(file), out ElfImage? image));
        return image;
    }

    private static void Exercise(byte[] file)
    {
        if (!ElfImage.TryRead(new ElfBytes(file), out ElfImage? image))
        {
            return;
        }

        _ = image.BuildId;
        _ = image.Sections;
        _ = image.HasInterpreter;
        image.TryFindSymbol("_PyRuntime", out _);
        image.TryFindSymbol("not there", out _);
        image.TryFindSection(".PyRuntime", out _);
        image.TryReadAddress(0x1000, new byte[8]);
        image.TryGetLoadBias(0x1000, 0, out _);
    }
}
