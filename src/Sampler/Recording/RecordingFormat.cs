using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace LibProf.Sampler.Recording;

/// <summary>
/// The outer shape of a recording: a header that names the format and its version, then blocks, each in a frame with its length and a
/// checksum. What is in a block is described by <c>recording.proto</c>; all of it in <c>docs/recording-format.md</c>.
/// </summary>
internal static class RecordingFormat
{
    /// <summary>Version that a reader must know; a larger one is refused.</summary>
    public const ushort MajorVersion = 1;
    /// <summary>Version that grows with additions which older readers skip.</summary>
    public const ushort MinorVersion = 3;
    /// <summary>Bytes of the file's header: magic, major and minor version, four reserved bytes.</summary>
    public const int HeaderSize = 16;
    /// <summary>Bytes of a frame before its payload.</summary>
    public const int FrameSize = 16;
    /// <summary>Bytes of a block at most, as stored and as expanded.</summary>
    public const int MaxBlockSize = 1 << 25;
    /// <summary>A block may expand to this many times its size...</summary>
    public const int MaxExpansion = 1024;
    /// <summary>...or to this many bytes.</summary>
    public const int FreeExpansion = 1 << 16;
    /// <summary>Nanoseconds, later or more than which nothing is: 73 years.</summary>
    public const long LatestNs = 1L << 61;
    /// <summary>Threads with a stack in one sample at most.</summary>
    public const int MaxStacksOfSample = 1 << 16;
    /// <summary>The largest count of executions that a reading of a code object can hold.</summary>
    public const int MaxCodeCount = 1 << 28;

    /// <summary>What every recording begins with. The bytes after the name tell a file that went through a text conversion.</summary>
    public static ReadOnlySpan<byte> Magic => "LIBPRO\r\n"u8;

    /// <summary>Writes the file's header.</summary>
    public static void WriteHeader(Span<byte> header)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], MajorVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(header[10..], MinorVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], 0);
    }

    /// <summary>CRC-32C of a frame's first twelve bytes and its payload.</summary>
    public static uint Checksum(ReadOnlySpan<byte> frameStart, ReadOnlySpan<byte> payload) =>
        ~Crc32C(Crc32C(uint.MaxValue, frameStart[..12]), payload);

    private static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var b in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}

/// <summary>What a frame holds. Readers skip the kinds that they do not know.</summary>
internal enum BlockKind : byte
{
    /// <summary>A <c>Block</c> of <c>recording.proto</c>.</summary>
    Events = 1,
    /// <summary>Nothing: the recording was completed, and nothing follows.</summary>
    End = 2,
}

/// <summary>How a frame's payload is stored.</summary>
internal enum BlockCompression : byte
{
    /// <summary>As it is.</summary>
    None = 0,
    /// <summary>As one Zstandard frame (RFC 8878).</summary>
    Zstandard = 1,
}

/// <summary>
/// A frame's first bytes. On disk, little endian: u32 bytes of payload, u32 bytes of payload when expanded, u8 kind, u8 compression,
/// u16 zero, u32 CRC-32C of these twelve bytes and the payload.
/// </summary>
internal readonly record struct BlockFrame(int StoredSize, int ExpandedSize, BlockKind Kind, BlockCompression Compression)
{
    /// <summary>Writes the frame's first bytes in front of its payload.</summary>
    /// <param name="frame">The frame's bytes, payload in place.</param>
    public void Write(Span<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, StoredSize);
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], ExpandedSize);
        frame[8] = (byte)Kind;
        frame[9] = (byte)Compression;
        frame[10] = frame[11] = 0;
        var checksum = RecordingFormat.Checksum(frame, frame.Slice(RecordingFormat.FrameSize, StoredSize));
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], checksum);
    }

    /// <summary>Reads a frame's first bytes. Sizes are as they stand there, possibly absurd.</summary>
    public static BlockFrame Read(ReadOnlySpan<byte> start, out uint checksum)
    {
        checksum = BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
        return new BlockFrame(
            BinaryPrimitives.ReadInt32LittleEndian(start),
            BinaryPrimitives.ReadInt32LittleEndian(start[4..]),
            (BlockKind)start[8],
            (BlockCompression)start[9]);
    }

    /// <summary>Whether a writer could have written these sizes. Of a kind that is not known, only the stored size is looked at.</summary>
    public bool IsPlausible =>
        StoredSize is >= 0 and <= RecordingFormat.MaxBlockSize
        && (Kind is not (BlockKind.Events or BlockKind.End)
            || (ExpandedSize is >= 0 and <= RecordingFormat.MaxBlockSize
                && ExpandedSize <= Math.Max(RecordingFormat.FreeExpansion, (long)RecordingFormat.MaxExpansion * StoredSize)));
}
