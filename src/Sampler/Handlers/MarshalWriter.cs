using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace LibProf.Sampler.Handlers;

/// <summary>
/// Writes what CPython's <c>marshal</c> reads, in the subset that has been the same since before 3.6 (Python/marshal.c): a target gets its
/// event ready to use, without having to import a parser that its handler may or may not import itself.
/// </summary>
public sealed class MarshalWriter
{
    private readonly MemoryStream _bytes = new();

    /// <summary>What has been written.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>A JSON value as Python's json.loads gives it.</summary>
    /// <exception cref="InvalidOperationException">A text that is no Unicode (a lone surrogate).</exception>
    public static byte[] FromJson(JsonElement value)
    {
        MarshalWriter writer = new();
        writer.Write(value);
        return writer.ToArray();
    }

    /// <summary>Begins a tuple of that many values, which follow.</summary>
    public void BeginTuple(int count) => WriteCounted('(', count);

    /// <summary>Begins a dict: keys and values follow in turn, then <see cref="EndDictionary"/>.</summary>
    public void BeginDictionary() => _bytes.WriteByte((byte)'{');

    /// <summary>Ends a dict.</summary>
    public void EndDictionary() => _bytes.WriteByte((byte)'0');

    /// <summary>A str.</summary>
    public void Write(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        WriteCounted('u', utf8.Length);
        _bytes.Write(utf8);
    }

    /// <summary>A bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        WriteCounted('s', bytes.Length);
        _bytes.Write(bytes);
    }

    /// <summary>An int.</summary>
    public void WriteWhole(BigInteger value)
    {
        if (value >= int.MinValue && value <= int.MaxValue)
        {
            WriteCounted('i', (int)value);
            return;
        }

        // Digits of 15 bits, the lowest first; the count has the sign.
        List<ushort> digits = [];
        for (BigInteger rest = BigInteger.Abs(value); !rest.IsZero; rest >>= 15)
        {
            digits.Add((ushort)(rest & 0x7fff));
        }

        WriteCounted('l', value.Sign * digits.Count);
        Span<byte> two = stackalloc byte[2];
        foreach (ushort digit in digits)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(two, digit);
            _bytes.Write(two);
        }
    }

    /// <summary>A float.</summary>
    public void WriteReal(double value)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(eight, value);
        _bytes.WriteByte((byte)'g');
        _bytes.Write(eight);
    }

    /// <summary>A list of str.</summary>
    public void Write(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        WriteCounted('[', texts.Count);
        foreach (string text in texts)
        {
            Write(text);
        }
    }

    private void Write(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                BeginDictionary();
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    Write(property.Name);
                    Write(property.Value);
                }

                EndDictionary();
                break;
            case JsonValueKind.Array:
                WriteCounted('[', value.GetArrayLength());
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Write(item);
                }

                break;
            case JsonValueKind.String:
                Write(value.GetString()!);
                break;
            case JsonValueKind.Number:
                WriteNumber(value.GetRawText());
                break;
            default:
                _bytes.WriteByte((byte)(value.ValueKind switch { JsonValueKind.True => 'T', JsonValueKind.False => 'F', _ => 'N' }));
                break;
        }
    }

    private void WriteNumber(string text)
    {
        if (text.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            WriteWhole(BigInteger.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
        }
        else
        {
            WriteReal(double.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private void WriteCounted(char type, int count)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(four, count);
        _bytes.WriteByte((byte)type);
        _bytes.Write(four);
    }
}
