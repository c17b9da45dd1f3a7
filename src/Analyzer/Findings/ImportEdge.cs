using System.Runtime.CompilerServices;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>How it is known that one module makes another load.</summary>
public enum ImportEdgeKind
{
    /// <summary>An import statement in its file.</summary>
    Statement,
    /// <summary>It was seen to cause the import first, by something else than an import statement: <c>importlib.import_module</c>, unpickling, compiled code.</summary>
    Dynamic,
    /// <summary>It was seen to cause the import first; its file could not be read.</summary>
    Observed,
    /// <summary>A submodule needs its package.</summary>
    Parent,
    /// <summary>A shared library names it among its strings.</summary>
    Library,
}

/// <summary>One module makes another load.</summary>
/// <param name="From">The importer.</param>
/// <param name="To">What is imported.</param>
/// <param name="Kind">How that is known.</param>
/// <param name="File">The file of the statement; empty when there is none.</param>
/// <param name="Line">Its line; 0 when not known.</param>
/// <param name="Statement">What the statement binds and what is done with it; null without a statement that was read.</param>
public sealed record ImportEdge(string From, string To, ImportEdgeKind Kind, string File, int Line, SourceImport? Statement)
{
    /// <summary>The module that the statement asks for a name which that one has from <see cref="To"/>; null where it imports <see cref="To"/> itself.</summary>
    public string? AskedOf { get; init; }

    /// <summary>What the statement imports, as it is written but for the dots in front.</summary>
    public string Written => AskedOf is { } passing ? passing + "." + Statement?.Name : To;

    /// <summary>Whether the statement is inside a function.</summary>
    public bool IsInFunction => Statement is { Function.Length: > 0 };

    /// <summary>An edge of the graph is that one and no other: sets of them are compared all the time.</summary>
    public bool Equals(ImportEdge? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);
}
