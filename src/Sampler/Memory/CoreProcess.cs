using System.Buffers.Binary;
using System.Text;

namespace LibProf.Sampler.Memory;

/// <summary>What a core file says of its process: the note NT_PRPSINFO (elf(5); struct elf_prpsinfo of linux/elfcore.h).</summary>
/// <param name="Pid">Process id as the process saw it.</param>
/// <param name="Arguments">The beginning of its command line (80 bytes at most), separated by spaces.</param>
internal sealed record CoreProcess(int Pid, string Arguments)
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int NoteSegment = 4;        // PT_NOTE
    private const int ProcessNote = 3;        // NT_PRPSINFO
    private const int NoteHeaderSize = 12;
    private const int PidOffset = 24;         // pr_pid, behind four bytes, padding, pr_flag, pr_uid and pr_gid
    private const int ArgumentsOffset = 56;   // pr_psargs
    private const int ArgumentsSize = 80;
    private const int MaxHeaders = 65_535;
    private const int MaxNotes = 64 << 20;

    /// <summary>Reads it; null when the file does not have it.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CoreProcess? TryRead(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] header = new byte[HeaderSize];
        if (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize)
        {
            return null;
        }

        long table = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(54));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56));
        byte[] entry = new byte[ProgramHeaderSize];
        for (int i = 0; i < Math.Min(count, MaxHeaders) && size >= ProgramHeaderSize && table > 0; i++)
        {
            if (!TryRead(file, table + ((long)i * size), entry))
            {
                return null;
            }

            long offset = BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(8));
            long length = BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(32));
            if (BinaryPrimitives.ReadInt32LittleEndian(entry) == NoteSegment && length is > 0 and <= MaxNotes && length <= file.Length)
            {
                byte[] notes = new byte[length];
                if (TryRead(file, offset, notes) && Find(notes) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private static CoreProcess? Find(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= NoteHeaderSize)
        {
            ulong name = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            ulong description = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong start = NoteHeaderSize + Align(name);
            ulong next = start + Align(description);
            if (next > (ulong)notes.Length)
            {
                return null;
            }

            ReadOnlySpan<byte> content = notes.Slice((int)start, (int)description);
            if (type == ProcessNote && notes[NoteHeaderSize..].StartsWith("CORE\0"u8) && content.Length >= ArgumentsOffset + ArgumentsSize)
            {
                ReadOnlySpan<byte> arguments = content.Slice(ArgumentsOffset, ArgumentsSize);
                int end = arguments.IndexOf((byte)0);
                return new CoreProcess(
                    BinaryPrimitives.ReadInt32LittleEndian(content[PidOffset..]),
                    Encoding.UTF8.GetString(end < 0 ? arguments : arguments[..end]).Trim());
            }

            notes = notes[(int)next..];
        }

        return null;
    }

    private static ulong Align(ulong size) => (size + 3) & ~3UL;

    private static bool TryRead(FileStream file, long offset, byte[] destination)
    {
        if (offset < 0 || offset > file.Length)
        {
            return false;
        }

        file.Position = offset;
        return file.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) == destination.Length;
    }
}
