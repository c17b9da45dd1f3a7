using System.Buffers.Binary;
using LibProf.CPythonLayouts;

namespace LibProf.Sampler.Memory;

/// <summary>A C struct of the target, read whole into local memory: fields are taken by offset, bounds-checked.</summary>
/// <param name="bytes">The struct's bytes from its start.</param>
public readonly ref struct RemoteStruct(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>A pointer or other unsigned 64-bit field.</summary>
    public ulong UInt64(FieldOffset field) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[field.Value..]);

    /// <summary>A signed 64-bit field.</summary>
    public long Int64(FieldOffset field) => BinaryPrimitives.ReadInt64LittleEndian(_bytes[field.Value..]);

    /// <summary>A signed 32-bit field.</summary>
    public int Int32(FieldOffset field) => BinaryPrimitives.ReadInt32LittleEndian(_bytes[field.Value..]);

    /// <summary>An 8-bit field.</summary>
    public byte Byte(FieldOffset field) => _bytes[field.Value];
}

/// <summary>Single values out of a target's memory.</summary>
public static class RemoteMemoryExtensions
{
    /// <summary>Reads a 64-bit pointer or number; false when it cannot be read.</summary>
    public static bool TryReadUInt64(this IRemoteMemory memory, ulong address, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bool read = memory.TryRead(address, bytes);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>Reads a 32-bit number; false when it cannot be read.</summary>
    public static bool TryReadInt32(this IRemoteMemory memory, ulong address, out int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        bool read = memory.TryRead(address, bytes);
        value = read ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>
    /// Reads a NUL-terminated string of at most <paramref name="maxLength"/> bytes (Latin-1); false when it cannot be read or
    /// does not end by then.
    /// </summary>
    public static bool TryReadCString(this IRemoteMemory memory, ulong address, int maxLength, out string value)
    {
        value = "";
        Span<byte> bytes = stackalloc byte[256];
        // Never across a page that need not be mapped.
        int done = 0;
        System.Text.StringBuilder? text = null;
        while (done < maxLength)
        {
            int toPageEnd = (int)(4096 - ((address + (ulong)done) & 4095));
            Span<byte> part = bytes[..Math.Min(Math.Min(toPageEnd, bytes.Length), maxLength - done)];
            if (!memory.TryRead(address + (ulong)done, part))
            {
                return false;
            }

            int end = part.IndexOf((byte)0);
            string piece = System.Text.Encoding.Latin1.GetString(end >= 0 ? part[..end] : part);
            if (end >= 0)
            {
                value = text is null ? piece : text.Append(piece).ToString();
                return true;
            }

            text = (text ?? new System.Text.StringBuilder()).Append(piece);
            done += part.Length;
        }

        return false;
    }
}
