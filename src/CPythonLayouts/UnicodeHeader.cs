using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace LibProf.CPythonLayouts;

/// <summary>
/// What the fixed part of a <c>str</c> object says (PEP 393, Include/cpython/unicodeobject.h): how wide, how long, and where its characters are.
/// </summary>
/// <param name="Kind">Bytes of one code point: 1 (ASCII or Latin-1), 2 (UCS-2) or 4 (UCS-4).</param>
/// <param name="Length">Number of code points.</param>
/// <param name="DataOffset">Where the characters start, in bytes from the start of the object; -1 when they are elsewhere.</param>
/// <param name="DataPointer">Address of the characters when they are elsewhere (not compact), else 0.</param>
public readonly record struct UnicodeHeader(int Kind, int Length, int DataOffset, ulong DataPointer)
{
    /// <summary>Bytes of all characters, without the terminating zero.</summary>
    public int ByteLength => Kind * Length;

    /// <summary>Whether the characters follow the fixed part in the object.</summary>
    public bool IsInline => DataOffset >= 0;

    /// <summary>Bytes from the start of the object that <see cref="TryParse"/> needs; less than any <c>str</c> object with its characters has.</summary>
    /// <param name="layout">The version's layout.</param>
    public static int HeaderSize(UnicodeLayout layout) => layout.AsciiData.Value;

    /// <summary>Bytes that <see cref="TryParse"/> needs for a string that is not compact: <see cref="HeaderSize"/> and the pointer.</summary>
    /// <param name="layout">The version's layout.</param>
    public static int FullHeaderSize(UnicodeLayout layout) => layout.DataPointer.Value + sizeof(ulong);

    /// <summary>Reads the fixed part.</summary>
    /// <param name="header">
    /// At least <see cref="HeaderSize"/> bytes from the start of the object; <see cref="FullHeaderSize"/> to read also one that is not compact
    /// (made by old C extensions and by subclasses of <c>str</c>; refused otherwise).
    /// </param>
    /// <param name="layout">The version's layout.</param>
    /// <param name="maxLength">The most code points to believe.</param>
    /// <param name="result">What the header says.</param>
    /// <returns>False when these are not the bytes of a <c>str</c>, or it is longer than <paramref name="maxLength"/>.</returns>
    public static bool TryParse(ReadOnlySpan<byte> header, UnicodeLayout layout, int maxLength, out UnicodeHeader result)
    {
        result = default;
        if (header.Length < HeaderSize(layout))
        {
            return false;
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(header[layout.Length.Value..]);
        uint state = BinaryPrimitives.ReadUInt32LittleEndian(header[layout.State.Value..]);
        int kind = (int)(state >> layout.KindShift) & 7;
        bool isCompact = ((state >> layout.CompactBit) & 1) != 0;
        bool isAscii = ((state >> layout.AsciiBit) & 1) != 0;
        // Kind 0 is the "wchar_t" string of 3.11 and before that nobody has converted yet: it has no characters to read.
        if (length < 0 || length > maxLength || length > int.MaxValue / 4 || kind is not (1 or 2 or 4) || (isAscii && kind != 1))
        {
            return false;
        }

        if (isCompact)
        {
            result = new UnicodeHeader(kind, (int)length, (isAscii ? layout.AsciiData : layout.CompactData).Value, 0);
            return true;
        }

        if (header.Length < FullHeaderSize(layout))
        {
            return false;
        }

        ulong pointer = BinaryPrimitives.ReadUInt64LittleEndian(header[layout.DataPointer.Value..]);
        result = new UnicodeHeader(kind, (int)length, -1, pointer);
        return pointer != 0;
    }

    /// <summary>Turns the characters into a string.</summary>
    /// <param name="kind">Bytes of one code point: 1, 2 or 4.</param>
    /// <param name="bytes">The characters, little endian; an incomplete last one is left out.</param>
    /// <returns>The string. A lone surrogate (Python allows them, for example from file names) and what is no code point become U+FFFD.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is none of the three.</exception>
    public static string Decode(int kind, ReadOnlySpan<byte> bytes) => kind switch
    {
        1 => Encoding.Latin1.GetString(bytes),
        2 => DecodeUcs2(bytes),
        4 => DecodeUcs4(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A code point has 1, 2 or 4 bytes."),
    };

    private static string DecodeUcs2(ReadOnlySpan<byte> bytes) => string.Create(bytes.Length / 2, bytes, static (characters, source) =>
    {
        for (int i = 0; i < characters.Length; i++)
        {
            char character = (char)BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]);
            // Every surrogate is a lone one here: CPython would have stored a pair as one code point of four bytes.
            characters[i] = char.IsSurrogate(character) ? '\uFFFD' : character;
        }
    });

    private static string DecodeUcs4(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> points = MemoryMarshal.Cast<byte, uint>(bytes);
        StringBuilder text = new(points.Length);
        foreach (uint point in points)
        {
            text.Append(Rune.IsValid(point) ? new Rune(point).ToString() : "\uFFFD");
        }

        return text.ToString();
    }
}
