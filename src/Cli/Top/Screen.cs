using System.Text;
using LibProf.Analyzer.Reports;

namespace LibProf.Cli.Top;

/// <summary>How a character is shown.</summary>
public enum ScreenStyle : byte
{
    /// <summary>As any text.</summary>
    Normal,
    /// <summary>Bold, or brighter.</summary>
    Bold,
    /// <summary>Foreground and background exchanged.</summary>
    Reverse,
}

/// <summary>A character of a screen.</summary>
/// <param name="Glyph">What to write for it: one character with the marks that combine with it; empty for the right half of a wide one.</param>
/// <param name="Style">How.</param>
public readonly record struct ScreenCell(string Glyph, ScreenStyle Style)
{
    /// <summary>A space.</summary>
    public static ScreenCell Blank { get; } = new(" ", ScreenStyle.Normal);

    /// <summary>Whether every terminal agrees that it takes one column.</summary>
    public bool IsPlain => Glyph.Length == 1 && char.IsAscii(Glyph[0]);
}

/// <summary>
/// What is to be seen in a window: rows of characters. Whatever is put there is made harmless: no control character, escape or mark without
/// anything to combine with gets in, and nothing reaches beyond a row's end.
/// </summary>
public sealed class Screen
{
    private const int MostMarks = 2;

    private static readonly string[] Ascii = [.. Enumerable.Range(0, 128).Select(code => ((char)code).ToString())];

    private readonly ScreenCell[] _cells;
    private readonly bool _asciiOnly;
    private readonly int _usable;

    /// <summary>Makes an empty screen.</summary>
    /// <param name="columns">Columns, at least 1.</param>
    /// <param name="rows">Rows, at least 1.</param>
    /// <param name="asciiOnly">Whether other characters are shown as question marks, for terminals that do not take UTF-8.</param>
    /// <param name="reserved">Columns at the end of each row that stay blank, but for the first of the window.</param>
    public Screen(int columns, int rows, bool asciiOnly = false, int reserved = 0)
    {
        _usable = Math.Max(1, columns - reserved);
        Columns = columns;
        Rows = rows;
        _asciiOnly = asciiOnly;
        _cells = new ScreenCell[columns * rows];
        Array.Fill(_cells, ScreenCell.Blank);
    }

    /// <summary>Columns.</summary>
    public int Columns { get; }

    /// <summary>Rows.</summary>
    public int Rows { get; }

    /// <summary>The characters of a row.</summary>
    public ReadOnlySpan<ScreenCell> Row(int row) => _cells.AsSpan(row * Columns, Columns);

    /// <summary>Takes a row from another screen of the same size.</summary>
    public void Take(Screen other, int row) => other.Row(row).CopyTo(_cells.AsSpan(row * Columns, Columns));

    /// <summary>Puts text somewhere; what does not fit into the row is left out. Rows and columns count from 0.</summary>
    public void Put(int row, int column, string text, ScreenStyle style = ScreenStyle.Normal)
    {
        if (row < 0 || row >= Rows || column < 0)
        {
            return;
        }

        Span<ScreenCell> cells = _cells.AsSpan(row * Columns, Columns);
        int last = -1;
        foreach (Rune rune in SafeText.Clean(text).EnumerateRunes())
        {
            string glyph = rune.IsAscii ? Ascii[rune.Value] : _asciiOnly ? "?" : rune.ToString();
            int width = rune.IsAscii || _asciiOnly ? 1 : SafeText.Columns(glyph);
            if (width == 0)
            {
                // Marks beyond measure would pile up over the rows above; what is invisible serves nobody.
                bool isMark = Rune.GetUnicodeCategory(rune) is not System.Globalization.UnicodeCategory.Format;
                if (isMark && last >= 0 && cells[last].Glyph.EnumerateRunes().Count() <= MostMarks)
                {
                    cells[last] = cells[last] with { Glyph = cells[last].Glyph + glyph };
                }

                continue;
            }

            if (column + width > _usable)
            {
                return;
            }

            Clear(cells, column);
            Clear(cells, column + width - 1);
            last = column;
            cells[column++] = new ScreenCell(glyph, style);
            if (width == 2)
            {
                cells[column++] = new ScreenCell("", style);
            }
        }
    }

    // What is half of a wide character goes with its other half.
    private static void Clear(Span<ScreenCell> cells, int column)
    {
        if (cells[column].Glyph.Length == 0)
        {
            cells[column - 1] = ScreenCell.Blank;
        }

        if (column + 1 < cells.Length && cells[column + 1].Glyph.Length == 0)
        {
            cells[column + 1] = ScreenCell.Blank;
        }

        cells[column] = ScreenCell.Blank;
    }

    /// <summary>Puts text so that it ends before a column.</summary>
    public void PutRight(int row, int end, string text, ScreenStyle style = ScreenStyle.Normal) =>
        Put(row, Math.Max(0, end - SafeText.Columns(SafeText.Clean(text))), text, style);

    /// <summary>Gives a row a style, up to a column.</summary>
    public void Paint(int row, int end, ScreenStyle style)
    {
        if (row >= 0 && row < Rows)
        {
            foreach (ref ScreenCell cell in _cells.AsSpan(row * Columns, Math.Min(end, Columns)))
            {
                cell = cell with { Style = style };
            }
        }
    }

    /// <summary>The text alone, without spaces at the ends of rows and without empty rows at the end.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        for (int row = 0; row < Rows; row++)
        {
            StringBuilder line = new();
            foreach (ScreenCell cell in Row(row))
            {
                _ = line.Append(cell.Glyph);
            }

            _ = text.Append(line.ToString().TrimEnd(' ')).Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }
}
