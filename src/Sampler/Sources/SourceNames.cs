using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

/// <summary>A use of a name in a source file.</summary>
/// <param name="Chain">The name and the attributes taken of it: <c>os.environ.update</c>.</param>
/// <param name="Line">Where.</param>
/// <param name="Function">Number of the function that uses it; -1 for code that runs when the module is initialised.</param>
/// <param name="Statement">Number of its statement among those of functions; of no matter outside of them.</param>
/// <param name="IsSure">Whether it is evaluated whenever its statement is executed.</param>
/// <param name="Kind">What that code does with it; none in a function.</param>
/// <param name="Definition">The definition that is made of it, with <see cref="EagerUses.Definition"/>.</param>
/// <param name="Follow">The character after it: <c>(</c> for a call.</param>
/// <param name="IsTarget">Whether it is what a statement assigns to.</param>
internal sealed record NameUse(string Chain, int Line, int Function, int Statement, bool IsSure, EagerUses Kind, string? Definition, char Follow, bool IsTarget)
{
    /// <summary>The name itself.</summary>
    public string First { get; } = Chain.IndexOf('.') is > 0 and var dot ? Chain[..dot] : Chain;
}

/// <summary>A name bound by an import statement, while the file is read.</summary>
internal sealed class BoundImport
{
    public required int Line { get; init; }
    public required int EndLine { get; init; }
    public required string Target { get; init; }
    public required string? Name { get; init; }
    public required string Bound { get; init; }
    public required int Function { get; init; }
    public required ImportConditions Conditions { get; set; }

    /// <summary>Whether it is <c>import a.b</c>, which binds <c>a</c> and makes <c>a.b</c> an attribute.</summary>
    public bool IsDotted => Name is null && Bound.Length < Target.Length && Target.StartsWith(Bound + ".", StringComparison.Ordinal);

    /// <summary>What a chain of attributes that begins with the bound name is called in full.</summary>
    public string PathOf(string chain) =>
        IsDotted || (Name is null && Bound == Target) ? chain : (Name is null ? Target : Target.EndsWith('.') ? Target + Name : Target + "." + Name) + chain[Bound.Length..];

    /// <summary>What a use of the name takes of what is imported, as <see cref="SourceImport.Attributes"/>; null for nothing.</summary>
    /// <param name="use">A use of the bound name, or of another name for it.</param>
    public string? AttributesOf(NameUse use)
    {
        string whole = IsDotted && use.First == Bound && use.Chain.Length >= Target.Length ? Target : use.First;
        string call = use.Follow == '(' && !use.IsTarget ? SourceImport.Call : "";
        return use.Chain.Length > whole.Length ? use.Chain[(whole.Length + 1)..] + call
            : Name is not null ? call
            : use.Kind == EagerUses.Deleted ? null
            : use.Follow is ',' or ')' or ']' or '}' or '\0' && use.Kind != EagerUses.Definition ? "*" : null;
    }

    /// <summary>Whether a use of the bound name can be a use of this import: <c>a.c.f</c> is none of <c>import a.b</c>.</summary>
    public bool Serves(string chain)
    {
        if (!IsDotted)
        {
            return true;
        }

        int length = Math.Min(chain.Length, Target.Length);
        return string.CompareOrdinal(chain, 0, Target, 0, length) == 0
            && (chain.Length <= length || chain[length] == '.') && (Target.Length <= length || Target[length] == '.');
    }
}

