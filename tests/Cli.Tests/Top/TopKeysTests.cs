using System.Text;
using LibProf.Analyzer.Live;
using LibProf.Cli.Top;

namespace LibProf.Cli.Tests.Top;

public sealed class TopKeysTests
{
    private readonly TopState _state = new();

    [Theory]
    [InlineData("a", "a")]
    [InlineData("\u00e9\u65e5", "\u00e9 \u65e5")]
    [InlineData("\r\x7f\x0c\x15", "Enter Backspace Redraw Clear")]
    [InlineData("\e[A\e[B\eOA\eOB", "Up Down Up Down")]
    [InlineData("\e[5~\e[6~\e[H\e[F\e[1~\e[4~", "PageUp PageDown Home End Home End")]
    [InlineData("\e[1;5Aq\e[200~q\exq", "q q q")] // Sequences that mean nothing here, and Alt-x.
    [InlineData("\e\eq", "Escape")]
    [InlineData("\x01\x02", "")]
    public void Bytes_become_keys(string bytes, string keys)
    {
        TopKeyReader reader = new();
        IEnumerable<TopKey> read = Encoding.UTF8.GetBytes(bytes).Select(reader.Feed).OfType<TopKey>();
        Assert.Equal(keys, string.Join(' ', read.Select(key => key.Kind == TopKeyKind.Character ? key.Character.ToString() : key.Kind.ToString())));
    }

    [Fact]
    public void A_lone_escape_is_a_key_when_nothing_follows()
    {
        TopKeyReader reader = new();
        Assert.Null(reader.Feed(0x1b));
        Assert.True(reader.IsWaiting);
        Assert.Equal(new TopKey(TopKeyKind.Escape), reader.Settle());
        Assert.False(reader.IsWaiting);
    }

    [Fact]
    public void Random_bytes_do_no_harm()
    {
        Random random = new(3);
        TopKeyReader reader = new();
        byte[] bytes = new byte[100_000];
        random.NextBytes(bytes);
        foreach (byte value in bytes)
        {
            if (reader.Feed(value) is { } key)
            {
                _ = _state.Press(key, [1, 2], 10);
            }
        }

        Assert.InRange(_state.Filter.Length, 0, 200);
    }

    [Fact]
    public void Sorting_goes_round()
    {
        Assert.Equal([TopSort.Total, TopSort.Name, TopSort.Own], "sss".Select(key => { Press($"{key}"); return _state.Sort; }));
        Press("a");
        Assert.True(_state.SortsOverall);
    }

    [Fact]
    public void Threads_come_in_turn_and_then_all()
    {
        int?[] seen = [.. "tttT".Select(key => { Press($"{key}"); return _state.Thread; })];
        Assert.Equal([4, 9, null, 9], seen);
        _state.KeepThread([4]);
        Assert.Null(_state.Thread);
    }

    [Fact]
    public void A_filter_is_typed_kept_and_given_up()
    {
        Press("fqsX\x7f\u00e9");
        Assert.Equal(("qs\u00e9", true, TopSort.Own), (_state.Filter, _state.IsTyping, _state.Sort));
        Press("\r");
        Assert.Equal(("qs\u00e9", false), (_state.Filter, _state.IsTyping));
        Press("/zzz");
        Press(new TopKey(TopKeyKind.Escape));
        Assert.Equal(("qs\u00e9", false), (_state.Filter, _state.IsTyping));
    }

    [Fact]
    public void The_rest_of_the_keys()
    {
        Press("l");
        Press("w");
        Assert.Equal(new LiveQuery(null, true, true), _state.Query);
        Press("p");
        Assert.True(_state.IsPaused);
        Press(" ");
        Assert.False(_state.IsPaused);
        Press("g");
        Assert.Equal(TopPage.Threads, _state.Page);
        Press("h");
        Assert.Equal(TopPage.Help, _state.Page);
        Press("h");
        Assert.Equal(TopPage.Code, _state.Page);
        Assert.Equal((TopRequest.Reset, TopRequest.Redraw, TopRequest.Quit), (Press("r"), Press("\x0c"), Press("q")));
    }

    [Fact]
    public void Scrolling_stays_within_the_table()
    {
        Press("\e[A");
        Assert.Equal(0, _state.Offset);
        Press("\e[6~jj");
        Assert.Equal(11, _state.Offset);
        Press("\e[F");
        _state.LimitOffset(30, 10);
        Assert.Equal(20, _state.Offset);
        Press("\e[H");
        Assert.Equal(0, _state.Offset);
    }

    private TopRequest Press(string text)
    {
        TopKeyReader reader = new();
        TopRequest last = TopRequest.Show;
        foreach (TopKey key in Encoding.UTF8.GetBytes(text).Select(reader.Feed).OfType<TopKey>())
        {
            last = Press(key);
        }

        return last;
    }

    private TopRequest Press(TopKey key) => _state.Press(key, [4, 9], 10);
}
