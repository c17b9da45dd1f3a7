using System.Buffers;
using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Elf;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// What the machine code and read-only data of a CPython binary say where no symbol does. Operands are taken without decoding the
/// instructions around them: a wrong guess does not point to what is looked for. x86-64 only; elsewhere nothing is found.
/// </summary>
internal static class BinaryCode
{
    private const int MaxFunctionBytes = 160;
    private const int MaxVersionText = 24;
    private const ulong MaxReadOnlyData = 1UL << 28;
    private const int AmdX64 = 62;

    /// <summary>
    /// The release named by the string that a function refers to: <c>Py_GetVersion</c> passes <c>PY_VERSION</c> to <c>PyOS_snprintf</c>
    /// (Python/getversion.c).
    /// </summary>
    public static bool TryFindVersionInCode(ElfImage image, string function, out CPythonVersion version)
    {
        version = default;
        Span<byte> buffer = stackalloc byte[MaxFunctionBytes];
        Span<byte> text = stackalloc byte[MaxVersionText];
        ReadOnlySpan<byte> code = ReadFunction(image, function, buffer, out ulong address);
        for (int i = 0; i + 4 <= code.Length; i++)
        {
            int operand = BinaryPrimitives.ReadInt32LittleEndian(code[i..]);
            // Position-independent code has the distance from the end of the instruction, other code the address itself.
            if (TryReadText(image, address + (ulong)i + 4 + (ulong)operand, text, out version)
                || TryReadText(image, (uint)operand, text, out version))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The variable whose value a function returns: <c>mov rax, [rip + distance]</c> or <c>mov rax, [address]</c>.</summary>
    public static bool TryFindReturnedVariable(ElfImage image, string function, out ulong variable)
    {
        Span<byte> buffer = stackalloc byte[24];
        ReadOnlySpan<byte> code = ReadFunction(image, function, buffer, out ulong address);
        int relative = code.IndexOf((ReadOnlySpan<byte>)[0x48, 0x8b, 0x05]);
        if (relative >= 0 && relative + 7 <= code.Length)
        {
            variable = address + (ulong)relative + 7 + (ulong)BinaryPrimitives.ReadInt32LittleEndian(code[(relative + 3)..]);
            return true;
        }

        int absolute = code.IndexOf((ReadOnlySpan<byte>)[0x48, 0x8b, 0x04, 0x25]);
        bool found = absolute >= 0 && absolute + 8 <= code.Length;
        variable = found ? BinaryPrimitives.ReadUInt32LittleEndian(code[(absolute + 4)..]) : 0;
        return found;
    }

    /// <summary>
    /// The release named by the only NUL-delimited version text in the read-only data. Two different ones are no answer.
    /// </summary>
    public static bool TryFindVersionInData(ElfImage image, out CPythonVersion version)
    {
        version = default;
        bool found = false;
        foreach ((ulong offset, ulong size) in ReadOnlyParts(image))
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
            try
            {
                for (ulong at = 0; at < size;)
                {
                    Span<byte> piece = buffer.AsSpan(0, (int)Math.Min((ulong)buffer.Length, size - at));
                    if (!image.TryReadOffset(offset + at, piece))
                    {
                        break;
                    }

                    for (int from = 0, hit; (hit = piece[from..].IndexOf("\03."u8)) >= 0; from += hit + 1)
                    {
                        ReadOnlySpan<byte> text = piece[(from + hit + 1)..];
                        // Static builds hold the versions of SQLite, libffi and others, too.
                        if (!VersionText.TryParse(text[..Math.Min(text.Length, MaxVersionText)], out CPythonVersion candidate)
                            || !KnownLayouts.IsNear(candidate))
                        {
                            continue;
                        }

                        if (found && candidate != version)
                        {
                            return false;
                        }

                        version = candidate;
                        found = true;
                    }

                    at += piece.Length < buffer.Length ? size : (ulong)(piece.Length - MaxVersionText);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        return found;
    }

    private static List<(ulong Offset, ulong Size)> ReadOnlyParts(ElfImage image)
    {
        if (image.TryFindSection(".rodata", out ElfSection section) && section.HasBytes && section.Size <= MaxReadOnlyData)
        {
            return [(section.Offset, section.Size)];
        }

        return [.. image.Segments
            .Where(segment => segment.IsLoad && (segment.Flags & 2) == 0 && segment.FileSize <= MaxReadOnlyData)
            .Select(segment => (segment.Offset, segment.FileSize))];
    }

    private static ReadOnlySpan<byte> ReadFunction(ElfImage image, string function, Span<byte> buffer, out ulong address)
    {
        address = 0;
        if (image.Machine != AmdX64 || !image.TryFindSymbol(function, out ElfSymbol symbol))
        {
            return default;
        }

        address = symbol.Address;
        Span<byte> code = symbol.Size is > 0 and < MaxFunctionBytes ? buffer[..(int)Math.Min(symbol.Size, (ulong)buffer.Length)] : buffer;
        return image.TryReadAddress(address, code) ? code : default;
    }

    private static bool TryReadText(ElfImage image, ulong address, Span<byte> text, out CPythonVersion version)
    {
        version = default;
        return image.TryReadAddress(address, text) && VersionText.TryParse(text, out version);
    }
}