/// <summary>Brings the uses of names and the imports of a file together.</summary>
internal sealed class SourceNames(
    List<BoundImport> imports, List<NameUse> uses, List<string> functions, List<RawStatement> statements,
    HashSet<string> exported, HashSet<string> lazy, HashSet<string> handed, HashSet<string> methods)
{
    private const int MaxNames = 64;

    // Of a file that is larger than that it is said that something uses the name: not by which functions.
    private const int MaxFunctions = 1000;

    private const string Anything = "*";

    private readonly ILookup<string, NameUse> _uses = uses.ToLookup(use => use.First, StringComparer.Ordinal);
    private readonly ILookup<string, BoundImport> _imports = imports.ToLookup(import => import.Bound, StringComparer.Ordinal);

    /// <summary>The imports with what the file does with them.</summary>
    public List<SourceImport> Imports() => [.. imports.Select(Describe)];

    /// <summary>What the module's own code, and functions that it calls, do beyond the module, each thing once.</summary>
    public List<SourceEffect> Effects()
    {
        var effects = new Dictionary<string, SourceEffect>(StringComparer.Ordinal);
        foreach (NameUse use in uses)
        {
            if ((use.Function >= 0 && !CalledNames.Contains(TopOf(use.Function))) || (use.Follow is not ('(' or '=' or '[' or '|' or '+') && !use.IsTarget))
            {
                continue;
            }

            foreach (BoundImport import in _imports[use.First].Where(import => import.Function < 0 || import.Function == use.Function))
            {
                if (SideEffects.Of(import.PathOf(use.Chain), use) is { } what)
                {
                    effects.TryAdd(what, new SourceEffect(use.Line, what));
                }
            }
        }

        return [.. effects.Values.OrderBy(effect => effect.Line).Take(MaxNames)];
    }

    /// <summary>Functions and classes of the file that its own code calls, directly or by one another.</summary>
    public List<string> Called() => [.. CalledNames.Order(StringComparer.Ordinal).Take(MaxFunctions)];

    /// <summary>Functions and classes of the file that its own code gives to something.</summary>
    public List<string> Handed()
    {
        var tops = new HashSet<string>(functions.Select(function => function.Split('.')[0]), StringComparer.Ordinal);
        return [.. uses.Where(use => use.Follow != '(' && !use.IsTarget && tops.Contains(use.First) && (use.Function < 0 || CalledNames.Contains(TopOf(use.Function))))
            .Select(use => use.First).Concat(handed).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MaxFunctions)];
    }

    /// <summary>Whether it makes another process of its own, at whatever time.</summary>
    public bool Forks() => uses.Exists(use => _imports[use.First].Any(import => SideEffects.Forks(import.PathOf(use.Chain))));

    private HashSet<string> CalledNames => field ??= FindCalled();

    private HashSet<string> FindCalled()
    {
        ILookup<string, string> calls = uses.Where(use => use.Follow == '(' && use.Function >= 0).ToLookup(use => TopOf(use.Function), use => use.First, StringComparer.Ordinal);
        var tops = new HashSet<string>(functions.Select(function => function.Split('.')[0]), StringComparer.Ordinal);
        var waiting = new Stack<string>(uses.Where(use => use.Follow == '(' && use.Function < 0).Select(use => use.First));
        var called = new HashSet<string>(StringComparer.Ordinal);
        while (waiting.TryPop(out string? name))
        {
            if (tops.Contains(name) && called.Add(name))
            {
                foreach (string further in calls[name])
                {
                    waiting.Push(further);
                }
            }
        }

        return called;
    }

    private string TopOf(int function) => functions[function].Split('.')[0];

    private SourceImport Describe(BoundImport import)
    {
        EagerUses eager = exported.Contains(import.Bound) ? EagerUses.Exported : EagerUses.None;
        var usedBy = new SortedSet<string>(StringComparer.Ordinal);
        var definitions = new List<string>();
        var caughtBy = new SortedSet<string>(StringComparer.Ordinal);
        var attributes = new SortedSet<string>(StringComparer.Ordinal);
        if (import.Function >= 0)
        {
            usedBy.Add(functions[import.Function]);
            foreach (NameUse use in _uses[import.Bound].Where(use => use.Function == import.Function && import.Serves(use.Chain)))
            {
                AddAttributes(import, use, attributes);
            }
        }
        else
        {
            bool isWhole = true;
            foreach (NameUse use in _uses[import.Bound])
            {
                if (import.Serves(use.Chain) && !(use.Function >= 0 && IsLocal(import.Bound, use.Function)))
                {
                    isWhole &= use.Chain == import.Bound;
                    Take(use, usedBy, caughtBy, definitions, ref eager);
                    AddAttributes(import, use, attributes);
                }
            }

            if (isWhole && definitions.Count > 0 && (eager & ~(EagerUses.Exported | EagerUses.Deleted)) == EagerUses.Definition && usedBy.Count == 0 && caughtBy.Count == 0
                && definitions.TrueForAll(IsMethod))
            {
                eager |= EagerUses.ClassAttribute;
            }

            // What is made of a definition is made of the import.
            for (int i = 0; i < definitions.Count && definitions.Count < MaxNames; i++)
            {
                Follow(definitions[i], import, usedBy, caughtBy, definitions, attributes, ref eager);
            }
        }

        bool isLazy = import.Function < 0 && (lazy.Contains(import.Target) || (import.Name is not null && lazy.Contains(import.Target + "." + import.Name)));
        return new SourceImport
        {
            Line = import.Line,
            EndLine = import.EndLine,
            Target = import.Target,
            Name = import.Name,
            Bound = import.Name == "*" ? "" : import.Bound,
            Function = import.Function < 0 ? "" : functions[import.Function],
            Conditions = import.Conditions | (isLazy ? ImportConditions.Lazy : ImportConditions.None),
            EagerUses = eager,
            UsedBy = usedBy.Count <= MaxFunctions ? [.. usedBy] : [Anything],
            CaughtBy = caughtBy.Count <= MaxFunctions ? [.. caughtBy] : [Anything],
            Definitions = definitions,
            Attributes = [.. attributes],
            Branches = definitions.Count == 0 && import.Function < 0 ? BranchesOf(import) : [],
        };
    }

    /// <summary>The stretches of code in functions that use an import, where each of those of a function calls something of it for sure.</summary>
    private List<SourceBranch> BranchesOf(BoundImport import)
    {
        var branches = new List<SourceBranch>();
        foreach (IGrouping<string, NameUse> function in _uses[import.Bound]
            .Where(use => use.Function >= 0 && use.Follow != RawUse.Caught && import.Serves(use.Chain) && !IsLocal(import.Bound, use.Function))
            .GroupBy(use => functions[use.Function], StringComparer.Ordinal))
        {
            List<SourceBranch> own = [.. function.GroupBy(use => BranchOf(use.Statement, import.Bound)).Select(branch => new SourceBranch(
                function.Key,
                [.. branch.Where(use => use.IsSure && use.Follow == '(').Select(import.AttributesOf).OfType<string>().Distinct(StringComparer.Ordinal).Take(MaxNames)]))];
            if (own.TrueForAll(branch => branch.Calls.Count > 0))
            {
                branches.AddRange(own);
            }
        }

        return branches.Count <= MaxNames ? branches : [];
    }

    // The first of the statements that are executed whenever this one is. What calls something else in between may not come back.
    private int BranchOf(int statement, string bound)
    {
        while (statement > 0 && statements[statement - 1] is { GoesOn: true, Call: var call } && (call.Length == 0 || call == bound))
        {
            statement--;
        }

        return statement;
    }

    // An attribute of a class that is set once, by 'name = imported', and not looked at in its body.
    private bool IsMethod(string definition) =>
        methods.Contains(definition) && !_uses[definition[(definition.LastIndexOf('.') + 1)..]].Any(use => use.Function < 0 && use.Kind != EagerUses.Deleted && use.Definition != definition);

    private void Follow(
        string definition, BoundImport import, SortedSet<string> usedBy, SortedSet<string> caughtBy, List<string> definitions, SortedSet<string> attributes, ref EagerUses eager)
    {
        // What is in a class is reached by the class and its instances: whoever uses these may use it.
        definition = definition.IndexOf('.') is > 0 and var dot ? definition[..dot] : definition;
        foreach (string function in functions)
        {
            if (function.Length > definition.Length && function[definition.Length] == '.' && function.StartsWith(definition, StringComparison.Ordinal))
            {
                usedBy.Add(function);
            }
        }

        if (exported.Contains(definition))
        {
            eager |= EagerUses.Exported;
        }

        foreach (NameUse use in _uses[definition])
        {
            if (!use.IsTarget)
            {
                Take(use, usedBy, caughtBy, definitions, ref eager);
                AddAttributes(import, use, attributes);
            }
        }
    }

    private static void AddAttributes(BoundImport import, NameUse use, SortedSet<string> attributes)
    {
        if (attributes.Count < MaxNames && import.AttributesOf(use) is { } attribute)
        {
            attributes.Add(attribute);
        }
    }

    private void Take(NameUse use, SortedSet<string> usedBy, SortedSet<string> caughtBy, List<string> definitions, ref EagerUses eager)
    {
        if (use.Function >= 0)
        {
            (use.Follow == RawUse.Caught ? caughtBy : usedBy).Add(functions[use.Function]);
            return;
        }

        eager |= use.Kind;
        if (use.Kind == EagerUses.Definition && use.Definition is { } definition && !definitions.Contains(definition))
        {
            definitions.Add(definition);
        }
    }

    private bool IsLocal(string bound, int function) => imports.Exists(import => import.Function == function && import.Bound == bound);
}
