namespace LibProf.Cli;

/// <summary>Exit statuses of libprof itself, as documented for scripts.</summary>
internal static class ExitStatus
{
    public const int Done = 0;
    public const int Exceeded = 1;
    public const int Usage = 2;
    public const int Failed = 125;
}

/// <summary>Something that ends the command: one line of what happened, one of what to do, and an exit status.</summary>
internal sealed class CliException(int status, string message, string hint = "", Exception? cause = null) : Exception(message, cause)
{
    public int Status { get; } = status;

    public string Hint { get; } = hint;

    /// <summary>Wrong usage or unusable input.</summary>
    public static CliException Usage(string message, string hint = "") => new(ExitStatus.Usage, message, hint);
}
