using System.Globalization;
using System.Runtime.ExceptionServices;
using CommandLine;
using LibProf.Analyzer.Live;
using LibProf.Cli.Terminal;
using LibProf.Cli.Top;
using LibProf.Sampler;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof top</c>.</summary>
internal sealed class TopOptions : CommonOptions
{
    /// <summary>Enough for shares of a second to a per cent, and next to nothing for the machine.</summary>
    private const double DefaultRate = 100;

    [Option('r', "rate", MetaValue = "HZ", HelpText = "Looks at the process per second (default: 100); 'max' for as many as possible.")]
    public string? Rate { get; set; }

    [Option('d', "duration", MetaValue = "SECONDS", HelpText = "End after this time. The process goes on.")]
    public double? Duration { get; set; }

    [Option("refresh", MetaValue = "SECONDS", HelpText = "Time from one screen to the next (default: 1).")]
    public double Refresh { get; set; } = 1;

    [Option('w', "waiting", HelpText = "Count threads that wait, too, from the beginning.")]
    public bool Waiting { get; set; }

    [Option("once", HelpText = "Sample for a while (--duration, default: 2 seconds), print one table to standard output, and end.")]
    public bool Once { get; set; }

    [Value(0, MetaName = "PID", Required = true, HelpText = "The process to look at.")]
    public string Pid { get; set; } = "";

    /// <summary>Looks per second; 0 for as many as possible.</summary>
    public double RateHz { get; private set; }

    /// <summary>Checks what the parser cannot.</summary>
    /// <exception cref="CliException">A value makes no sense.</exception>
    public void Validate(string verb)
    {
        RateHz = SamplingValues.Rate(Rate, DefaultRate, verb);
        SamplingValues.CheckDuration(Duration);
        if (!(Refresh is >= 0.1 and <= 3600))
        {
            throw CliException.Usage("bad refresh interval", "a number of seconds from 0.1 to 3600");
        }
    }
}

/// <summary><c>libprof top</c>: a live view of a running process.</summary>
internal static class TopCommand
{
    private const int SIGINT = 2;
    private const int SIGHUP = 1;
    private const double DefaultOnceSeconds = 2;
    private const int MostRowsOnce = 50;

    // Shares of a second are rough; those of two are still the present.
    private const double RecentSeconds = 2;

    public static Verb Verb { get; } = new(
        "top", "[options] PID", "live view of a running process: hottest functions and lines, threads, GIL",
        "libprof top 1234", Run, OptionParser.Table<TopOptions>)
    {
        Details =
            "Fills the terminal until q is pressed or the process ends; h shows the other keys: sorting, lines, single threads, a filter, pause. "
            + "The process is neither stopped nor written to. Only what changed is drawn, so that it serves over a slow line, too.",
        Examples =
        [
            new Example("libprof top 1234", "what process 1234 is doing, anew each second"),
            new Example("libprof top --refresh 5 1234", "the same for a slow line"),
            new Example("libprof top --once 1234 >table.txt", "two seconds of it as one table, for scripts"),
        ],
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        // First of all: under the JIT this may start the program anew.
        SignalHandover.Ensure();
        TopOptions? options = Parse(arguments);
        if (options is null)
        {
            SignalInbox.LetSignalsThrough();
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        options.Validate(Verb.Name);
        int pid = AttachCommand.ParsePid(options.Pid, Verb.Name);
        if (options.Once)
        {
            SignalInbox.LetSignalsThrough();
        }
        else
        {
            CheckTerminal();
        }

        // Before the terminal changes: the usual mistakes are about the process.
        RuntimeLocator.Locate(pid, new LiveProcessMemory(pid));
        return options.Once ? PrintOnce(pid, options) : Show(pid, options);
    }

    private static TopOptions? Parse(ReadOnlySpan<string> arguments) => OptionParser.Parse<TopOptions>(Verb.Name, arguments);

    private static void CheckTerminal()
    {
        const string Hint = "libprof top --once PID prints one table";
        if (!StandardStream.Output.IsTerminal)
        {
            throw CliException.Usage("standard output is not a terminal", Hint);
        }

        if (Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb")
        {
            throw CliException.Usage("the terminal cannot move its cursor (TERM is not set, or dumb)", Hint);
        }
    }

    private static int Show(int pid, TopOptions options)
    {
        using TerminalPort port = TerminalPort.Open();
        TopSampling sampling = Sample(pid, options, options.Duration, Math.Max(RecentSeconds, options.Refresh));
        TopLoop loop = new(port, sampling, new TopLayout(pid, !TakesUtf8()), new TopState { CountsWaiting = options.Waiting }, TimeSpan.FromSeconds(options.Refresh));
        sampling.Start();
        TopEnd end = loop.Run();
        if (options.Verbose)
        {
            TopTraffic traffic = loop.Traffic;
            StandardError.Write(string.Create(CultureInfo.InvariantCulture, $"libprof: {traffic.Screens} screens, {traffic.Bytes} bytes, at most {traffic.Most} at once\n"));
        }

        switch (end)
        {
            case TopEnd.Signal:
                // Ctrl-C is how many quit such a view.
                return port.EndSignal == SIGINT ? ExitStatus.Done : 128 + (port.EndSignal == 0 ? SIGHUP : port.EndSignal);
            case TopEnd.Over:
                ThrowFailure(sampling);
                if (sampling.HasEnded() && !options.Quiet)
                {
                    StandardError.Write($"libprof: process {pid} has ended\n");
                }

                break;
        }

        return ExitStatus.Done;
    }

    private static int PrintOnce(int pid, TopOptions options)
    {
        double seconds = options.Duration ?? DefaultOnceSeconds;
        TopSampling sampling = Sample(pid, options, seconds, seconds);
        sampling.Start();
        sampling.Finish();
        ThrowFailure(sampling);
        TopState state = new() { CountsWaiting = options.Waiting };
        LiveSnapshot snapshot = sampling.Profile.Snapshot(state.Query);
        int columns = StandardStream.Output.Columns is > 0 and int known ? known : ReportConsole.DefaultWidth;
        int rows = Math.Min(TopRows.Of(snapshot, state).Count, MostRowsOnce);
        StandardOutput.Write(new TopLayout(pid, asciiOnly: false).DrawForPaper(snapshot, state, columns + 1, Math.Max(1, rows)).ToText());
        return ExitStatus.Done;
    }

    private static TopSampling Sample(int pid, TopOptions options, double? duration, double recent) =>
        new(pid, options.RateHz, duration is { } seconds ? TimeSpan.FromSeconds(seconds) : null, TimeSpan.FromSeconds(recent));

    private static void ThrowFailure(TopSampling sampling)
    {
        switch (sampling.Failure)
        {
            case null:
                return;
            case AttachException:
                ExceptionDispatchInfo.Throw(sampling.Failure);
                return;
            default:
                throw new InvalidOperationException($"sampling failed: {sampling.Failure.Message}", sampling.Failure);
        }
    }

    // The first of these that is set counts (setlocale(3)).
    private static bool TakesUtf8()
    {
        string locale = new[] { "LC_ALL", "LC_CTYPE", "LANG" }.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value)) ?? "";
        return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
    }
}
