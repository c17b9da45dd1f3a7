namespace LibProf.Sampler.Target;

/// <summary>Why a command could not be started.</summary>
public enum LaunchFailure
{
    /// <summary>There is no such program (exit status 127).</summary>
    NotFound,
    /// <summary>There is one, but it cannot be executed (exit status 126).</summary>
    NotExecutable,
}

/// <summary>A command could not be started. The message says what happened in one line.</summary>
public sealed class LaunchException(LaunchFailure reason, string message, string hint = "") : Exception(message)
{
    /// <summary>The reason.</summary>
    public LaunchFailure Reason { get; } = reason;

    /// <summary>What the user can do about it; empty when nothing.</summary>
    public string Hint { get; } = hint;

    /// <summary>What shells end with in this case: 127 or 126.</summary>
    public int ExitStatus => Reason == LaunchFailure.NotFound ? 127 : 126;
}
