namespace LibProf.Sampler;

/// <summary>Why a target cannot be profiled.</summary>
public enum AttachFailure
{
    /// <summary>There is no such process.</summary>
    NoSuchProcess,
    /// <summary>The process has ended and waits for its parent.</summary>
    Zombie,
    /// <summary>The process ended while libprof was attaching.</summary>
    EndedMeanwhile,
    /// <summary>No CPython was found in the process.</summary>
    NotPython,
    /// <summary>A CPython was found that libprof does not know.</summary>
    UnsupportedVersion,
    /// <summary>The kernel does not let libprof read the process.</summary>
    NoPermission,
    /// <summary>Another tracer has the process.</summary>
    AlreadyTraced,
    /// <summary>The interpreter was found but its state makes no sense.</summary>
    Inconsistent,
    /// <summary>The file is not a core file, or one that cannot be read.</summary>
    UnusableCore,
}

/// <summary>A target cannot be profiled. The message says what happened in one line, the hint what to do.</summary>
public sealed class AttachException(AttachFailure reason, string message, string hint = "") : Exception(message)
{
    /// <summary>The reason.</summary>
    public AttachFailure Reason { get; } = reason;

    /// <summary>What the user can do about it; empty when nothing.</summary>
    public string Hint { get; } = hint;
}
