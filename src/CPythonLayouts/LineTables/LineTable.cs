namespace LibProf.CPythonLayouts.LineTables;

/// <summary>A run of instructions of one line.</summary>
/// <param name="Start">Byte offset of the first instruction.</param>
/// <param name="End">Byte offset behind the last one.</param>
/// <param name="Line">The line, or 0 where the instructions belong to none.</param>
public readonly record struct LineRange(int Start, int End, int Line);

/// <summary>
/// Says which line an instruction belongs to, from the bytes of <c>co_lnotab</c> or <c>co_linetable</c>.
/// The bytes come from the target and may be garbage: the answer is then any line or none, never an exception.
/// </summary>
public static class LineTable
{
    /// <summary>The line of an instruction, as <c>PyCode_Addr2Line</c> (Objects/codeobject.c) finds it; nothing is allocated.</summary>
    /// <param name="kind">How the table is encoded.</param>
    /// <param name="table">The bytes of <c>co_lnotab</c> or <c>co_linetable</c>.</param>
    /// <param name="firstLine"><c>co_firstlineno</c>.</param>
    /// <param name="byteOffset">Byte offset of the instruction; negative before the first one, whose line is then <paramref name="firstLine"/>.</param>
    /// <returns>The line, or 0 when the instruction belongs to no line or lies outside the table.</returns>
    public static int GetLine(LineTableKind kind, ReadOnlySpan<byte> table, int firstLine, int byteOffset)
    {
        if (byteOffset < 0)
        {
            return Math.Max(firstLine, 0);
        }

        LineCursor cursor = new(kind, table, firstLine);
        while (cursor.MoveNext())
        {
            if (cursor.End > byteOffset)
            {
                return cursor.Line;
            }
        }

        return 0;
    }

    /// <summary>The line of an instruction from decoded ranges, by binary search; agrees with the other overload inside the code.</summary>
    /// <param name="ranges">What <see cref="Decode"/> wrote.</param>
    /// <param name="byteOffset">Byte offset of the instruction; what is negative is taken for the first one.</param>
    /// <returns>The line, or 0 when the instruction belongs to no line or lies outside the ranges.</returns>
    public static int GetLine(ReadOnlySpan<LineRange> ranges, int byteOffset)
    {
        int offset = Math.Max(byteOffset, 0);
        int low = 0;
        int high = ranges.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (ranges[middle].End > offset)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low < ranges.Length && ranges[low].Start <= offset ? ranges[low].Line : 0;
    }

    /// <summary>Decodes a whole table into ranges without gaps or overlap, in order, neighbours of the same line joined.</summary>
    /// <param name="kind">How the table is encoded.</param>
    /// <param name="table">The bytes of <c>co_lnotab</c> or <c>co_linetable</c>.</param>
    /// <param name="firstLine"><c>co_firstlineno</c>.</param>
    /// <param name="codeLength">Bytes of all instructions: no range goes beyond.</param>
    /// <param name="ranges">Where to write; <see cref="MaxRanges"/> of them are always enough.</param>
    /// <returns>How many ranges there are. When more than <paramref name="ranges"/> holds, the last ones were not written.</returns>
    public static int Decode(LineTableKind kind, ReadOnlySpan<byte> table, int firstLine, int codeLength, Span<LineRange> ranges)
    {
        int count = 0;
        LineRange last = default;
        LineCursor cursor = new(kind, table, firstLine);
        while (cursor.Start < codeLength && cursor.MoveNext())
        {
            int end = Math.Min(cursor.End, codeLength);
            if (end <= cursor.Start)
            {
                continue;
            }

            bool joins = count > 0 && last.Line == cursor.Line;
            last = joins ? last with { End = end } : new LineRange(cursor.Start, end, cursor.Line);
            count += joins ? 0 : 1;
            if (count <= ranges.Length)
            {
                ranges[count - 1] = last;
            }
        }

        return count;
    }

    /// <summary>The most ranges that a table of this many bytes can decode to.</summary>
    /// <param name="tableLength">Bytes of the table.</param>
    public static int MaxRanges(int tableLength) => tableLength + 1;
}
