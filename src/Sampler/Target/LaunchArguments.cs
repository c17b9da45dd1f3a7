namespace LibProf.Sampler.Target;

/// <summary>
/// Our own arguments as the bytes that the kernel has. .NET's strings lose what is not UTF-8, and a command's arguments must not.
/// </summary>
public static class LaunchArguments
{
    /// <summary>The whole command line of this process, program name first (for the JIT: the host's name first).</summary>
    public static IReadOnlyList<byte[]> OfThisProcess() => Split(File.ReadAllBytes("/proc/self/cmdline"));

    /// <summary>What follows the first <c>--</c> among the last <paramref name="count"/> arguments, that is among those that Main got; empty when nothing does.</summary>
    public static IReadOnlyList<byte[]> AfterSeparator(IReadOnlyList<byte[]> commandLine, int count)
    {
        ArgumentNullException.ThrowIfNull(commandLine);
        for (int i = Math.Max(0, commandLine.Count - count); i < commandLine.Count; i++)
        {
            if (commandLine[i].AsSpan().SequenceEqual("--"u8))
            {
                return [.. commandLine.Skip(i + 1)];
            }
        }

        return [];
    }

    /// <summary>Takes the contents of <c>/proc/PID/cmdline</c> apart: each argument ends with a zero byte, empty ones too.</summary>
    public static IReadOnlyList<byte[]> Split(ReadOnlySpan<byte> commandLine)
    {
        List<byte[]> arguments = [];
        while (!commandLine.IsEmpty)
        {
            int end = commandLine.IndexOf((byte)0);
            end = end < 0 ? commandLine.Length : end;
            arguments.Add(commandLine[..end].ToArray());
            commandLine = commandLine[Math.Min(end + 1, commandLine.Length)..];
        }

        return arguments;
    }
}
