using CommandLine;
using LibProf.Cli.Recordings;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Handlers;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof run</c>.</summary>
internal sealed class RunOptions : RecordingOptions
{
    [Option("handler", MetaValue = "MODULE:FUNCTION", HelpText = "Run a serverless handler; COMMAND is the interpreter with its options. Or a DIRECTORY with a handler.py.")]
    public string? Handler { get; set; }

    [Option("event", MetaValue = "FILE", HelpText = "The handler's event, as JSON (default: the directory's event.json, or {}).")]
    public string? Event { get; set; }

    [Option("invocations", MetaValue = "N", HelpText = "How often to call the handler (default: 1).")]
    public int? Invocations { get; set; }

    [Option("init-until", MetaValue = "MODULE:FUNCTION", HelpText = "Initialisation ends with the first call of this function (default: found by itself).")]
    public override string? InitUntil { get; set; }

    /// <inheritdoc/>
    public override double DefaultRate => 5000;

    /// <inheritdoc/>
    public override string? HintForUnexpected => $"put the command after --, for example: {RunCommand.Verb.Example}";
}

/// <summary><c>libprof run</c>: launches a command, records it, ends with its status.</summary>
internal static class RunCommand
{
    public static Verb Verb { get; } = new(
        "run", "[options] -- COMMAND [ARGS...]", "launch COMMAND and record it from its exec on",
        "libprof run -- python3 app.py", Run, OptionParser.Table<RunOptions>)
    {
        Details =
            "COMMAND is started as it would be without libprof: arguments, environment, streams, signals and exit status are the same. It is looked at from outside some thousand times a second, and is not stopped for it.\n" +
            "When it ends, the report goes to standard error and the recording to a file, NAME-PID.libprof by default, from which 'libprof report' makes any other format later.",
        Examples =
        [
            new Example("libprof run -- python3 app.py --port 8000", "what the start of app.py costs; what follows -- is the program's own"),
            new Example("libprof run -o start.libprof -- python3 -m package", "keep the recording under a name of your choice"),
            new Example("libprof run --format html -o report.html -- python3 app.py", "make a page for a browser of it at once"),
            new Example("libprof run --handler app.main:handler --event event.json -- python3", "a serverless handler: its initialisation and its first call apart"),
        ],
        Choices = name => name == "format" ? FormatChoices.OfRecording : null,
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        // First of all: under the JIT this may start the program anew.
        SignalHandover.Ensure();

        int separator = arguments.IndexOf("--");
        ReadOnlySpan<string> own = separator < 0 ? arguments : arguments[..separator];
        RunOptions? options = own.IsEmpty ? new() : OptionParser.Parse<RunOptions>(Verb.Name, own);
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

        if (options.Handler is null && (options.Event is not null || options.Invocations is not null))
        {
            throw CliException.Usage("--event and --invocations are for a handler", "give it with --handler MODULE:FUNCTION");
        }

        HandlerJob? job = options.Handler is { } handler ? HandlerResolver.Resolve(handler, options.Event, options.Invocations) : null;
        using HandlerChannel? channel = job is null ? null : HandlerChannel.Open(job);
        string name = job is null ? CommandName.Of(command) : CommandName.OfHandler(job.Directory, job.Module);
        command = channel is null ? command : [.. command, .. channel.Arguments.Select(System.Text.Encoding.UTF8.GetBytes)];
        using RecordingOutput output = RecordingOutput.Open(options.Format, options.Output, name, pid: null);
        ChildProcess child;
        try
        {
            child = ChildProcess.Launch(command, SignalInbox.TryOpen());
        }
        catch (LaunchException)
        {
            output.Discard();
            throw;
        }

        channel?.Start();
        output.Settle(name, child.Pid);
        return Record(options, child, channel, output, command, name);
    }

    private static int Record(
        RunOptions options, ChildProcess child, HandlerChannel? channel, RecordingOutput output, IReadOnlyList<byte[]> command, string name)
    {
        SamplingTarget target = new()
        {
            Pid = child.Pid,
            ZeroNs = child.SpawnedAtNs,
            Attached = false,
            CommandLine = [.. command.Select(System.Text.Encoding.UTF8.GetString)],
            HasEnded = () => child.HasExited,
            EndedAtNs = () => child.ExitedAtNs,
            End = () => (child.ExitStatus, child.CpuNs),
            Stops = child.Stops,
            Reaped = child.TracerReaped,
            Handler = channel,
        };
        int status = ExitStatus.Failed;
        try
        {
            RecordingJob job = new("run", options, target, output);
            SamplingOutcome outcome = job.Run();
            channel?.LetGo();
            child.WaitForExit();
            status = child.ExitStatus ?? ExitStatus.Failed;
            Warn(options, outcome, name);
            if (channel is { WasReady: false } && status == 0 && !options.Quiet)
            {
                StandardError.Warning("the handler was not run", "the command after -- must be a Python and its options, without a script");
            }

            job.Report();
        }
        catch (Exception exception)
        {
            // Whatever happens to libprof, the command's own status is what counts.
            channel?.LetGo();
            child.WaitForExit();
            status = child.ExitStatus ?? ExitStatus.Failed;
            StandardError.Error($"sampling failed: {exception.Message}");
            if (options.Verbose)
            {
                StandardError.Write(exception + "\n");
            }
        }

        return status;
    }

    private static void Warn(RunOptions options, SamplingOutcome outcome, string name)
    {
        if (options.Quiet || outcome.SawPython)
        {
            return;
        }

        if (outcome.Failure is { } failure)
        {
            StandardError.Warning(failure.Message, failure.Hint);
        }
        else
        {
            StandardError.Warning($"no Python was seen in {name}: the recording has no stacks");
        }
    }
}
