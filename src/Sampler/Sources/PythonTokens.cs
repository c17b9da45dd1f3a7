namespace LibProf.Sampler.Sources;

/// <summary>What a token is, as far as import statements and the use of names need it.</summary>
internal enum PythonTokenKind : byte
{
    /// <summary>An identifier or keyword.</summary>
    Name,
    /// <summary>A literal string, bytes included.</summary>
    String,
    /// <summary>A string that holds expressions: f"", t"".</summary>
    Format,
    /// <summary>An operator, a bracket or a number.</summary>
    Other,
}

/// <summary>A token of a logical line.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it begins in the text.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Depth">How many brackets are open around it; an opening and a closing bracket stand outside of themselves.</param>
internal readonly record struct PythonToken(PythonTokenKind Kind, int Start, int End, int Line, int Depth);

/// <summary>
/// Cuts Python source into logical lines of tokens (the reference's "Lexical analysis"), of any version from 3.6 on. It never fails: what is
/// no Python comes out as tokens that mean nothing.
/// </summary>
internal ref struct PythonTokens(ReadOnlySpan<char> text)
{
    private const int TabSize = 8;
    private const int MaxTokens = 100_000;
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;
    private int _line = 1;

    /// <summary>Reads the next logical line.</summary>
    /// <param name="tokens">Its tokens; cleared before.</param>
    /// <param name="column">Its indentation.</param>
    /// <returns>False at the end of the text.</returns>
    public bool ReadLine(List<PythonToken> tokens, out int column)
    {
        tokens.Clear();
        column = 0;
        int depth = 0;
        bool fresh = true;
        while (_at < _text.Length && tokens.Count < MaxTokens)
        {
            char c = _text[_at];
            if (fresh && (c is ' ' or '\t' or '\f'))
            {
                column = c == '\t' ? ((column / TabSize) + 1) * TabSize : c == '\f' ? 0 : column + 1;
                _at++;
                continue;
            }

            switch (c)
            {
                case '\n':
                    _at++;
                    _line++;
                    if (depth == 0)
                    {
                        if (tokens.Count > 0)
                        {
                            return true;
                        }

                        column = 0;
                        fresh = true;
                    }

                    continue;
                case ' ' or '\t' or '\r' or '\f' or '\ufeff':
                    _at++;
                    continue;
                case '\\':
                    _at++;
                    if (_at < _text.Length && _text[_at] == '\r')
                    {
                        _at++;
                    }

                    if (_at < _text.Length && _text[_at] == '\n')
                    {
                        _at++;
                        _line++;
                    }

                    continue;
                case '#':
                    int end = _text[_at..].IndexOf('\n');
                    _at = end < 0 ? _text.Length : _at + end;
                    continue;
            }

            fresh = false;
            ReadToken(tokens, c, ref depth);
        }

        return tokens.Count > 0;
    }

    private void ReadToken(List<PythonToken> tokens, char c, ref int depth)
    {
        int start = _at;
        int line = _line;
        if (c is '"' or '\'')
        {
            ReadString(start);
            tokens.Add(new PythonToken(PythonTokenKind.String, start, _at, line, depth));
            return;
        }

        if (IsNameStart(c))
        {
            while (_at < _text.Length && IsNamePart(_text[_at]))
            {
                _at++;
            }

            if (_at < _text.Length && _text[_at] is '"' or '\'' && _at - start <= 2 && IsPrefix(_text[start.._at]))
            {
                bool format = _text[start.._at].ContainsAny("fFtT");
                ReadString(_at);
                tokens.Add(new PythonToken(format ? PythonTokenKind.Format : PythonTokenKind.String, start, _at, line, depth));
                return;
            }

            tokens.Add(new PythonToken(PythonTokenKind.Name, start, _at, line, depth));
            return;
        }

        _at++;
        switch (c)
        {
            case '(' or '[' or '{':
                tokens.Add(new PythonToken(PythonTokenKind.Other, start, _at, line, depth++));
                return;
            case ')' or ']' or '}':
                depth = Math.Max(0, depth - 1);
                break;
            case >= '0' and <= '9':
                while (_at < _text.Length && (IsNamePart(_text[_at]) || (_text[_at] == '.' && _at + 1 < _text.Length && !IsNameStart(_text[_at + 1]))))
                {
                    _at++;
                }

                break;
            case '=' or '!' or '<' or '>' or '-' or ':' or '+' or '*' or '/' or '%' or '&' or '|' or '^' or '@':
                // Two characters that mean something else than the first: ==, !=, <=, >=, ->, :=, and augmented assignments.
                if (_at < _text.Length && (_text[_at] == '=' || (c == '-' && _text[_at] == '>')))
                {
                    _at++;
                }

                break;
        }

        tokens.Add(new PythonToken(PythonTokenKind.Other, start, _at, line, depth));
    }

    // Also in a raw string a backslash keeps the quote after it from ending the string.
    private void ReadString(int quoteAt)
    {
        char quote = _text[quoteAt];
        bool triple = quoteAt + 2 < _text.Length && _text[quoteAt + 1] == quote && _text[quoteAt + 2] == quote;
        _at = quoteAt + (triple ? 3 : 1);
        while (_at < _text.Length)
        {
            int next = _text[_at..].IndexOfAny(quote, '\\', '\n');
            if (next < 0)
            {
                _at = _text.Length;
                return;
            }

            _at += next;
            char c = _text[_at++];
            if (c == '\\' && _at < _text.Length)
            {
                _line += _text[_at] == '\n' ? 1 : 0;
                _at++;
            }
            else if (c == '\n')
            {
                _line++;
                if (!triple)
                {
                    _line--;
                    _at--;
                    return;
                }
            }
            else if (c == quote)
            {
                if (!triple)
                {
                    return;
                }

                if (_at + 1 < _text.Length && _text[_at] == quote && _text[_at + 1] == quote)
                {
                    _at += 2;
                    return;
                }
            }
        }
    }

    private static bool IsPrefix(ReadOnlySpan<char> text) => text.IndexOfAnyExcept("rRbBuUfFtT") < 0;

    /// <summary>Whether a character can begin an identifier; all that is not ASCII counts.</summary>
    public static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || c >= 0x80;

    /// <summary>Whether a character can be inside an identifier.</summary>
    public static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_' || c >= 0x80;
}
