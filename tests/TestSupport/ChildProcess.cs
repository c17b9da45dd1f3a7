using System.Collections;
using System.Diagnostics;
using System.Text;

namespace LibProf.TestSupport;

/// <summary>Starts processes for tests: pipes on all three streams, an environment that does not depend on who runs the tests.</summary>
internal static class ChildProcess
{
    /// <summary>UTF-8 without a byte order mark, which .NET would otherwise write into the pipe first.</summary>
    public static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Starts <paramref name="command"/>.</summary>
    /// <param name="command">Executable and arguments.</param>
    /// <param name="environment">Variables to set; a null value removes one.</param>
    /// <param name="workingDirectory">Null: the tests' own.</param>
    /// <remarks>
    /// Variables named PYTHON* of the tests' own environment are not passed on: they change what a target does and imports.
    /// .NET leaves SIGPIPE ignored in what it starts, so <c>env</c> restores its default and execs the command in the same process.
    /// </remarks>
    public static Process Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string?>? environment, string? workingDirectory)
    {
        ProcessStartInfo start = new("/usr/bin/env")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Utf8,
            StandardOutputEncoding = Utf8,
            StandardErrorEncoding = Utf8,
            WorkingDirectory = workingDirectory ?? "",
        };
        start.ArgumentList.Add("--default-signal=PIPE");
        start.ArgumentList.Add("--");
        foreach (string argument in command)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (((string)variable.Key).StartsWith("PYTHON", StringComparison.Ordinal))
            {
                start.Environment.Remove((string)variable.Key);
            }
        }

        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        return Process.Start(start) ?? throw new InvalidOperationException("no process was started");
    }

    /// <summary>Ends the process and all its descendants, and waits until it is reaped.</summary>
    public static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.WaitForExit();
        process.Dispose();
    }
}
