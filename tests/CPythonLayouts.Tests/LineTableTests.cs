using System.Text.Json;
using CsCheck;
using LibProf.CPythonLayouts.LineTables;
using LibProf.TestSupport;

namespace LibProf.CPythonLayouts.Tests;

public sealed class LineTableTests
{
    private static readonly Gen<(LineTableKind Kind, byte[] Table, int First)> s_garbage = Gen.Select(
        Gen.Int[0, 2].Select(kind => (LineTableKind)kind), Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Byte[0x80, 0xFF].Array[0, 200]), Gen.Int);

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void AgreesWithTheInterpreterOnEveryInstruction(PythonInterpreter interpreter)
    {
        Assert.True(KnownLayouts.TryGet(interpreter.Version, interpreter.IsFreeThreaded, out CPythonLayout? layout));
        string script = interpreter.Place(Path.Combine(AppContext.BaseDirectory, "Scripts", "dump_lines.py"));
        using TargetProcess python = TargetProcess.Launch([.. interpreter.Command, script]);
        int count = 0;
        while (python.ReadLine() is { } line)
        {
            Compare(layout.LineTable, JsonSerializer.Deserialize<JsonElement>(line));
            count++;
        }

        Assert.True(python.WaitForExit() == 0, python.Errors);
        Assert.True(count > 500, $"only {count} code objects: {python.Errors}");
    }

    [Theory]
    // Pairs: address +2 line +1; address +4 line -3; 255 bytes on without a line, then +200 in two steps.
    [InlineData(LineTableKind.LineNumberTable, "02010400FD", 10, new[] { 10, 10, 11, 11, 11, 11, 11, 11 })]
    [InlineData(LineTableKind.LineNumberTable, "00050201", 1, new[] { 6, 6, 7, 7 })]
    [InlineData(LineTableKind.LineNumberTable, "0201007F0001", 1, new[] { 1, 1, 130, 130 })]
    [InlineData(LineTableKind.LineNumberTable, "02FF", 10, new[] { 10, 10, 9, 9 })]
    [InlineData(LineTableKind.LineNumberTable, "", 7, new[] { 7, 7, 7, 7 })]
    [InlineData(LineTableKind.Pep626, "02010280000402FF", 5, new[] { 6, 6, 0, 0, 9, 9, 0, 0 })]
    [InlineData(LineTableKind.Pep626, "", 5, new[] { 0, 0 })]
    // Short form of one unit; one-line form +1; no columns -2 (varint 5); none; long +1 with end line and columns.
    [InlineData(LineTableKind.LocationTable, "8010D81020E805F8F00200", 20, new[] { 20, 20, 21, 21, 19, 19, 0, 0, 20, 20, 0, 0 })]
    [InlineData(LineTableKind.LocationTable, "F0", 5, new[] { 5, 5, 0, 0 })]
    [InlineData(LineTableKind.LocationTable, "E87F7F7F7F7F7F7F7F7F", 5, null)]
    [InlineData(LineTableKind.LocationTable, "", 5, new[] { 0, 0 })]
    public void ReadsEachKindOfEntry(LineTableKind kind, string hex, int first, int[]? lines)
    {
        byte[] table = Convert.FromHexString(hex);
        Assert.Equal(first, LineTable.GetLine(kind, table, first, -1));
        for (int offset = 0; offset < (lines?.Length ?? 0); offset++)
        {
            Assert.Equal(lines![offset], LineTable.GetLine(kind, table, first, offset));
        }
    }

    [Fact]
    public void DecodedRangesAnswerAsTheTableDoes() => Gen.Select(s_garbage, Gen.Int[0, 4000]).Sample((garbage, codeLength) =>
    {
        (LineTableKind kind, byte[] table, int first) = garbage;
        LineRange[] ranges = new LineRange[LineTable.MaxRanges(table.Length)];
        int count = LineTable.Decode(kind, table, first, codeLength, ranges);
        ReadOnlySpan<LineRange> decoded = ranges.AsSpan(0, count);
        for (int offset = 0; offset < codeLength; offset++)
        {
            if (LineTable.GetLine(decoded, offset) != LineTable.GetLine(kind, table, first, offset))
            {
                return false;
            }
        }

        return LineTable.GetLine(decoded, codeLength) == 0;
    });

    [Fact]
    public void RangesAreInOrderAndACutDestinationGetsTheFirstOnes() => Gen.Select(s_garbage, Gen.Int[0, 4000], Gen.Int[0, 20]).Sample((garbage, codeLength, room) =>
    {
        (LineTableKind kind, byte[] table, int first) = garbage;
        LineRange[] all = new LineRange[LineTable.MaxRanges(table.Length)];
        LineRange[] some = new LineRange[room];
        int count = LineTable.Decode(kind, table, first, codeLength, all);
        bool inOrder = all.Take(count).Index().All(range =>
            range.Item.Start < range.Item.End && range.Item.End <= codeLength && range.Item.Line >= 0 &&
            range.Item.Start == (range.Index == 0 ? 0 : all[range.Index - 1].End));
        return inOrder && LineTable.Decode(kind, table, first, codeLength, some) == count && all.Take(Math.Min(room, count)).SequenceEqual(some.Take(count));
    });

    [Fact]
    public void NeverThrowsAndNeverGivesANegativeLine() => Gen.Select(s_garbage, Gen.Int).Sample((garbage, offset) =>
        LineTable.GetLine(garbage.Kind, garbage.Table, garbage.First, offset) >= 0);

    [Fact]
    public void AllocatesNothing()
    {
        byte[] table = Convert.FromHexString("8010D81020E805F8F00200");
        int sum = LineTable.GetLine(LineTableKind.LocationTable, table, 20, 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            sum += LineTable.GetLine(LineTableKind.LocationTable, table, 20, i % 12);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }

    private static void Compare(LineTableKind kind, JsonElement code)
    {
        string name = code.GetProperty("name").GetString()!;
        byte[] table = Convert.FromHexString(code.GetProperty("table").GetString()!);
        int first = code.GetProperty("first").GetInt32();
        int length = code.GetProperty("length").GetInt32();
        int[] truth = new int[length];
        // Instructions before the first line that the interpreter lists belong to the first line (3.6 to 3.9).
        Array.Fill(truth, kind == LineTableKind.LineNumberTable ? first : 0);
        foreach (JsonElement range in code.GetProperty("lines").EnumerateArray())
        {
            Array.Fill(truth, range[2].GetInt32(), range[0].GetInt32(), Math.Min(range[1].GetInt32(), length) - range[0].GetInt32());
        }

        LineRange[] ranges = new LineRange[LineTable.MaxRanges(table.Length)];
        int count = LineTable.Decode(kind, table, first, length, ranges);
        for (int offset = 0; offset < length; offset += 2)
        {
            int line = LineTable.GetLine(ranges.AsSpan(0, count), offset);
            Assert.True(truth[offset] == line, $"{name}+{offset}: {line} instead of {truth[offset]} in {code}");
        }

        // The walk over the table itself is quadratic here: a few instructions of each code object are enough.
        for (int offset = 0; offset < length; offset += Math.Max(2, length / 64 * 2))
        {
            Assert.Equal(truth[offset], LineTable.GetLine(kind, table, first, offset));
        }
    }
}
