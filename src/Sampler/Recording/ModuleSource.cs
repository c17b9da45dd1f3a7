namespace LibProf.Sampler.Recording;

/// <summary>Under which conditions an import statement is executed when its scope is.</summary>
[Flags]
public enum ImportConditions
{
    /// <summary>Always.</summary>
    None = 0,
    /// <summary>Declared lazy (PEP 810: <c>lazy import</c>, or named in <c>__lazy_modules__</c>): loaded when the name is first used, on 3.15 and later.</summary>
    Lazy = 1,
    /// <summary>Only for type checkers: under <c>if TYPE_CHECKING:</c>.</summary>
    TypeChecking = 2,
    /// <summary>In a <c>try</c> that goes on without it when it is not installed.</summary>
    Optional = 4,
    /// <summary>Only when the file is the program: under <c>if __name__ == "__main__":</c>.</summary>
    MainOnly = 8,
    /// <summary>Under another condition: <c>if</c>, <c>else</c>, <c>except</c>, a loop.</summary>
    Conditional = 16,
    /// <summary>In the body of a class.</summary>
    InClass = 32,
    /// <summary>No statement, but a name that is written out: <c>importlib.import_module("a")</c>, <c>__import__</c>, <c>sys.modules["a"]</c>.</summary>
    ByName = 64,
}

/// <summary>What the code that runs when the importing module is initialised does with an imported name.</summary>
[Flags]
public enum EagerUses
{
    /// <summary>Nothing: only functions use it, or nobody.</summary>
    None = 0,
    /// <summary>An annotation that is evaluated (no <c>from __future__ import annotations</c>).</summary>
    Annotation = 1,
    /// <summary>A definition is made of it that nothing else in the initialisation uses: a base class, another name for it.</summary>
    Definition = 2,
    /// <summary>It is evaluated: called, decorated with, computed from.</summary>
    Evaluated = 4,
    /// <summary>It is named in <c>__all__</c>.</summary>
    Exported = 8,
    /// <summary>An annotation that is not evaluated (<c>from __future__ import annotations</c>).</summary>
    UnevaluatedAnnotation = 16,
    /// <summary>Attributes of the file's classes are made of it (<c>method = imported</c>), and by itself nothing else uses it; the other values are then of these classes.</summary>
    ClassAttribute = 32,
    /// <summary>It is deleted again: that has to go with its import.</summary>
    Deleted = 64,
}

/// <summary>One name that one import statement in a source file binds.</summary>
public sealed record SourceImport
{
    /// <summary>First line of the statement.</summary>
    public required int Line { get; init; }
    /// <summary>Its last line.</summary>
    public required int EndLine { get; init; }
    /// <summary>The module as written, the dots of a relative import in front.</summary>
    public required string Target { get; init; }
    /// <summary>For <c>from Target import Name</c> the name, <c>*</c> included; null for <c>import Target</c>.</summary>
    public string? Name { get; init; }
    /// <summary>The name that it binds; empty for <c>*</c>.</summary>
    public string Bound { get; init; } = "";
    /// <summary>Qualified name of the function that the statement is in; empty for the module's own code.</summary>
    public string Function { get; init; } = "";
    /// <summary>When it is executed.</summary>
    public ImportConditions Conditions { get; init; }
    /// <summary>What the module's own code does with the name.</summary>
    public EagerUses EagerUses { get; init; }
    /// <summary>Qualified names of the functions that use the name, directly or by a definition made of it.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];
    /// <summary>Functions that mention it in <c>except</c> clauses, which are evaluated only when something is raised.</summary>
    public IReadOnlyList<string> CaughtBy { get; init; } = [];
    /// <summary>The definitions made of it (<see cref="EagerUses.Definition"/>): names of classes and aliases.</summary>
    public IReadOnlyList<string> Definitions { get; init; } = [];
    /// <summary>
    /// What is taken of the bound name, wherever it is used: chains of attributes, <c>core.LIMIT</c>, with <c>()</c> where that is called; nothing but
    /// that, or nothing at all, for a name by itself; <c>*</c> where a module is handed on as a whole.
    /// </summary>
    public IReadOnlyList<string> Attributes { get; init; } = [];

    /// <summary>
    /// For functions that use it: runs of statements, of which either all are executed or none, that do, with what each of them calls of it for sure. All
    /// of a function's, or none where one of them calls nothing; none where definitions are made of it.
    /// </summary>
    public IReadOnlyList<SourceBranch> Branches { get; init; } = [];

    /// <summary>The end of an attribute that is called.</summary>
    public const string Call = "()";
}

/// <summary>Statements of a function that follow each other without a branch, and use an import.</summary>
/// <param name="Function">The function's qualified name.</param>
/// <param name="Calls">What they call of it, whenever they are executed; as in <see cref="SourceImport.Attributes"/>.</param>
public sealed record SourceBranch(string Function, IReadOnlyList<string> Calls);

/// <summary>Something in a module's own code that reaches beyond the module: why its import may not be left out unseen.</summary>
/// <param name="Line">Where.</param>
/// <param name="What">For example <c>atexit.register</c>, <c>sets requests.Session.send</c>.</param>
public readonly record struct SourceEffect(int Line, string What);

/// <summary>
/// What the file of a loaded module says about its imports, read near the end of an image: who else imports a module than the one
/// that did it first cannot be seen in stacks.
/// </summary>
public sealed record ModuleSource
{
    /// <summary>The module's name in <c>sys.modules</c>.</summary>
    public required string Module { get; init; }
    /// <summary>The file that was read.</summary>
    public required string File { get; init; }
    /// <summary>The names that its import statements bind, in the order of the file.</summary>
    public IReadOnlyList<SourceImport> Imports { get; init; } = [];
    /// <summary>What its own code does beyond the module.</summary>
    public IReadOnlyList<SourceEffect> Effects { get; init; } = [];
    /// <summary>For a shared library: names of loaded modules among its strings, which it may import.</summary>
    public IReadOnlyList<string> References { get; init; } = [];
    /// <summary>Functions and classes of its own that its own code calls while it is initialised, directly or by one another.</summary>
    public IReadOnlyList<string> Called { get; init; } = [];
    /// <summary>Functions and classes of its own that its own code gives to something: as an argument, as a value, to a decorator, to a base class.</summary>
    public IReadOnlyList<string> Handed { get; init; } = [];
    /// <summary>Whether it calls <c>os.fork</c>, at any time: what runs in the child is not followed.</summary>
    public bool Forks { get; init; }
}
