using System.Globalization;
using System.Text;

namespace LibProf.Cli.Top;

/// <summary>
/// Turns screens into what a terminal has to be told: only what changed, and at most so many bytes at once; what did not fit follows the next
/// time. Uses only what every terminal since the VT100 knows (ECMA-48: CUP, CHA, ED, EL, SGR).
/// </summary>
public sealed class ScreenPainter
{
    /// <summary>Unchanged characters that are cheaper to write again than to pass over.</summary>
    private const int ShortGap = 4;

    private readonly StringBuilder _text = new();
    private Screen? _shown;
    private int _startRow;
    private int _row;
    private int _column;
    private ScreenStyle _style;

    /// <summary>Whether the last screen is not shown whole yet.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>Bytes of output for one screen, at most (but for a single row that is longer).</summary>
    /// <param name="columns">The window's columns.</param>
    /// <param name="rows">The window's rows.</param>
    public static int Budget(int columns, int rows) => Math.Max(2048, columns * rows * 3 / 2);

    /// <summary>The terminal may show anything: the next screen is drawn whole.</summary>
    public void Forget() => _shown = null;

    /// <summary>What to write so that the terminal shows a screen, as far as the budget goes.</summary>
    /// <param name="screen">What it is to show.</param>
    /// <param name="budget">Bytes.</param>
    public byte[] Paint(Screen screen, int budget)
    {
        _text.Clear();
        _row = _column = -1;
        _style = ScreenStyle.Normal;
        if (_shown is null || _shown.Columns != screen.Columns || _shown.Rows != screen.Rows)
        {
            _shown = new Screen(screen.Columns, screen.Rows);
            _startRow = 0;
            _text.Append("\e[0m\e[H\e[2J");
        }

        IsBehind = false;
        int bytes = _text.Length;
        int first = _startRow;
        for (int i = 0; i < screen.Rows; i++)
        {
            int row = (first + i) % screen.Rows;
            if (screen.Row(row).SequenceEqual(_shown.Row(row)))
            {
                continue;
            }

            int length = _text.Length;
            PaintRow(row, screen.Row(row), _shown.Row(row));
            int more = Encoding.UTF8.GetByteCount(_text.ToString(length, _text.Length - length));
            if (bytes > 0 && bytes + more > budget)
            {
                _text.Length = length;
                _startRow = row;
                IsBehind = true;
                break;
            }

            bytes += more;
            _shown.Take(screen, row);
        }

        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    private void PaintRow(int row, ReadOnlySpan<ScreenCell> next, ReadOnlySpan<ScreenCell> shown)
    {
        if (IsPlain(next) && IsPlain(shown))
        {
            PaintChanges(row, next, shown);
        }
        else
        {
            // How wide a terminal takes such characters to be is its own affair: nothing of the row is left as it was.
            Move(row, 0);
            Dress(ScreenStyle.Normal);
            _text.Append("\e[2K");
            Write(row, next, 0, End(next));
        }

        // What follows may be left out for want of room: each row stands for itself.
        Dress(ScreenStyle.Normal);
        _row = -1;
    }

    private void PaintChanges(int row, ReadOnlySpan<ScreenCell> next, ReadOnlySpan<ScreenCell> shown)
    {
        int end = End(next);
        bool erases = End(shown) > end;
        int column = 0;
        while (column < end)
        {
            if (next[column] == shown[column])
            {
                column++;
                continue;
            }

            int until = column + 1;
            int same = 0;
            while (until < end && same <= ShortGap)
            {
                same = next[until] == shown[until] ? same + 1 : 0;
                until++;
            }

            until -= same;
            Write(row, next, column, until);
            column = until;
        }

        if (erases)
        {
            Move(row, end);
            Dress(ScreenStyle.Normal);
            _text.Append("\e[K");
        }
    }

    private void Write(int row, ReadOnlySpan<ScreenCell> cells, int from, int until)
    {
        for (int column = from; column < until; column++)
        {
            ScreenCell cell = cells[column];
            if (cell.Glyph.Length == 0)
            {
                continue;
            }

            Move(row, column);
            Dress(cell.Style);
            _text.Append(cell.Glyph);
            _column = cell.IsPlain ? column + 1 : -1;
        }
    }

    private void Move(int row, int column)
    {
        if (_row != row)
        {
            _text.Append(CultureInfo.InvariantCulture, $"\e[{row + 1};{column + 1}H");
        }
        else if (_column != column)
        {
            _text.Append(CultureInfo.InvariantCulture, $"\e[{column + 1}G");
        }

        _row = row;
        _column = column;
    }

    private void Dress(ScreenStyle style)
    {
        if (_style != style)
        {
            _style = style;
            _text.Append(style switch { ScreenStyle.Bold => "\e[0;1m", ScreenStyle.Reverse => "\e[0;7m", _ => "\e[0m" });
        }
    }

    private static bool IsPlain(ReadOnlySpan<ScreenCell> cells)
    {
        foreach (ref readonly ScreenCell cell in cells)
        {
            if (!cell.IsPlain)
            {
                return false;
            }
        }

        return true;
    }

    // The column behind the last one that is not blank.
    private static int End(ReadOnlySpan<ScreenCell> cells)
    {
        int end = cells.Length;
        while (end > 0 && cells[end - 1] == ScreenCell.Blank)
        {
            end--;
        }

        return end;
    }
}
