using System.Text;

namespace LibProf.Cli.Top;

/// <summary>What was pressed.</summary>
public enum TopKeyKind
{
    /// <summary>A character.</summary>
    Character,
    /// <summary>Return.</summary>
    Enter,
    /// <summary>Backspace.</summary>
    Backspace,
    /// <summary>Escape.</summary>
    Escape,
    /// <summary>A row up.</summary>
    Up,
    /// <summary>A row down.</summary>
    Down,
    /// <summary>A page up.</summary>
    PageUp,
    /// <summary>A page down.</summary>
    PageDown,
    /// <summary>To the beginning.</summary>
    Home,
    /// <summary>To the end.</summary>
    End,
    /// <summary>Ctrl-L: draw all anew.</summary>
    Redraw,
    /// <summary>Ctrl-U: clear what was typed.</summary>
    Clear,
}

/// <summary>A key.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Character">The character, for <see cref="TopKeyKind.Character"/>.</param>
public readonly record struct TopKey(TopKeyKind Kind, Rune Character = default)
{
    /// <summary>Whether it is this character.</summary>
    public bool Is(char character) => Kind == TopKeyKind.Character && Character.Value == character;
}

/// <summary>
/// Makes keys of the bytes that a terminal sends: UTF-8, and for special keys escape sequences (ECMA-48, as xterm sends them). A lone escape is known
/// as a key only when nothing follows for a while. What is not known is passed over.
/// </summary>
public sealed class TopKeyReader
{
    private const byte EscapeByte = 0x1b;
    private const int LongestSequence = 32;

    private readonly List<byte> _pending = [];

    /// <summary>Whether an escape may be a key by itself or the beginning of more.</summary>
    public bool IsWaiting => _pending.Count > 0 && _pending[0] == EscapeByte;

    /// <summary>Takes a byte; gives the key that it completes, or null.</summary>
    public TopKey? Feed(byte value)
    {
        if (_pending.Count > 0)
        {
            return _pending[0] == EscapeByte ? FeedEscape(value) : FeedCharacter(value);
        }

        switch (value)
        {
            case EscapeByte:
                _pending.Add(value);
                return null;
            case (byte)'\r' or (byte)'\n':
                return new TopKey(TopKeyKind.Enter);
            case 0x7f or 0x08:
                return new TopKey(TopKeyKind.Backspace);
            case 0x0c:
                return new TopKey(TopKeyKind.Redraw);
            case 0x15:
                return new TopKey(TopKeyKind.Clear);
            case < 0x20:
                return null;
            case < 0x80:
                return new TopKey(TopKeyKind.Character, new Rune(value));
            default:
                _pending.Add(value);
                return null;
        }
    }

    /// <summary>Nothing followed: gives the escape that waited, or null.</summary>
    public TopKey? Settle()
    {
        bool isEscape = _pending is [EscapeByte];
        _pending.Clear();
        return isEscape ? new TopKey(TopKeyKind.Escape) : null;
    }

    private TopKey? FeedEscape(byte value)
    {
        if (_pending.Count == 1 && value == EscapeByte)
        {
            return new TopKey(TopKeyKind.Escape);
        }

        _pending.Add(value);
        bool isSequence = _pending[1] is (byte)'[' or (byte)'O';
        if (isSequence && (_pending.Count == 2 || (value is >= 0x20 and < 0x40 && _pending.Count < LongestSequence)))
        {
            return null;
        }

        string text = Encoding.Latin1.GetString([.. _pending.Skip(1)]);
        _pending.Clear();
        return text switch
        {
            "[A" or "OA" => new TopKey(TopKeyKind.Up),
            "[B" or "OB" => new TopKey(TopKeyKind.Down),
            "[5~" => new TopKey(TopKeyKind.PageUp),
            "[6~" => new TopKey(TopKeyKind.PageDown),
            "[H" or "OH" or "[1~" or "[7~" => new TopKey(TopKeyKind.Home),
            "[F" or "OF" or "[4~" or "[8~" => new TopKey(TopKeyKind.End),
            _ => null,
        };
    }

    private TopKey? FeedCharacter(byte value)
    {
        if (value is < 0x80 or >= 0xc0)
        {
            // Not UTF-8 after all.
            _pending.Clear();
            return Feed(value);
        }

        _pending.Add(value);
        if (Rune.DecodeFromUtf8([.. _pending], out Rune rune, out _) == System.Buffers.OperationStatus.Done)
        {
            _pending.Clear();
            return new TopKey(TopKeyKind.Character, rune);
        }

        if (_pending.Count >= 4)
        {
            _pending.Clear();
        }

        return null;
    }
}
