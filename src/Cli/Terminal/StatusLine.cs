using System.Text;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Terminal;

/// <summary>
/// A line on standard error that is drawn over itself a few times a second, by a thread of its own, and erased in the end. It changes no
/// setting of the terminal. It is there only while libprof is in the terminal's foreground and, unless asked for, while the process does
/// not write to the same terminal; nothing that the process wrote is ever erased as far as can be known.
/// </summary>
internal sealed class StatusLine : IDisposable
{
    private const int FirstMs = 400; // what is over sooner is not worth a line
    private const int IntervalMs = 250;
    private const int NarrowestColumns = 20;
    private const int UnknownColumns = 80;
    private const int QuietTicks = 3;
    private const int StackBytes = 256 * 1024;
    private const string OverIt = "\r\x1b[K";

    private readonly Lock _lock = new();
    private readonly ManualResetEvent _end = new(false);
    private readonly StandardStream _stream = StandardStream.Error;
    private readonly TerminalSharing _sharing;
    private readonly Func<int, string> _text;
    private readonly bool _insist;
    private readonly Thread _thread;
    private bool _isDrawn;
    private bool _isShared;
    private int _quiet;

    private StatusLine(int pid, bool insist, Func<int, string> text)
    {
        _sharing = new TerminalSharing(pid);
        _text = text;
        _insist = insist;
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = "status line" };
        _thread.Start();
    }

    /// <summary>Whether standard error is a terminal on which a line can be drawn over itself.</summary>
    public static bool IsPossible => StandardStream.Error.IsTerminal && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Starts to draw, where <see cref="IsPossible"/>.</summary>
    /// <param name="pid">The process whose output is not to be disturbed.</param>
    /// <param name="insist">Whether the line is wanted even where the process writes to the same terminal.</param>
    /// <param name="text">Makes the text for so many columns; called on the line's own thread.</param>
    public static StatusLine Start(int pid, bool insist, Func<int, string> text) => new(pid, insist, text);

    /// <summary>Erases the line before libprof leaves at once: does not wait for a terminal that takes nothing.</summary>
    public void Leave()
    {
        if (_lock.TryEnter(TimeSpan.FromMilliseconds(50)))
        {
            // Never let go: nothing is to be drawn any more.
            if (_stream.TakesMore)
            {
                Erase(Look());
            }
        }
    }

    /// <summary>Erases the line and ends.</summary>
    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        lock (_lock)
        {
            bool hasWritten = Look();
            if (_isDrawn && _isShared && hasWritten && _stream.IsInForeground)
            {
                // What follows begins on a line of its own.
                Write(FreshLine(Columns));
            }
            else
            {
                Erase(hasWritten);
            }
        }

        _sharing.Dispose();
        _end.Dispose();
    }

    private void Run()
    {
        for (int wait = FirstMs; !_end.WaitOne(wait); wait = IntervalMs)
        {
            lock (_lock)
            {
                Draw();
            }
        }
    }

    private void Draw()
    {
        bool hasWritten = Look();
        if (!_stream.IsInForeground)
        {
            // The shell has the terminal: what stands there is its own now.
            _isDrawn = false;
            return;
        }

        if (_isShared && !_insist)
        {
            Erase(hasWritten);
            return;
        }

        if (_isShared && hasWritten)
        {
            // The cursor is not where it was left: the line before stays as it is, and the next one waits until there is quiet.
            _isDrawn = false;
            _quiet = 0;
            return;
        }

        if (_isShared && !_isDrawn && ++_quiet < QuietTicks)
        {
            return;
        }

        int columns = Columns;
        if (columns < NarrowestColumns)
        {
            Erase(hasWritten);
            return;
        }

        // The last column stays free: a cursor behind it may be on the next line already.
        Write((_isShared && !_isDrawn ? FreshLine(columns) : OverIt) + _text(columns - 1));
        _isDrawn = true;
    }

    private int Columns => _stream.Columns is > 0 and var known ? known : UnknownColumns;

    // A full row of spaces leads to the next line only if something stands before the cursor.
    private static string FreshLine(int columns) => new string(' ', columns) + OverIt;

    // Whether the process writes to the terminal, and whether it did since the last time. Of one that has ended the former cannot be seen any more.
    private bool Look()
    {
        _isShared = _sharing.IsShared || (_insist && _isShared);
        return _sharing.HasWritten();
    }

    private void Erase(bool hasWritten)
    {
        if (_isDrawn && _stream.IsInForeground && !(_isShared && hasWritten))
        {
            Write(OverIt);
        }

        _isDrawn = false;
    }

    private void Write(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));
}
