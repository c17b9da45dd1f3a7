using System.Text;
using CommandLine;
using LibProf.Analyzer.Benchmarks;
using LibProf.Analyzer.Exporters.Benchmarks;
using LibProf.Cli.Benchmarking;
using LibProf.Cli.Recordings;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof bench</c>.</summary>
internal sealed class BenchOptions : CommonOptions
{
    [Option("runs", MetaValue = "N", Default = 10, HelpText = "Timed runs.")]
    public int Runs { get; set; } = 10;

    [Option("warmup", MetaValue = "N", Default = 1, HelpText = "Runs before them, that do not count.")]
    public int Warmup { get; set; } = 1;

    [Option("prepare", MetaValue = "CMD", HelpText = "What a shell does before each run, for example: sync; echo 3 > /proc/sys/vm/drop_caches")]
    public string? Prepare { get; set; }

    [Option("vs", MetaValue = "COMMAND", HelpText = "Another command, in one string, to be run by turns and compared with.")]
    public string? Vs { get; set; }

    [Option("no-init", HelpText = "Leave out the further, sampled runs that tell the time of initialisation.")]
    public bool NoInit { get; set; }

    [Option("show-output", HelpText = "Let the command have libprof's standard streams instead of /dev/null.")]
    public bool ShowOutput { get; set; }

    [Option("ignore-failure", HelpText = "Go on when the command ends with a status other than 0.")]
    public bool IgnoreFailure { get; set; }

    [Option('o', "output", MetaValue = "FILE", HelpText = "The file to write; '-' is standard output, the default.")]
    public string Output { get; set; } = "-";

    [Option('f', "format", MetaValue = "FORMAT", HelpText = "What to write: {values} (default: text).")]
    public string Format { get; set; } = "text";

    /// <inheritdoc/>
    public override string? HintForUnexpected => $"put the command after --, for example: {BenchCommand.Verb.Example}";
}

/// <summary><c>libprof bench</c>: repeats cold starts and says what they take, and whether two commands differ.</summary>
internal static class BenchCommand
{
    private const int MostRuns = 1000;

    public static Verb Verb { get; } = new(
        "bench", "[options] -- COMMAND [ARGS...]", "repeat cold starts; medians, intervals, peak memory",
        "libprof bench --vs 'python3 before.py' -- python3 after.py", Run, OptionParser.Table<BenchOptions>)
    {
        Details =
            "The command is started again and again, and timed from its exec to its exit; further, sampled runs tell how much of it is initialisation. With --vs two commands run by turns, so that a machine that gets slower does not decide.",
        Examples =
        [
            new Example("libprof bench -- python3 app.py --version", "what a cold start takes, with intervals"),
            new Example("libprof bench --vs 'python3 before.py' -- python3 after.py", "whether a change made it faster"),
            new Example("libprof bench --runs 30 --prepare 'sync; echo 3 > /proc/sys/vm/drop_caches' -- python3 app.py", "with nothing in the disk cache (as root)"),
        ],
        Choices = name => name == "format" ? FormatChoices.OfBench : null,
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        // First of all: under the JIT this may start the program anew.
        SignalHandover.Ensure();
        int separator = arguments.IndexOf("--");
        ReadOnlySpan<string> own = separator < 0 ? arguments : arguments[..separator];
        BenchOptions? options = own.IsEmpty ? new() : OptionParser.Parse<BenchOptions>(Verb.Name, own);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        bool json = Validate(options);
        IReadOnlyList<byte[]> commandLine = LaunchArguments.OfThisProcess();
        IReadOnlyList<byte[]> command = LaunchArguments.AfterSeparator(commandLine, arguments.Length);
        if (command.Count == 0)
        {
            throw CliException.Usage("no command given", $"put it after --, for example: {Verb.Example}");
        }

        BenchPlan plan = new()
        {
            Command = command,
            Other = options.Vs is { } other ? [.. ShellWords.Split(other).Select(Encoding.UTF8.GetBytes)] : null,
            Runs = options.Runs,
            Warmup = options.Warmup,
            Prepare = options.Prepare,
            WithInit = !options.NoInit,
            ShowOutput = options.ShowOutput,
            IgnoreFailure = options.IgnoreFailure,
        };

        // libprof as it was started, without its arguments (the verb is one): under the JIT the program may be an argument of its host.
        IReadOnlyList<byte[]> libprof = [Encoding.UTF8.GetBytes("/proc/self/exe"), .. commandLine.Skip(1).Take(commandLine.Count - arguments.Length - 2)];
        libprof = Environment.ProcessPath is { } path ? [Encoding.UTF8.GetBytes(path), .. libprof.Skip(1)] : libprof;
        using OutputFile output = OutputFile.Open(options.Output);
        BenchRunner runner = new(plan, libprof, options.Quiet);
        _ = SignalWatch.TryStart(runner.OnSignal);
        BenchReport report = runner.Run();
        output.Write(options.Verbose, (stream, export) =>
        {
            if (json)
            {
                BenchJson.Write(report, stream);
            }
            else
            {
                stream.Write(Encoding.UTF8.GetBytes(BenchText.Render(report, export.Width)));
            }
        });
        return ExitStatus.Done;
    }

    private static bool Validate(BenchOptions options)
    {
        bool json = string.Equals(options.Format, "json", StringComparison.OrdinalIgnoreCase);
        if (!json && !string.Equals(options.Format, "text", StringComparison.OrdinalIgnoreCase))
        {
            throw CliException.Usage($"unknown format '{options.Format}'", "formats: text, json");
        }

        if (options.Runs is < 1 or > MostRuns)
        {
            throw CliException.Usage($"bad number of runs '{options.Runs}'", $"a number from 1 to {MostRuns}; an interval needs 6, a comparison 8");
        }

        if (options.Warmup is < 0 or > MostRuns)
        {
            throw CliException.Usage($"bad number of warm-ups '{options.Warmup}'", $"a number from 0 to {MostRuns}");
        }

        return json;
    }
}
