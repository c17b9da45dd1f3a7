using System.Buffers.Binary;
using System.Text;
using CsCheck;

namespace LibProf.CPythonLayouts.Tests;

public sealed class UnicodeHeaderTests
{
    [Fact]
    public void ReadsEachForm()
    {
        UnicodeLayout layout = Layout(3, 11);
        Assert.True(UnicodeHeader.TryParse(Header(layout, 5, kind: 1, compact: true, ascii: true), layout, 100, out UnicodeHeader header));
        Assert.Equal(new UnicodeHeader(1, 5, 48, 0), header);
        Assert.True(UnicodeHeader.TryParse(Header(layout, 5, kind: 4, compact: true, ascii: false), layout, 100, out header));
        Assert.Equal((20, 72), (header.ByteLength, header.DataOffset));
        Assert.True(UnicodeHeader.TryParse(Header(layout, 5, kind: 2, compact: false, ascii: false), layout, 100, out header));
        Assert.Equal((false, 0x1234_5678UL, 10), (header.IsInline, header.DataPointer, header.ByteLength));
    }

    [Theory]
    [InlineData(-1, 1, true, true)]
    [InlineData(101, 1, true, true)]
    [InlineData(long.MaxValue, 1, true, true)]
    [InlineData(5, 0, true, false)]
    [InlineData(5, 0, false, false)]
    [InlineData(5, 3, true, false)]
    [InlineData(5, 7, true, false)]
    [InlineData(5, 2, true, true)]
    public void RefusesWhatIsNoString(long length, int kind, bool compact, bool ascii)
    {
        UnicodeLayout layout = Layout(3, 8);
        Assert.False(UnicodeHeader.TryParse(Header(layout, length, kind, compact, ascii), layout, 100, out _));
    }

    [Fact]
    public void RefusesAHeaderThatIsCutAndAMissingPointer()
    {
        UnicodeLayout layout = Layout(3, 12);
        byte[] compact = Header(layout, 3, kind: 1, compact: true, ascii: true);
        Assert.True(UnicodeHeader.TryParse(compact.AsSpan(0, UnicodeHeader.HeaderSize(layout)), layout, 100, out _));
        Assert.False(UnicodeHeader.TryParse(compact.AsSpan(0, UnicodeHeader.HeaderSize(layout) - 1), layout, 100, out _));
        byte[] pointed = Header(layout, 3, kind: 1, compact: false, ascii: false);
        Assert.False(UnicodeHeader.TryParse(pointed.AsSpan(0, UnicodeHeader.FullHeaderSize(layout) - 1), layout, 100, out _));
        BinaryPrimitives.WriteUInt64LittleEndian(pointed.AsSpan(layout.DataPointer.Value), 0);
        Assert.False(UnicodeHeader.TryParse(pointed, layout, 100, out _));
    }

    [Fact]
    public void DecodesWhatPythonWouldHaveStored() => Gen.OneOf(Gen.Int[0, 0xD7FF], Gen.Int[0xE000, 0x10FFFF]).Array[0, 40].Sample(points =>
    {
        string text = string.Concat(points.Select(char.ConvertFromUtf32));
        byte[] wide = Encoding.UTF32.GetBytes(text);
        byte[] two = Encoding.Unicode.GetBytes(string.Concat(points.Where(point => point < 0x10000).Select(point => (char)point)));
        byte[] one = [.. points.Where(point => point < 0x100).Select(point => (byte)point)];
        return UnicodeHeader.Decode(4, wide) == text
            && UnicodeHeader.Decode(2, two) == string.Concat(points.Where(point => point < 0x10000).Select(point => (char)point))
            && UnicodeHeader.Decode(1, one) == string.Concat(one.Select(value => (char)value));
    });

    [Fact]
    public void LoneSurrogatesAndWhatIsNoCodePointBecomeTheReplacementCharacter()
    {
        Assert.Equal("a\uFFFD\uFFFDb", UnicodeHeader.Decode(2, [0x61, 0, 0x3D, 0xD8, 0x0D, 0xDC, 0x62, 0]));
        Assert.Equal("\uFFFD\uFFFDa", UnicodeHeader.Decode(4, [0x00, 0xD8, 0, 0, 0, 0, 0x11, 0, 0x61, 0, 0, 0]));
        Assert.Equal("a", UnicodeHeader.Decode(4, [0x61, 0, 0, 0, 1, 2, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => UnicodeHeader.Decode(3, []));
    }

    [Fact]
    public void NeverThrowsOnGarbage() => Gen.Select(Gen.Int[6, 15], Gen.Byte.Array[0, 100], Gen.Int[0, int.MaxValue]).Sample((minor, bytes, most) =>
        !UnicodeHeader.TryParse(bytes, Layout(3, minor), most, out UnicodeHeader header) || (header.Length >= 0 && header.Length <= most && header.ByteLength >= 0));

    private static UnicodeLayout Layout(int major, int minor)
    {
        Assert.True(KnownLayouts.TryGet(new CPythonVersion(major, minor, 0), freeThreaded: false, out CPythonLayout? layout));
        return layout.Unicode;
    }

    private static byte[] Header(UnicodeLayout layout, long length, int kind, bool compact, bool ascii)
    {
        byte[] bytes = new byte[UnicodeHeader.FullHeaderSize(layout)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(layout.Length.Value), length);
        int state = (kind << layout.KindShift) | ((compact ? 1 : 0) << layout.CompactBit) | ((ascii ? 1 : 0) << layout.AsciiBit) | 1;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(layout.State.Value), state);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(layout.DataPointer.Value), 0x1234_5678);
        return bytes;
    }
}
