namespace LibProf.Sampler.Sources;

internal sealed partial class StatementReader
{
    /// <summary>Whether what is read now stands in a <c>try</c> or <c>with</c>, where to raise is nothing special.</summary>
    public bool IsGuarded { get; set; }

    /// <summary>The head of a compound statement has been read: a statement by itself.</summary>
    public void EndHead()
    {
        if (_function >= 0)
        {
            scratch.Statements.Add(new RawStatement(GoesOn: false, ""));
        }
    }

    /// <summary>What comes now may be executed though what stands before it is not, or the other way round.</summary>
    public void BeginBranch()
    {
        if (scratch.Statements.Count > 0)
        {
            scratch.Statements[^1] = scratch.Statements[^1] with { GoesOn = false };
        }
    }

    // Whether the next statement is executed after this one, and whether all of this one is evaluated whenever it is executed. With a colon it may be
    // the head of something, and no statement by itself: 'case 1: ...'.
    private RawStatement Judge(int from, int to, out bool isSure)
    {
        bool goesOn = Word(from) is not ("return" or "raise" or "break" or "continue");
        string call = "";
        isSure = Word(from) != "assert";
        for (int i = from; i < to; i++)
        {
            if (tokens[i].Kind == PythonTokenKind.Name)
            {
                ReadOnlySpan<char> word = text.AsSpan(tokens[i].Start, tokens[i].End - tokens[i].Start);
                isSure &= word is not ("lambda" or "for" or "if" or "else" or "and" or "or");
                goesOn &= word is not ("yield" or "await");
            }
            else if (tokens[i].Depth == 0 && Is(i, ":"))
            {
                (isSure, goesOn) = (false, false);
            }
            else if (call.Length == 0 && i > from && Is(i, "(") && (tokens[i - 1].Kind == PythonTokenKind.Name || Is(i - 1, ")") || Is(i - 1, "]")))
            {
                call = CalledName(from, i);
            }
        }

        return new RawStatement(goesOn, call);
    }

    // The name that the chain before a bracket begins with; another word than any name where it begins with something else.
    private string CalledName(int from, int bracket)
    {
        int i = bracket - 1;
        while (i - 2 >= from && tokens[i].Kind == PythonTokenKind.Name && Is(i - 1, ".") && tokens[i - 2].Kind == PythonTokenKind.Name)
        {
            i -= 2;
        }

        return tokens[i].Kind == PythonTokenKind.Name && !(i > from && Is(i - 1, ".")) ? Word(i) : "()";
    }
}
