using System.Diagnostics;

namespace LibProf.TestSupport;

/// <summary>What a finished run of libprof gave.</summary>
/// <param name="Status">Its exit status, 128+N if signal N ended it.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error.</param>
public sealed record LibProfResult(int Status, string Output, string Errors);

/// <summary>Runs the program as users do: the published binary of $LIBPROF_BINARY, or else the one built beside the tests.</summary>
public static class LibProfProgram
{
    private static readonly Lazy<string?> s_binary = new(Find);

    /// <summary>The executable; skips the calling test where there is none.</summary>
    public static string Binary
    {
        get
        {
            Assert.SkipWhen(s_binary.Value is null, "libprof is not built: set LIBPROF_BINARY or build src/Cli");
            return s_binary.Value!;
        }
    }

    /// <summary>Whether <see cref="Binary"/> is the published native one, and not the one that needs the runtime.</summary>
    public static bool IsNative => s_binary.Value is { } path && !File.Exists(path + ".dll");

    /// <summary>Runs libprof to its end with nothing on standard input.</summary>
    /// <exception cref="TimeoutException">It did not end in time; it and its children were ended.</exception>
    public static LibProfResult Run(params IEnumerable<string> arguments) => Run(arguments, input: null);

    /// <summary>Runs libprof to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">What it gets on standard input; null for nothing.</param>
    /// <param name="environment">Variables to set; a null value removes one. PYTHON* of the tests' own environment are not passed on.</param>
    /// <param name="workingDirectory">Null: the tests' own.</param>
    /// <param name="deadline">When to give up.</param>
    /// <exception cref="TimeoutException">It did not end in time; it and its children were ended.</exception>
    public static LibProfResult Run(
        IEnumerable<string> arguments,
        string? input,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingDirectory = null,
        Deadline? deadline = null)
    {
        deadline ??= Deadline.In(Deadline.Patience * 2);
        string[] command = [Binary, .. arguments];
        Process process = ChildProcess.Start(command, environment, workingDirectory);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.Write(input ?? "");
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading all of it, which is its right.
            }

            return Task.WaitAll([output, errors], deadline.Remaining) && process.WaitForExit(deadline.Remaining)
                ? new LibProfResult(process.ExitCode, output.Result, errors.Result)
                : throw new TimeoutException($"no end of {string.Join(' ', command)}");
        }
        finally
        {
            ChildProcess.End(process);
        }
    }

    /// <summary>Starts libprof and does not wait: for tests that talk to it or send it signals.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set; a null value removes one. PYTHON* of the tests' own environment are not passed on.</param>
    /// <param name="workingDirectory">Null: the tests' own.</param>
    public static TargetProcess Start(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? workingDirectory = null) =>
        TargetProcess.Launch([Binary, .. arguments], environment, workingDirectory);

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("LIBPROF_BINARY") is { Length: > 0 } set)
        {
            return set;
        }

        string beside = Path.Combine(AppContext.BaseDirectory, "libprof");
        return File.Exists(beside) ? beside : null;
    }
}
