using System.Text;
using System.Text.RegularExpressions;
using LibProf.Cli.Top;

namespace LibProf.Cli.Tests.Top;

public sealed partial class ScreenPainterTests
{
    private readonly ScreenPainter _painter = new();

    [Fact]
    public void Only_what_changed_is_written()
    {
        _ = Paint(Of("hello world", "second row"));
        Assert.Equal("", Paint(Of("hello world", "second row")));
        Assert.Equal("\e[2;8Hc", Paint(Of("hello world", "second cow")));
        Assert.Equal("\e[1;6H\e[K", Paint(Of("hello", "second cow")));
    }

    [Fact]
    public void Changes_that_stand_close_are_written_together()
    {
        _ = Paint(Of("a b c          x"));
        Assert.Equal("\e[1;1HA b C\e[16GX", Paint(Of("A b C          X")));
    }

    [Fact]
    public void Rows_with_characters_of_doubtful_width_are_written_whole_and_put_right()
    {
        _ = Paint(Of("abc"));
        string text = Paint(Of("\u65e5x"));
        Assert.Equal("\e[1;1H\e[2K\u65e5\e[3Gx", text);
    }

    [Fact]
    public void Styles_end_with_their_row()
    {
        Screen screen = new(20, 2);
        screen.Put(0, 0, "head", ScreenStyle.Reverse);
        screen.Put(1, 0, "body");
        Assert.Equal("\e[0m\e[H\e[2J\e[1;1H\e[0;7mhead\e[0m\e[2;1Hbody", Paint(screen));
    }

    [Fact]
    public void What_does_not_fit_follows_and_no_row_starves()
    {
        const int Budget = 250;
        string[] rows = [.. Enumerable.Range(0, 24).Select(row => new string((char)('a' + row), 60))];
        Screen wanted = Of(rows);
        Terminal terminal = new(80, 24);
        int rounds = 0;
        do
        {
            byte[] bytes = _painter.Paint(wanted, Budget);
            Assert.InRange(bytes.Length, 1, Budget);
            terminal.Feed(Encoding.UTF8.GetString(bytes));
            rounds++;
        }
        while (_painter.IsBehind);
        Assert.InRange(rounds, 5, 24);
        Assert.Equal(wanted.ToText(), terminal.ToText());

        // All rows change all the time: after a few rounds each has had its turn.
        HashSet<int> drawn = [];
        for (int i = 0; i < 12; i++)
        {
            string text = Encoding.UTF8.GetString(_painter.Paint(Of([.. rows.Select((_, row) => new string((char)('A' + ((row + i) % 26)), 60))]), Budget));
            drawn.UnionWith(Position().Matches(text).Select(match => int.Parse(match.Groups[1].Value, null)));
        }

        Assert.Equal(24, drawn.Count);
    }

    [Fact]
    public void Random_screens_arrive_as_they_are()
    {
        Random random = new(5);
        Terminal terminal = new(30, 8);
        string[] pieces = ["a", "bc", "   ", "12.5", "\u65e5\u672c", "\u00e9", "e\u0301", "\ud83d\ude00", "~"];
        for (int round = 0; round < 2000; round++)
        {
            Screen screen = new(30, 8);
            for (int i = 0; i < random.Next(12); i++)
            {
                screen.Put(random.Next(8), random.Next(30), pieces[random.Next(pieces.Length)], (ScreenStyle)random.Next(3));
            }

            for (int tries = 0; tries < 50; tries++)
            {
                terminal.Feed(Paint(screen, random.Next(20, 400)));
                if (!_painter.IsBehind)
                {
                    break;
                }
            }

            Assert.Equal(screen.ToText(), terminal.ToText());
        }
    }

    [Fact]
    public void Nothing_of_a_target_reaches_the_terminal_raw()
    {
        Screen screen = new(79, 3);
        screen.Put(0, 0, "a\e[2Jb\ac\u009bd\re\u202ef\u200bg\ud800h");
        screen.Put(1, 0, "x" + new string('\u0301', 50) + "y");
        screen.Put(2, 70, "wide \u65e5\u672c\u8a9e\u65e5\u672c");
        Assert.StartsWith("a\\x1b[2Jb\\x07c\\x9bd\\re\\u202efg", screen.ToText(), StringComparison.Ordinal);
        string text = Paint(screen, 10_000);
        Assert.DoesNotContain(Sequence().Replace(text, ""), char.IsControl);
        Assert.Equal(2, text.Count(character => character == '\u0301'));
        Assert.Equal("wide \u65e5\u672c", screen.ToText().Split('\n')[2].Trim());
    }

