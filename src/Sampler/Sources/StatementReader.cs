using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

/// <summary>Reads single statements and the heads of compound ones: imports, and the uses of names.</summary>
/// <param name="text">The source.</param>
/// <param name="tokens">The current logical line.</param>
/// <param name="scratch">Room that is used again from file to file.</param>
internal sealed class StatementReader(string text, List<PythonToken> tokens, SourceScratch scratch)
{
    private const int MaxUses = 500_000;

    private readonly List<RawUse> _uses = scratch.Uses;
    private readonly List<string> _functions = [];
    private readonly HashSet<string> _exported = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lazy = new(StringComparer.Ordinal);
    private int _function = -1;
    private string _class = "";
    private readonly HashSet<string> _methods = new(StringComparer.Ordinal);
    private bool _isSure;
    private ImportConditions _conditions;
    private bool _deferredAnnotations;
    private bool _isDecorated;
    private readonly HashSet<string> _handed = new(StringComparer.Ordinal);

    /// <summary>The names bound by imports so far.</summary>
    public List<BoundImport> Imports { get; } = [];

    /// <summary>Says in which scope the next statements are.</summary>
    /// <param name="function">Number of the function; -1 for none.</param>
    /// <param name="className">Qualified name of the class within it; empty for none.</param>
    /// <param name="conditions">Under which they are executed.</param>
    public void Enter(int function, string className, ImportConditions conditions)
    {
        _function = function;
        _class = className;
        _conditions = conditions;
    }

    /// <summary>All that was read.</summary>
    public SourceNames Names() => new(Imports, UsesOfInterest(), _functions, scratch.Statements, _exported, _lazy, _handed, _methods);

    private EagerUses AnnotationUse => _deferredAnnotations ? EagerUses.UnevaluatedAnnotation : EagerUses.Annotation;

    /// <summary>A token's text; empty behind the last.</summary>
    public string Word(int index) => (uint)index < (uint)tokens.Count ? Interned(text.AsSpan(tokens[index].Start, tokens[index].End - tokens[index].Start)) : "";

