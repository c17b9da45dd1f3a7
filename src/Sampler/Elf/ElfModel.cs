namespace LibProf.Sampler.Elf;

/// <summary>What <c>e_type</c> says of an ELF file.</summary>
public enum ElfFileType
{
    /// <summary>Another type: relocatable, core, or unknown.</summary>
    Other = 0,
    /// <summary><c>ET_EXEC</c>: an executable that stands at its linked addresses.</summary>
    Executable = 2,
    /// <summary><c>ET_DYN</c>: a shared library or a position-independent executable.</summary>
    SharedObject = 3,
}

/// <summary>A section header (elf(5), <c>Elf64_Shdr</c>).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type"><c>sh_type</c>; 8 (<c>SHT_NOBITS</c>) has no bytes in the file.</param>
/// <param name="Flags"><c>sh_flags</c>.</param>
/// <param name="Address">Linked address, 0 when it is not loaded.</param>
/// <param name="Offset">Where its bytes stand in the file.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Link"><c>sh_link</c>: of a symbol table, the index of its string table.</param>
/// <param name="EntrySize">Bytes of one entry of a table.</param>
public readonly record struct ElfSection(string Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size, uint Link, ulong EntrySize)
{
    /// <summary>Whether the file holds its bytes.</summary>
    public bool HasBytes => Type is not (0 or 8);
}

/// <summary>A program header (elf(5), <c>Elf64_Phdr</c>).</summary>
/// <param name="Type"><c>p_type</c>.</param>
/// <param name="Flags"><c>p_flags</c>: 1 execute, 2 write, 4 read.</param>
/// <param name="Offset">Where its bytes stand in the file.</param>
/// <param name="Address">Linked address.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="MemorySize">Bytes in memory; those behind <paramref name="FileSize"/> are zero at first.</param>
/// <param name="Alignment"><c>p_align</c>.</param>
public readonly record struct ElfSegment(uint Type, uint Flags, ulong Offset, ulong Address, ulong FileSize, ulong MemorySize, ulong Alignment)
{
    /// <summary>Whether it is <c>PT_LOAD</c>.</summary>
    public bool IsLoad => Type == 1;
}

/// <summary>A defined symbol (elf(5), <c>Elf64_Sym</c>).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Linked address; add the load bias.</param>
/// <param name="Size">Bytes, 0 when unknown.</param>
public readonly record struct ElfSymbol(string Name, ulong Address, ulong Size);
