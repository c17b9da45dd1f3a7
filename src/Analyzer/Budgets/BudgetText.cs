using System.Text;
using System.Text.Json;

namespace LibProf.Analyzer.Budgets;

/// <summary>Knows where in a budget file a token stands.</summary>
internal sealed class BudgetText
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private readonly List<int> _lineStarts = [0];

    public BudgetText(ReadOnlySpan<byte> bytes)
    {
        Start = bytes.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == (byte)'\n')
            {
                _lineStarts.Add(i + 1);
            }
        }
    }

    /// <summary>Where the JSON begins: after a byte order mark.</summary>
    public int Start { get; }

    /// <summary>The line of a byte of the file, from 1.</summary>
    public int LineAt(int position)
    {
        int index = _lineStarts.BinarySearch(position);
        return index < 0 ? ~index : index + 1;
    }

    /// <summary>The line of the current token.</summary>
    public int Line(ref Utf8JsonReader reader) => LineAt(Start + (int)reader.TokenStartIndex);

    /// <summary>Where the current token, a rule's limit, stands.</summary>
    public BudgetPlace Place(ref Utf8JsonReader reader, int line) =>
        new(line, Start + (int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));

    /// <summary>The current token for a message.</summary>
    public string Shown(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.String or JsonTokenType.Number
            ? Reports.SafeText.KeepStart(Reports.SafeText.Clean(Encoding.UTF8.GetString(reader.ValueSpan)), 40) is var shown && reader.TokenType == JsonTokenType.String ? $"\"{shown}\"" : shown
            : reader.TokenType.ToString().ToLowerInvariant();

    /// <summary>What is wrong at the current token.</summary>
    public BudgetException Error(ref Utf8JsonReader reader, string message, string hint = "") => new(Line(ref reader), message, hint);
}
