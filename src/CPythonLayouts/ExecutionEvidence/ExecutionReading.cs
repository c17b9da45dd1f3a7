namespace LibProf.CPythonLayouts.ExecutionEvidence;

/// <summary>What a code object's evidence says.</summary>
public enum ExecutionState
{
    /// <summary>Nothing.</summary>
    Unknown,
    /// <summary>It never ran.</summary>
    Untouched,
    /// <summary>It ran, and the count goes on with each run.</summary>
    Counted,
    /// <summary>It ran; further runs need not show.</summary>
    Saturated,
}

/// <summary>One reading of a code object's evidence.</summary>
/// <param name="State">What it says.</param>
/// <param name="Count">With <see cref="ExecutionState.Counted"/>: a number that grows with each run; else 0.</param>
/// <param name="Adaptation">A hash of the bytecode where it adapts to what it does: when it differs from the reading before, the code ran in between.</param>
public readonly record struct ExecutionReading(ExecutionState State, int Count, int Adaptation);
