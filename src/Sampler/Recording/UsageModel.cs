namespace LibProf.Sampler.Recording;

/// <summary>A code object of a Python function whose own evidence of execution is followed.</summary>
/// <param name="Id">Number in this recording: from 0, each new one is one more.</param>
/// <param name="FunctionId">The function; several code objects may be one (defined again, or in several processes' images).</param>
/// <param name="Module">Key in <c>sys.modules</c> of the module whose globals the function has, or in which it was found.</param>
/// <param name="ParentId">The code object among whose constants it was found (a closure, a comprehension), -1 for none.</param>
public readonly record struct CodeInfo(int Id, int FunctionId, string Module, int ParentId);

/// <summary>What a code object's own field says of its executions so far.</summary>
public enum CodeUse
{
    /// <summary>Nothing: the field cannot tell for this code.</summary>
    Unknown,
    /// <summary>It never ran.</summary>
    Untouched,
    /// <summary>It ran; the count goes on with each run, so that an unchanged count later means that it did not run in between.</summary>
    Counted,
    /// <summary>It ran; further runs need not show.</summary>
    Saturated,
    /// <summary>The object is no longer there: what became of it since the last reading is not known.</summary>
    Gone,
}

/// <summary>
/// A reading of one code object that differs from the one before it. Listed again with the same <see cref="CodeUse.Saturated"/>, it ran in
/// between: its bytecode has adapted further.
/// </summary>
/// <param name="CodeId">The code object.</param>
/// <param name="Use">What its field says.</param>
/// <param name="Count">With <see cref="CodeUse.Counted"/>: a number that grows with the runs; otherwise 0.</param>
public readonly record struct CodeReading(int CodeId, CodeUse Use, int Count);

/// <summary>Why code objects were read.</summary>
public enum UsageMoment
{
    /// <summary>They were found: the functions of modules that have been loaded.</summary>
    Found,
    /// <summary>An outermost import was over.</summary>
    ImportOver,
    /// <summary>Time had passed.</summary>
    Periodic,
    /// <summary>The last one before the interpreter tears down, with the program over.</summary>
    Final,
    /// <summary>The last one because sampling stops, while the target goes on.</summary>
    Stopped,
}

/// <summary>
/// Readings of code objects. Only readings that are new or changed are listed. A complete one read every code object announced before
/// <see cref="BeginNs"/>: those that are not listed are as they were.
/// </summary>
public sealed record UsageSnapshot
{
    /// <summary>Not read before this, on the recording's clock.</summary>
    public required long BeginNs { get; init; }
    /// <summary>All read by then.</summary>
    public required long EndNs { get; init; }
    /// <summary>Why.</summary>
    public required UsageMoment Moment { get; init; }
    /// <summary>Whether all code objects announced before were read in the time given.</summary>
    public bool IsComplete { get; init; }
    /// <summary>New and changed readings.</summary>
    public IReadOnlyList<CodeReading> Readings { get; init; } = [];
    /// <summary>Modules whose functions are all announced by now (again, when they were announced once and have got more).</summary>
    public IReadOnlyList<string> Walked { get; init; } = [];
}

/// <summary>Pages of an executable mapping that were accessed in a stretch of time.</summary>
/// <param name="File">The shared library, as the target names it.</param>
/// <param name="TouchedKib">Accessed pages in KiB.</param>
public readonly record struct NativeLibraryPages(string File, long TouchedKib);

/// <summary>Which shared libraries' code was accessed in a stretch of time (<c>Referenced</c> in <c>/proc/PID/smaps</c>, proc(5)).</summary>
public sealed record NativePagesReading
{
    /// <summary>When the kernel's marks were cleared (<c>/proc/PID/clear_refs</c>), on the recording's clock.</summary>
    public required long SinceNs { get; init; }
    /// <summary>When they were read.</summary>
    public required long TimeNs { get; init; }
    /// <summary>Every library with executable mappings, also those that were not accessed.</summary>
    public IReadOnlyList<NativeLibraryPages> Libraries { get; init; } = [];
}
