using System.Text;
using LibProf.Analyzer.Live;

namespace LibProf.Cli.Top;

/// <summary>What rows are ordered by.</summary>
public enum TopSort
{
    /// <summary>Looks that found it on top of a stack, the most first.</summary>
    Own,
    /// <summary>Looks that found it anywhere on a stack, the most first.</summary>
    Total,
    /// <summary>Its name.</summary>
    Name,
}

/// <summary>What fills the window.</summary>
public enum TopPage
{
    /// <summary>Functions or lines.</summary>
    Code,
    /// <summary>Threads.</summary>
    Threads,
    /// <summary>What the keys do.</summary>
    Help,
}

/// <summary>What a key asks of whoever runs the view.</summary>
public enum TopRequest
{
    /// <summary>To show the view as it is now.</summary>
    Show,
    /// <summary>To end.</summary>
    Quit,
    /// <summary>To begin counting anew.</summary>
    Reset,
    /// <summary>To draw the whole window again.</summary>
    Redraw,
}

/// <summary>What the user has chosen to see, and how keys change it.</summary>
public sealed class TopState
{
    private const int LongestFilter = 100;

    private string _filterBefore = "";

    /// <summary>The order of rows.</summary>
    public TopSort Sort { get; private set; }

    /// <summary>Whether the order is that of the counts since the beginning, not of the last seconds'.</summary>
    public bool SortsOverall { get; private set; }

    /// <summary>What fills the window.</summary>
    public TopPage Page { get; private set; }

    /// <summary>Lines instead of functions.</summary>
    public bool ByLine { get; private set; }

    /// <summary>Whether threads that wait count, too.</summary>
    public bool CountsWaiting { get; init; }

    /// <summary>Whether counting is held.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>The thread that is shown alone, by its number; null for all together.</summary>
    public int? Thread { get; private set; }

    /// <summary>Only what has this in its name or file, upper and lower case alike; empty for everything.</summary>
    public string Filter { get; private set; } = "";

    /// <summary>Whether the filter is being typed.</summary>
    public bool IsTyping { get; private set; }

    /// <summary>Rows that are scrolled out above.</summary>
    public int Offset { get; private set; }

    private bool _togglesWaiting;

    /// <summary>What to ask of the profile.</summary>
    public LiveQuery Query => new(Thread, CountsWaiting != _togglesWaiting, ByLine);

    /// <summary>Takes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="threads">Numbers of the threads that there are, in their order.</param>
    /// <param name="page">Rows of a page.</param>
    public TopRequest Press(TopKey key, IReadOnlyList<int> threads, int page)
    {
        if (IsTyping)
        {
            Type(key);
            return TopRequest.Show;
        }

        switch (key.Kind)
        {
            case TopKeyKind.Character:
                return PressCharacter((char)Math.Min(key.Character.Value, char.MaxValue), threads);
            case TopKeyKind.Redraw:
                return TopRequest.Redraw;
            case TopKeyKind.Escape or TopKeyKind.Enter:
                Page = TopPage.Code;
                Offset = 0;
                break;
            case TopKeyKind.Up:
                Offset--;
                break;
            case TopKeyKind.Down:
                Offset++;
                break;
            case TopKeyKind.PageUp:
                Offset -= Math.Max(1, page - 1);
                break;
            case TopKeyKind.PageDown:
                Offset += Math.Max(1, page - 1);
                break;
            case TopKeyKind.Home:
                Offset = 0;
                break;
            case TopKeyKind.End:
                Offset = int.MaxValue / 2;
                break;
        }

        Offset = Math.Max(0, Offset);
        return TopRequest.Show;
    }

    /// <summary>Keeps the last row from being scrolled out, once it is known how many there are.</summary>
    public void LimitOffset(int rows, int page) => Offset = Math.Clamp(Offset, 0, Math.Max(0, rows - page));

    /// <summary>The thread that is shown alone is gone: all are shown again.</summary>
    public void KeepThread(IReadOnlyList<int> threads)
    {
        if (Thread is { } thread && threads.Count > 0 && !threads.Contains(thread))
        {
            Thread = null;
        }
    }

    private TopRequest PressCharacter(char character, IReadOnlyList<int> threads)
    {
        switch (character)
        {
            case 'q' or 'Q':
                return TopRequest.Quit;
            case 'r':
                return TopRequest.Reset;
            case 's':
                Sort = (TopSort)(((int)Sort + 1) % 3);
                break;
            case 'a':
                SortsOverall = !SortsOverall;
                break;
            case 'l':
                ByLine = !ByLine;
                Page = TopPage.Code;
                break;
            case 't' or 'T':
                Thread = Next(threads, character == 't' ? 1 : -1);
                Page = TopPage.Code;
                break;
            case 'g':
                Page = Page == TopPage.Threads ? TopPage.Code : TopPage.Threads;
                break;
            case 'w':
                _togglesWaiting = !_togglesWaiting;
                break;
            case 'p' or ' ':
                IsPaused = !IsPaused;
                return TopRequest.Show;
            case 'f' or '/':
                _filterBefore = Filter;
                IsTyping = true;
                Page = TopPage.Code;
                break;
            case 'h' or '?':
                Page = Page == TopPage.Help ? TopPage.Code : TopPage.Help;
                break;
            case 'j':
                Offset++;
                return TopRequest.Show;
            case 'k':
                Offset = Math.Max(0, Offset - 1);
                return TopRequest.Show;
            default:
                return TopRequest.Show;
        }

        Offset = 0;
        return TopRequest.Show;
    }

    private void Type(TopKey key)
    {
        switch (key.Kind)
        {
            case TopKeyKind.Enter:
                IsTyping = false;
                break;
            case TopKeyKind.Escape:
                IsTyping = false;
                Filter = _filterBefore;
                break;
            case TopKeyKind.Clear:
                Filter = "";
                break;
            case TopKeyKind.Backspace when Filter.Length > 0:
                Filter = string.Concat(Filter.EnumerateRunes().SkipLast(1));
                break;
            case TopKeyKind.Character when Filter.Length < LongestFilter && !Rune.IsControl(key.Character):
                Filter += key.Character.ToString();
                break;
        }

        Offset = 0;
    }

    // All, then each thread in turn.
    private int? Next(IReadOnlyList<int> threads, int step)
    {
        List<int> order = [.. threads];
        int at = Thread is { } thread ? order.IndexOf(thread) + 1 : 0;
        int next = (at + step + order.Count + 1) % (order.Count + 1);
        return next == 0 ? null : order[next - 1];
    }
}