    [Fact]
    public void A_terminal_without_unicode_gets_ascii()
    {
        Screen screen = new(20, 1, asciiOnly: true);
        screen.Put(0, 0, "na\u00efve \u65e5");
        Assert.Equal("na?ve ?\n", screen.ToText());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(2, 2)]
    public void Any_place_is_safe(int columns, int rows)
    {
        Screen screen = new(columns, rows);
        for (int row = -1; row <= rows; row++)
        {
            for (int column = -1; column <= columns; column++)
            {
                screen.Put(row, column, "\u65e5a\u0301b");
                screen.PutRight(row, column, "abc");
                screen.Paint(row, column + 5, ScreenStyle.Bold);
            }
        }

        Assert.NotEmpty(Paint(screen));
    }

    private static Screen Of(params string[] rows)
    {
        Screen screen = new(80, Math.Max(2, rows.Length));
        for (int i = 0; i < rows.Length; i++)
        {
            screen.Put(i, 0, rows[i]);
        }

        return screen;
    }

    private string Paint(Screen screen, int budget = 10_000) => Encoding.UTF8.GetString(_painter.Paint(screen, budget));

    /// <summary>A terminal that knows no more than the painter may use, and fails at anything else.</summary>
    private sealed class Terminal(int columns, int rows)
    {
        private readonly string[,] _cells = Blank(columns, rows);
        private int _row;
        private int _column;

        public void Feed(string text)
        {
            while (text.Length > 0)
            {
                Match match = Sequence().Match(text);
                if (match is { Success: true, Index: 0 })
                {
                    Do(match.Groups[1].Value, match.Groups[2].Value[0]);
                    text = text[match.Length..];
                    continue;
                }

                Rune rune = text.EnumerateRunes().First();
                text = text[rune.Utf16SequenceLength..];
                int width = Analyzer.Reports.SafeText.Columns(rune.ToString());
                if (width == 0)
                {
                    // It combines with what stands before it; a wide one takes two columns.
                    int at = _cells[_row, _column - 1].Length == 0 ? _column - 2 : _column - 1;
                    _cells[_row, at] += rune.ToString();
                    continue;
                }

                Assert.False(Rune.IsControl(rune));
                Assert.True(_column + width <= columns);
                _cells[_row, _column++] = rune.ToString();
                if (width == 2)
                {
                    _cells[_row, _column++] = "";
                }
            }
        }

        public string ToText()
        {
            IEnumerable<string> lines = Enumerable.Range(0, rows).Select(row => string.Concat(Enumerable.Range(0, columns).Select(column => _cells[row, column])).TrimEnd(' '));
            return string.Join('\n', lines).TrimEnd('\n') + "\n";
        }

        private static string[,] Blank(int columns, int rows)
        {
            string[,] cells = new string[rows, columns];
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    cells[row, column] = " ";
                }
            }

            return cells;
        }

        private void Do(string parameters, char final)
        {
            int[] numbers = [.. parameters.Split(';').Select(number => number.Length == 0 ? 0 : int.Parse(number, null))];
            switch (final)
            {
                case 'H':
                    _row = Math.Max(1, numbers[0]) - 1;
                    _column = numbers.Length > 1 ? numbers[1] - 1 : 0;
                    break;
                case 'G':
                    _column = numbers[0] - 1;
                    break;
                case 'J' or 'K':
                    for (int row = final == 'J' ? 0 : _row; row <= (final == 'J' ? rows - 1 : _row); row++)
                    {
                        for (int column = numbers[0] == 2 ? 0 : _column; column < columns; column++)
                        {
                            _cells[row, column] = " ";
                        }
                    }

                    break;
                default:
                    Assert.Equal('m', final);
                    break;
            }
        }
    }

    [GeneratedRegex(@"\e\[([0-9;]*)([@-~])")]
    private static partial Regex Sequence();

    [GeneratedRegex(@"\e\[(\d+);\d+H")]
    private static partial Regex Position();
}
