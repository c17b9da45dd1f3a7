using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof run</c>.</summary>
internal sealed class RunOptions : RecordingOptions
{
    /// <inheritdoc/>
    public override double DefaultRate => 5000;
}

/// <summary><c>libprof run</c>: launches a command, records it, ends with its status.</summary>
internal static class RunCommand
{
    public static Verb Verb { get; } = new(
        "run", "[options] -- COMMAND [ARGS...]", "launch COMMAND and record it from its exec on",
        "libprof run -- python3 app.py", Run, OptionParser.Table<RunOptions>);

    private static int Run(ReadOnlySpan<string> arguments)
    {
        // First of all: under the JIT this may start the program anew.
        SignalHandover.Ensure();

        int separator = arguments.IndexOf("--");
        RunOptions? options = OptionParser.Parse<RunOptions>(Verb.Name, separator < 0 ? arguments : arguments[..separator]);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        options.Validate(Verb.Name);
        if (options.Output == "-")
        {
            throw CliException.Usage("run does not write to standard output, which is the command's", "give a file: -o FILE");
        }

        IReadOnlyList<byte[]> command = LaunchArguments.AfterSeparator(LaunchArguments.OfThisProcess(), arguments.Length);
        if (command.Count == 0)
        {
            throw CliException.Usage("no command given", $"put it after --, for example: {Verb.Example}");
        }

        ChildProcess child = ChildProcess.Launch(command, SignalInbox.TryOpen());
        child.WaitForExit();
        return child.ExitStatus ?? ExitStatus.Failed;
    }
}
