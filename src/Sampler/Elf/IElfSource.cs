namespace LibProf.Sampler.Elf;

/// <summary>The bytes of an ELF file, from wherever they can be had: the file, or the memory that it is mapped into.</summary>
public interface IElfSource
{
    /// <summary>Fills <paramref name="destination"/> from file offset <paramref name="offset"/>; false when any byte of it is not there. Never throws.</summary>
    bool TryRead(ulong offset, Span<byte> destination);
}

/// <summary>An ELF file in an array.</summary>
/// <param name="bytes">The file.</param>
public sealed class ElfBytes(byte[] bytes) : IElfSource
{
    /// <inheritdoc/>
    public bool TryRead(ulong offset, Span<byte> destination)
    {
        if (offset > (ulong)bytes.Length || (ulong)destination.Length > (ulong)bytes.Length - offset)
        {
            return false;
        }

        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        return true;
    }
}
