using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

/// <summary>Reads single statements and the heads of compound ones: imports, and the uses of names.</summary>
/// <param name="text">The source.</param>
/// <param name="tokens">The current logical line.</param>
/// <param name="scratch">Room that is used again from file to file.</param>
internal sealed partial class StatementReader(string text, List<PythonToken> tokens, SourceScratch scratch)
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
        if (_function < 0)
        {
            ReadOne(from, to);
            return;
        }

        RawStatement statement = Judge(from, to, out _isSure);
        ReadOne(from, to);
        _isSure = false;
        scratch.Statements.Add(IsGuarded ? statement with { GoesOn = false } : statement);
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
