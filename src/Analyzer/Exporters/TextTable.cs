using System.Text;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>A column of a plain table.</summary>
/// <param name="Title">Its head.</param>
/// <param name="Right">Whether its cells are set to the right (numbers).</param>
/// <param name="Shrink">Which end may be left out when the line is too long: 0 neither, 1 the end, -1 the start.</param>
internal readonly record struct TextColumn(string Title, bool Right = false, int Shrink = 0);

/// <summary>A table in plain text: aligned by what terminals show, no wider than asked for.</summary>
internal sealed class TextTable(params TextColumn[] columns)
{
    private const int Gap = 2;
    private const int NarrowestColumn = 8;
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row of cleaned cells.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Writes the table.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="indent">Columns before each line.</param>
    public void Write(StringBuilder text, int width, int indent)
    {
        int[] widths = Widths(width - indent);
        WriteRow(text, [.. columns.Select(column => column.Title)], widths, indent);
        foreach (string[] row in _rows)
        {
            WriteRow(text, row, widths, indent);
        }
    }

    private int[] Widths(int width)
    {
        var widths = new int[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            int column = i;
            widths[i] = Math.Max(columns[i].Title.Length, _rows.Select(row => SafeText.Columns(row[column])).DefaultIfEmpty().Max());
        }

        int excess = widths.Sum() + (Gap * (columns.Length - 1)) - width;
        while (excess > 0)
        {
            // The widest column that may shrink gives way first, and only as far as the next widest.
            int widest = -1;
            for (int i = 0; i < columns.Length; i++)
            {
                if (columns[i].Shrink != 0 && widths[i] > NarrowestColumn && (widest < 0 || widths[i] > widths[widest]))
                {
                    widest = i;
                }
            }

            if (widest < 0)
            {
                break;
            }

            widths[widest]--;
            excess--;
        }

        return widths;
    }

    private void WriteRow(StringBuilder text, string[] cells, int[] widths, int indent)
    {
        var line = new StringBuilder().Append(' ', indent);
        for (int i = 0; i < cells.Length; i++)
        {
            string cell = columns[i].Shrink < 0 ? SafeText.KeepIndentedEnd(cells[i], widths[i]) : SafeText.KeepStart(cells[i], widths[i]);
            int padding = Math.Max(0, widths[i] - SafeText.Columns(cell));
            line.Append(' ', columns[i].Right ? padding : 0).Append(cell).Append(' ', columns[i].Right ? 0 : padding);
            line.Append(' ', i + 1 < cells.Length ? Gap : 0);
        }

        text.Append(line.ToString().TrimEnd(' ')).Append('\n');
    }
}