    /// <summary>The first token outside of brackets with a text; -1 for none.</summary>
    public int Find(int from, int to, string word)
    {
        for (int i = from; i < to; i++)
        {
            if (tokens[i].Depth == 0 && tokens[i].Kind == PythonTokenKind.Other && Is(i, word))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A function begins in the current scope.</summary>
    /// <returns>Its number.</returns>
    public int AddFunction(string name)
    {
        string outer = _function < 0 ? "" : _functions[_function] + ".<locals>.";
        _functions.Add(outer + (_class.Length > 0 ? _class + "." : "") + name);
        HandOut(name, _isDecorated);
        return _functions.Count - 1;
    }

    /// <summary>Reads a statement that is no compound one.</summary>
    public void ReadSimple(int from, int to)
    {
        RawStatement statement = Judge(from, to, out _isSure);
        ReadOne(from, to);
        _isSure = false;
        if (_function >= 0)
        {
            scratch.Statements.Add(IsGuarded ? statement with { GoesOn = false } : statement);
        }
    }

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
                string word = Word(i);
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

    private void ReadOne(int from, int to)
    {
        switch (Word(from))
        {
            case "import":
                ReadImport(from + 1, to, ImportConditions.None);
                return;
            case "from":
                ReadFrom(from + 1, to, ImportConditions.None);
                return;
            case "lazy" when Word(from + 1) == "import":
                ReadImport(from + 2, to, ImportConditions.Lazy);
                return;
            case "lazy" when Word(from + 1) == "from":
                ReadFrom(from + 2, to, ImportConditions.Lazy);
                return;
            case "global" or "nonlocal" or "pass" or "break" or "continue":
                return;
            case "del":
                ReadDeletion(from + 1, to);
                return;
            case "@":
                _isDecorated = true;
                AddUses(from + 1, to, EagerUses.Evaluated);
                return;
            case "__all__" when _function < 0:
                AddStrings(from, to, _exported);
                AddUses(from, to, EagerUses.None);
                return;
            case "__lazy_modules__" when _function < 0:
                AddStrings(from, to, _lazy);
                return;
            default:
                ReadExpression(from, to);
                return;
        }
    }

    /// <summary>Reads the head of a function: defaults are evaluated, annotations may be.</summary>
    public void ReadSignature(int from, int colon)
    {
        EagerUses annotation = AnnotationUse;
        int start = from + 2;
        EagerUses kind = EagerUses.None;
        for (int i = start; i <= colon; i++)
        {
            bool separator = i == colon || (tokens[i].Depth == 1 && Word(i) is ":" or "=" or ",") || (tokens[i].Depth == 0 && Word(i) is "->" or "(" or ")");
            if (!separator)
            {
                continue;
            }

            if (kind != EagerUses.None)
            {
                AddUses(start, i, kind);
            }

            start = i + 1;
            kind = i == colon ? EagerUses.None : Word(i) switch
            {
                ":" or "->" => annotation,
                "=" => EagerUses.Evaluated,
                _ => EagerUses.None,
            };
        }
    }

    /// <summary>Reads the head of a class: a base is what a definition is made of, anything else in it is evaluated.</summary>
    public void ReadBases(int from, int colon)
    {
        string name = (_class.Length > 0 ? _class + "." : "") + Word(from + 1);
        int start = from + 3;
        HandOut(name, _isDecorated || (colon > start + 1 && Word(start) != "object"));
        for (int i = start; i < colon; i++)
        {
            if (tokens[i].Depth > 1 || !(Is(i, ",") || (tokens[i].Depth == 0 && Is(i, ")"))))
            {
                continue;
            }

            if (IsChain(start, i))
            {
                AddUses(start, i, EagerUses.Definition, name);
            }
            else
            {
                AddUses(start, i, EagerUses.Evaluated);
            }

            start = i + 1;
        }
    }

    // A decorator gets what it stands above, a base class those that are made of it (__init_subclass__, __subclasses__).
    private void HandOut(string name, bool isHanded)
    {
        if (isHanded && _function < 0 && _class.Length == 0)
        {
            _handed.Add(name);
        }

        _isDecorated = false;
    }

    /// <summary>Notes the names in some tokens.</summary>
    /// <param name="from">The first token.</param>
    /// <param name="to">Behind the last.</param>
    /// <param name="kind">What code that runs at initialisation does with them.</param>
    /// <param name="definition">What is made of them.</param>
    /// <param name="isTarget">Whether they are assigned to.</param>
    /// <param name="isCaught">Whether it is the head of an <c>except</c>.</param>
    public void AddUses(int from, int to, EagerUses kind, string? definition = null, bool isTarget = false, bool isCaught = false)
    {
        if ((_conditions & ImportConditions.TypeChecking) != 0 || _uses.Count >= MaxUses)
        {
            return;
        }

        kind = _function < 0 ? kind : EagerUses.None;
        for (int i = from; i < to; i++)
        {
            PythonToken token = tokens[i];
            if (token.Kind == PythonTokenKind.Format)
            {
                AddFormatted(token, kind);
                continue;
            }

            // After a dot it is an attribute; before '=' in brackets it names a parameter.
            if (token.Kind != PythonTokenKind.Name || (i > 0 && Is(i - 1, ".")) || (token.Depth > 0 && i + 1 < tokens.Count && Is(i + 1, "=")))
            {
                continue;
            }

            int last = i;
            while (last + 2 < to && Is(last + 1, ".") && tokens[last + 2].Kind == PythonTokenKind.Name)
            {
                last += 2;
            }

            // A decorator is called.
            bool isDecorator = i == from && from == 1 && Is(0, "@");
            char follow = isDecorator ? '(' : isCaught ? RawUse.Caught : last + 1 < tokens.Count ? text[tokens[last + 1].Start] : '\0';
            bool isSet = i > from + 1 && Is(i - 1, "(") && Word(i - 2) is "setattr" or "delattr";
            _uses.Add(new RawUse(token.Start, tokens[last].End, token.Line, _function, scratch.Statements.Count, _isSure, kind, definition, isSet ? RawUse.SetAttribute : follow, isSet || (isTarget && token.Depth == 0)));
            AddByName(i, last, to);
            i = last;
        }
    }

    /// <summary>A module that is asked for by a name that is written out is as good as imported there.</summary>
    private void AddByName(int first, int last, int to)
    {
        if (last + 2 >= to || tokens[last + 2].Kind != PythonTokenKind.String
            || !((Is(last + 1, "(") && Word(last) is "import_module" or "__import__") || (Is(last + 1, "[") && last == first + 2 && Word(first) == "sys" && Word(last) == "modules")))
        {
            return;
        }

        string name = Unquoted(last + 2);
        if (name.Length > 0 && name[0] != '.')
        {
            Add(first, last + 3, name, null, "", ImportConditions.ByName);
        }
    }

    private string Unquoted(int index) => Word(index).TrimStart('r', 'u', 'b', 'R', 'U', 'B').Trim('"', '\'');

    // A name that is only deleted need not be there before; what is deleted of something is taken of it.
    private void ReadDeletion(int from, int to)
    {
        bool isBracketed = to > from + 1 && Is(from, "(") && Is(to - 1, ")");
        (from, to) = isBracketed ? (from + 1, to - 1) : (from, to);
        int start = from;
        for (int i = from; i <= to; i++)
        {
            if (i < to && !(Is(i, ",") && tokens[i].Depth == (isBracketed ? 1 : 0)))
            {
                continue;
            }

            if (i == start + 1)
            {
                AddUses(start, i, EagerUses.Deleted);
            }
            else
            {
                AddUses(start, i, EagerUses.Evaluated, isTarget: true);
            }

            start = i + 1;
        }
    }

    private void ReadExpression(int from, int to)
    {
        int equals = Find(from, to, "=");
        int colon = Find(from, equals < 0 ? to : equals, ":");
        if (colon > from && tokens[from].Kind == PythonTokenKind.Name)
        {
            AddUses(colon + 1, equals < 0 ? to : equals, AnnotationUse);
        }

        if (equals < 0)
        {
            AddUses(from, colon > from ? colon : to, EagerUses.Evaluated);
            return;
        }

        // name = some.other: another name for it.
        int valueAt = equals + 1;
        if (tokens[from].Kind == PythonTokenKind.Name && IsChain(valueAt, to) && (equals == from + 1 || colon == from + 1))
        {
            string name = (_class.Length > 0 ? _class + "." : "") + Word(from);
            AddUses(valueAt, to, EagerUses.Definition, name);
            if (_class.Length > 0 && _function < 0 && colon < 0)
            {
                _methods.Add(name);
            }

            return;
        }

        AddUses(from, colon > from ? colon : equals, EagerUses.Evaluated, isTarget: true);
        AddUses(valueAt, to, EagerUses.Evaluated);
    }

    private void ReadImport(int from, int to, ImportConditions lazy)
    {
        for (int i = from; i < to; i++)
        {
            string target = ReadDotted(ref i, to);
            string bound = target.Split('.')[0];
            if (Word(i) == "as" && i + 1 < to)
            {
                bound = Word(i + 1);
                i += 2;
            }

            if (target.Length > 0)
            {
                Add(from, to, target, null, bound, lazy);
            }
        }
    }

    private void ReadFrom(int from, int to, ImportConditions lazy)
    {
        int i = from;
        string dots = "";
        for (; i < to && Is(i, "."); i++)
        {
            dots += ".";
        }

        string target = dots + (Word(i) == "import" ? "" : ReadDotted(ref i, to));
        if (Word(i) != "import" || target.Length == 0)
        {
            return;
        }

        for (i++; i < to; i++)
        {
            if (Is(i, "*"))
            {
                Add(from, to, target, "*", "*", lazy);
            }
            else if (tokens[i].Kind == PythonTokenKind.Name)
            {
                string name = Word(i);
                string bound = Word(i + 1) == "as" ? Word(i + 2) : name;
                i += Word(i + 1) == "as" ? 2 : 0;
                _deferredAnnotations |= target == "__future__" && name == "annotations";
                Add(from, to, target, name, bound, lazy);
            }
        }
    }

    private void Add(int from, int to, string target, string? name, string bound, ImportConditions lazy)
    {
        if (target == "__future__")
        {
            return;
        }

        Imports.Add(new BoundImport
        {
            Line = tokens[from].Line,
            EndLine = tokens[to - 1].Line,
            Target = target,
            Name = name,
            Bound = bound,
            Function = _function,
            Conditions = _conditions | lazy,
        });
    }

    private string ReadDotted(ref int i, int to)
    {
        string name = "";
        while (i < to && tokens[i].Kind == PythonTokenKind.Name)
        {
            name += Word(i++);
            if (i >= to || !Is(i, "."))
            {
                break;
            }

            name += ".";
            i++;
        }

        return name;
    }

    private void AddStrings(int from, int to, HashSet<string> strings)
    {
        for (int i = from; i < to; i++)
        {
            if (tokens[i].Kind == PythonTokenKind.String)
            {
                strings.Add(Unquoted(i));
            }
        }
    }

    /// <summary>Names in the expressions of a format string, roughly: all that stands between braces.</summary>
    private void AddFormatted(PythonToken token, EagerUses kind)
    {
        ReadOnlySpan<char> inside = text.AsSpan(token.Start, token.End - token.Start);
        int open = 0;
        for (int i = 0; i < inside.Length; i++)
        {
            open = Math.Max(0, open + (inside[i] == '{' ? 1 : inside[i] == '}' ? -1 : 0));
            if (open == 0 || !PythonTokens.IsNameStart(inside[i]) || (i > 0 && (inside[i - 1] == '.' || PythonTokens.IsNamePart(inside[i - 1]))))
            {
                continue;
            }

            int end = i + 1;
            while (end < inside.Length && (PythonTokens.IsNamePart(inside[end]) || inside[end] == '.'))
            {
                end++;
            }

            _uses.Add(new RawUse(token.Start + i, token.Start + i + inside[i..end].TrimEnd('.').Length, token.Line, _function, scratch.Statements.Count, false, kind, null, '\0', false));
            i = end - 1;
        }
    }

    /// <summary>The uses of names that imports bind, and of what is made of them: few of all that a file uses.</summary>
    private List<NameUse> UsesOfInterest()
    {
        var names = new HashSet<string>(Imports.Select(import => import.Bound), StringComparer.Ordinal);
        names.UnionWith(_uses.Select(use => use.Definition).OfType<string>().Concat(_functions).Select(definition => definition.Split('.')[0]));
        names.UnionWith(_methods.Select(name => name[(name.LastIndexOf('.') + 1)..]));
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = names.GetAlternateLookup<ReadOnlySpan<char>>();
        var found = new List<NameUse>();
        foreach (RawUse use in _uses)
        {
            ReadOnlySpan<char> chain = text.AsSpan(use.Start, use.End - use.Start);
            int end = chain.IndexOfAny(" .\t\r\n\\");
            if (lookup.Contains(end < 0 ? chain : chain[..end]))
            {
                // A chain that is written over several lines, or with spaces, is cut: as if the whole were used.
                int cut = chain.IndexOfAny(" \t\r\n\\");
                found.Add(new NameUse((cut < 0 ? chain : chain[..cut]).TrimEnd('.').ToString(), use.Line, use.Function, use.Statement, use.IsSure, use.Kind, use.Definition, use.Follow, use.IsTarget));
            }
        }

        return found;
    }

    private bool IsChain(int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            bool name = (i - from) % 2 == 0;
            if (name ? tokens[i].Kind != PythonTokenKind.Name : !Is(i, "."))
            {
                return false;
            }
        }

        return (to - from) % 2 == 1;
    }

    private bool Is(int index, string word) => text.AsSpan(tokens[index].Start, tokens[index].End - tokens[index].Start).SequenceEqual(word);

    private string Interned(ReadOnlySpan<char> word) => scratch.Interned(word);
}
