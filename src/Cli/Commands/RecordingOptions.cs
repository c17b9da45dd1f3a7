using CommandLine;

namespace LibProf.Cli.Commands;

/// <summary>Options of the verbs that do not need more.</summary>
internal abstract class CommonOptions
{
    [Option('v', "verbose", HelpText = "Say more.")]
    public bool Verbose { get; set; }

    [Option('q', "quiet", HelpText = "Say nothing but errors.")]
    public bool Quiet { get; set; }

    /// <summary>Arguments that nothing takes, which the parser would pass over.</summary>
    [Value(9, Hidden = true)]
    public IEnumerable<string> Unexpected { get; set; } = [];

    /// <summary>What to say about such; null for the usual.</summary>
    public virtual string? HintForUnexpected => null;
}

/// <summary>Options of the verbs that record a process.</summary>
internal abstract class RecordingOptions : CommonOptions
{
    [Option('r', "rate", MetaValue = "HZ", HelpText = "Looks at the process per second; 'max' for as many as possible.")]
    public string? Rate { get; set; }

    [Option('d', "duration", MetaValue = "SECONDS", HelpText = "Stop sampling after this time. The process goes on.")]
    public double? Duration { get; set; }

    [Option('o', "output", MetaValue = "FILE", HelpText = "The file to write (default: NAME-PID.libprof, or with the ending of the format).")]
    public string? Output { get; set; }

    [Option('f', "format", MetaValue = "FORMAT", HelpText = "What to write to it: {values} (default: recording). With another format than recording, no recording is kept.")]
    public string Format { get; set; } = "recording";

    [Option("blocking", HelpText = "Stop the process for each look: exact stacks, more overhead.")]
    public bool Blocking { get; set; }

    [Option("no-memory", HelpText = "Leave out how much memory imports take.")]
    public bool NoMemory { get; set; }

    [Option("no-use", HelpText = "Leave out which functions run.")]
    public bool NoUse { get; set; }

    [Option("progress", HelpText = "Show the status line also on a terminal that the process itself writes to.")]
    public bool Progress { get; set; }

    /// <summary>MODULE:FUNCTION with whose first call initialisation ends; null to find it.</summary>
    public virtual string? InitUntil { get; set; }

    /// <summary>The rate when none is given, in looks per second.</summary>
    public abstract double DefaultRate { get; }

    /// <summary>Looks per second; 0 for as many as possible.</summary>
    public double RateHz { get; private set; }

    /// <summary>Checks what the parser cannot.</summary>
    /// <exception cref="CliException">A value makes no sense.</exception>
    public void Validate(string verb)
    {
        RateHz = SamplingValues.Rate(Rate, DefaultRate, verb);
        SamplingValues.CheckDuration(Duration);
    }
}
