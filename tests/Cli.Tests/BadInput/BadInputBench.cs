using System.Globalization;
using System.Text.Json.Nodes;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.BadInput;

/// <summary>
/// Runs libprof in a working directory and with a directory for temporary files of the test's own, and looks at what it says and
/// leaves behind.
/// </summary>
internal sealed class BadInputBench : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    /// <summary>The working directory.</summary>
    public TemporaryDirectory Work { get; } = new();

    /// <summary>What libprof is started with: its own directory for temporary files, in which the runtime puts nothing.</summary>
    public Dictionary<string, string?> Environment => new() { ["TMPDIR"] = _temporary.Path, ["DOTNET_EnableDiagnostics"] = "0" };

    /// <summary>Runs libprof to its end.</summary>
    public LibProfResult Run(params IEnumerable<string> arguments) =>
        LibProfProgram.Run(arguments, input: null, Environment, Work.Path);

    /// <summary>Runs a command that starts libprof.</summary>
    public LibProfResult RunCommand(params IReadOnlyList<string> command)
    {
        (int status, string output, string errors) = Launching.Run(command, Work.Path, Environment);
        return new LibProfResult(status, output, errors);
    }

    /// <summary>Starts libprof and does not wait.</summary>
    public TargetProcess Start(params IEnumerable<string> arguments) => LibProfProgram.Start(arguments, Environment, Work.Path);

    /// <summary>Starts a command that starts libprof and does not wait.</summary>
    public TargetProcess StartCommand(params IReadOnlyList<string> command) => TargetProcess.Launch(command, Environment, Work.Path);

    /// <summary>A process id as an argument.</summary>
    public static string Id(TargetProcess target) => target.Pid.ToString(CultureInfo.InvariantCulture);

    /// <summary>A program that says "ready" and sleeps until its input is closed.</summary>
    public static TargetProcess StartIdle() => TargetProcess.Start(Interpreters.Any(), "idle.py");

    /// <summary>Checks an error: its status, nothing on standard output, one line of what happened and at most one of what to do.</summary>
    public static void AssertRefused(LibProfResult result, int status, string message, string hint = "")
    {
        Assert.Equal((status, ""), (result.Status, result.Output));
        AssertErrors(result.Errors, message, hint);
    }

    /// <summary>Checks one line of what happened and at most one of what to do.</summary>
    public static void AssertErrors(string errors, string message, string hint = "")
    {
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length is 1 or 2, errors);
        Assert.All(lines, line => Assert.StartsWith("libprof: ", line, StringComparison.Ordinal));
        Assert.Contains(message, lines[0], StringComparison.Ordinal);
        Assert.Contains(hint, lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", errors, StringComparison.Ordinal);
    }

    /// <summary>The JSON report of a recording, which must be whole: nothing is warned of.</summary>
    public JsonNode ReadReport(string recording)
    {
        LibProfResult report = Run("report", "-f", "json", recording);
        Assert.Equal((0, ""), (report.Status, report.Errors));
        return JsonNode.Parse(report.Output)!;
    }

    /// <summary>Checks that the working directory holds these files and no others.</summary>
    public void AssertFiles(params string[] names) =>
        Assert.Equal(names.Order(StringComparer.Ordinal), Directory.EnumerateFileSystemEntries(Work.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)!);

    /// <inheritdoc/>
    public void Dispose()
    {
        string[] left = Directory.GetFileSystemEntries(_temporary.Path);
        _temporary.Dispose();
        Work.Dispose();
        Assert.Empty(left);
    }
}
