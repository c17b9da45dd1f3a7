using System.Text;
using LibProf.Analyzer.Live;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Top;

/// <summary>How a live view came to its end.</summary>
internal enum TopEnd
{
    /// <summary>The user asked for it.</summary>
    Quit,
    /// <summary>A signal did, or the terminal is gone.</summary>
    Signal,
    /// <summary>Sampling is over.</summary>
    Over,
}

/// <summary>What a live view wrote, for whoever wants to know what it asks of a line.</summary>
/// <param name="Screens">Times that something was written.</param>
/// <param name="Bytes">All bytes.</param>
/// <param name="Most">Bytes of the largest of them.</param>
internal readonly record struct TopTraffic(long Screens, long Bytes, long Most);

/// <summary>
/// Shows a live profile on the whole terminal until the user quits, a signal comes, or sampling is over. Whatever happens, the terminal is given back
/// as it was. Runs on the main thread, which alone writes to the terminal and changes its settings.
/// </summary>
internal sealed class TopLoop(TerminalPort port, TopSampling sampling, TopLayout layout, TopState state, TimeSpan refresh)
{
    // The alternate screen of xterm, which nearly every terminal has, and the cursor hidden (DECTCEM).
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[0m\e[?25h\e[?1049l";

    // A lone escape is a key when nothing follows for so long; also over a slow line its sequences come in one piece.
    private const int EscapeMs = 100;

    // The end of the process is noticed within this time, whatever the refresh interval is.
    private const int LongestWaitMs = 250;

    private readonly ScreenPainter _painter = new();
    private readonly TopKeyReader _keys = new();
    private bool _hasScreen;
    private LiveSnapshot? _snapshot;
    private IReadOnlyList<int> _threads = [];
    private long _nextDraw;

    /// <summary>What was written.</summary>
    public TopTraffic Traffic { get; private set; }

    /// <summary>Shows it. The terminal is given back when this returns or throws.</summary>
    public TopEnd Run()
    {
        try
        {
            TakeScreen();
            return Loop();
        }
        finally
        {
            GiveScreenBack();
        }
    }

    private TopEnd Loop()
    {
        long settle = 0;
        while (true)
        {
            if (sampling.IsOver)
            {
                return TopEnd.Over;
            }

            if (port.IsGone)
            {
                return TopEnd.Signal;
            }

            long now = Environment.TickCount64;
            if (now >= _nextDraw)
            {
                _nextDraw = now + (long)refresh.TotalMilliseconds;
                Draw(isNew: true);
                continue;
            }

            long until = _keys.IsWaiting ? Math.Min(_nextDraw, settle) : _nextDraw;
            TerminalEvents events = port.Wait((int)Math.Clamp(until - now, 0, LongestWaitMs));
            if ((events & TerminalEvents.Signal) != 0 && TakeSignals())
            {
                return TopEnd.Signal;
            }

            bool any = false;
            if ((events & TerminalEvents.Keys) != 0)
            {
                settle = Environment.TickCount64 + EscapeMs;
                while (port.ReadKey() is { } value)
                {
                    any = true;
                    if (_keys.Feed(value) is { } key && Press(key))
                    {
                        return TopEnd.Quit;
                    }
                }
            }
            else if (_keys.IsWaiting && Environment.TickCount64 >= settle && _keys.Settle() is { } lone)
            {
                any = true;
                _ = Press(lone);
            }

            if (any)
            {
                Draw(isNew: true);
            }
        }
    }

    // True when it asks for the end.
    private bool Press(TopKey key)
    {
        switch (state.Press(key, _threads, TopLayout.Page(port.Size().Rows)))
        {
            case TopRequest.Quit:
                return true;
            case TopRequest.Reset:
                sampling.Profile.Reset();
                break;
            case TopRequest.Redraw:
                _painter.Forget();
                break;
        }

        sampling.Profile.Pause(state.IsPaused);
        return false;
    }

    // True when one asks for the end.
    private bool TakeSignals()
    {
        while (port.TryTakeSignal() is not TerminalSignal.None and TerminalSignal signal)
        {
            switch (signal)
            {
                case TerminalSignal.End:
                    return true;
                case TerminalSignal.Suspend:
                    GiveScreenBack();
                    TerminalPort.StopUntilContinued();
                    TakeScreen();
                    break;
                case TerminalSignal.Continued:
                    // After a stop that was not of our doing; after one of ours it is the same again.
                    TakeScreen();
                    break;
                default:
                    Draw(isNew: false);
                    break;
            }
        }

        return false;
    }

    private void Draw(bool isNew)
    {
        if (isNew || _snapshot is null)
        {
            _snapshot = sampling.Profile.Snapshot(state.Query, sampling.NowNs);
            _threads = [.. _snapshot.Threads.Select(thread => thread.Info.Id)];
        }

        (int columns, int rows) = port.Size();
        // A window may say that it is larger than any is.
        (columns, rows) = (Math.Min(columns, 1000), Math.Min(rows, 500));
        byte[] bytes = _painter.Paint(layout.Draw(_snapshot, state, columns, rows), ScreenPainter.Budget(columns, rows));
        if (bytes.Length == 0)
        {
            return;
        }

        Traffic = new TopTraffic(Traffic.Screens + 1, Traffic.Bytes + bytes.Length, Math.Max(Traffic.Most, bytes.Length));
        if (!port.Write(bytes))
        {
            // Broken off in the middle: nobody knows what the terminal shows.
            _painter.Forget();
        }
    }

    private void TakeScreen()
    {
        // First the settings: in the background this waits for the foreground.
        port.TakeKeys();
        _painter.Forget();
        _hasScreen = true;
        _ = port.Write(Encoding.ASCII.GetBytes(Enter));
        _nextDraw = 0;
    }

    private void GiveScreenBack()
    {
        // Where there is no alternate screen, the shell goes on below.
        byte[] farewell = _hasScreen ? Encoding.ASCII.GetBytes($"\e[{port.Size().Rows};1H{Leave}") : [];
        _hasScreen = false;
        port.GiveBack(farewell);
    }
}
