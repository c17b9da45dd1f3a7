using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Launch;

/// <summary>Starts commands with and without libprof before them.</summary>
internal static class Launching
{
    /// <summary>The interpreter for drivers and for targets whose version does not matter.</summary>
    public static string Python
    {
        get
        {
            PythonInterpreter? any = Interpreters.System ?? Interpreters.All.LastOrDefault(i => !i.IsInOtherRoot);
            Assert.SkipWhen(any is null, "this machine has no supported python3");
            return any!.Path;
        }
    }

    /// <summary><c>libprof run</c>, quiet, with the recording in a directory of the test's.</summary>
    public static string[] LibProf(TemporaryDirectory directory, params string[] options) =>
        [LibProfProgram.Binary, "run", "--quiet", "--output", directory["run.libprof"], .. options, "--"];

    /// <summary>A Python script of tests/Targets and its arguments.</summary>
    public static string[] Script(string name, params string[] arguments) => [Python, TargetScripts.PathOf(name), .. arguments];

    /// <summary>A command as a parent that start_with.py plays would start it.</summary>
    public static string[] StartedWith(string[] options, params string[] command) => Script("start_with.py", [.. options, "--", .. command]);

    /// <summary>Runs a command to its end with nothing on standard input.</summary>
    public static (int Status, string Output, string Errors) Run(IReadOnlyList<string> command, string? directory = null, Dictionary<string, string?>? environment = null)
    {
        using TargetProcess process = TargetProcess.Launch(command, environment, directory);
        process.Input.Close();
        string output = process.ReadToEnd();
        return (process.WaitForExit(), output, process.ReadErrorsToEnd());
    }
}
