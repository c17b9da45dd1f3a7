namespace LibProf.CPythonLayouts.LineTables;

/// <summary>Goes through the ranges of a line table, one entry after the other, empty ones included.</summary>
internal ref struct LineCursor
{
    // Objects/codeobject.c: a line increment of -128 marks instructions of no line (3.10).
    private const sbyte Pep626NoLine = -128;

    // Objects/locations.md (3.11), InternalDocs/code_objects.md (3.14): the codes of entries, bits 3 to 6 of the first byte.
    // 0 to 9 are the short forms, which stay on the line and have one byte of columns.
    private const int OneLineForm0 = 10;
    private const int OneLineForm2 = 12;
    private const int NoColumns = 13;
    private const int Long = 14;
    private const int NoLocation = 15;

    private readonly LineTableKind _kind;
    private readonly ReadOnlySpan<byte> _table;
    private int _position;
    private int _line;
    private bool _isOver;

    /// <summary>Before the first range.</summary>
    public LineCursor(LineTableKind kind, ReadOnlySpan<byte> table, int firstLine)
    {
        _kind = kind;
        _table = table;
        _line = firstLine;
    }

    /// <summary>Byte offset of the range's first instruction.</summary>
    public int Start { get; private set; }

    /// <summary>Byte offset behind the range; <see cref="int.MaxValue"/> in the last one of a table that does not say.</summary>
    public int End { get; private set; }

    /// <summary>The range's line, or 0 when it belongs to none.</summary>
    public int Line { get; private set; }

    /// <summary>Goes to the next range.</summary>
    /// <returns>False at the end of the table.</returns>
    public bool MoveNext()
    {
        Start = End;
        return _kind switch
        {
            LineTableKind.LineNumberTable => MoveNextLineNumber(),
            LineTableKind.Pep626 => MoveNextPep626(),
            _ => MoveNextLocation(),
        };
    }

    // Objects/lnotab_notes.txt: pairs of an unsigned address increment and a signed line increment (signed since 3.6).
    // An entry says at which address its increment of the line takes effect, so a range ends where the next entry's address lies.
    private bool MoveNextLineNumber()
    {
        if (_isOver)
        {
            return false;
        }

        while (_position + 1 < _table.Length)
        {
            int addressIncrement = _table[_position];
            int lineIncrement = (sbyte)_table[_position + 1];
            _position += 2;
            if (addressIncrement == 0)
            {
                _line = unchecked(_line + lineIncrement);
                continue;
            }

            End = Start + addressIncrement;
            Line = Math.Max(_line, 0);
            _line = unchecked(_line + lineIncrement);
            return true;
        }

        _isOver = true;
        End = int.MaxValue;
        Line = Math.Max(_line, 0);
        return true;
    }

    // Objects/lnotab_notes.txt of 3.10 (PEP 626): pairs of an unsigned length and the signed distance from the line before.
    private bool MoveNextPep626()
    {
        if (_position + 1 >= _table.Length)
        {
            return false;
        }

        int length = _table[_position];
        sbyte increment = (sbyte)_table[_position + 1];
        _position += 2;
        End = Start + length;
        if (increment == Pep626NoLine)
        {
            Line = 0;
            return true;
        }

        _line = unchecked(_line + increment);
        Line = Math.Max(_line, 0);
        return true;
    }

    // Objects/locations.md: entries start with a byte of which the highest bit is set, which no other byte of an entry has.
    private bool MoveNextLocation()
    {
        if (_position >= _table.Length)
        {
            return false;
        }

        byte head = _table[_position++];
        int code = (head >> 3) & 0xF;
        int increment = code switch
        {
            >= OneLineForm0 and <= OneLineForm2 => code - OneLineForm0,
            NoColumns or Long => ReadSigned(),
            _ => 0,
        };
        while (_position < _table.Length && (_table[_position] & 0x80) == 0)
        {
            _position++;
        }

        const int bytesInUnit = 2;
        End = Start + (((head & 7) + 1) * bytesInUnit);
        _line = unchecked(_line + increment);
        Line = code == NoLocation ? 0 : Math.Max(_line, 0);
        return true;
    }

    // The lowest bit is the sign, the rest the amount; six bits a byte, lowest first, bit 6 says that another byte follows.
    private int ReadSigned()
    {
        uint value = 0;
        int shift = 0;
        while (_position < _table.Length && (_table[_position] & 0x80) == 0)
        {
            byte part = _table[_position++];
            if (shift < 32)
            {
                value |= (part & 0x3Fu) << shift;
            }

            shift += 6;
            if ((part & 0x40) == 0)
            {
                break;
            }
        }

        int amount = (int)(value >> 1);
        return (value & 1) != 0 ? -amount : amount;
    }
}
