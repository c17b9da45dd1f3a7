using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using CommandLine;
using LibProf.Cli.Recordings;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof attach</c>.</summary>
internal sealed class AttachOptions : RecordingOptions
{
    /// <inheritdoc/>
    public override double DefaultRate => 1000;

    [Value(0, MetaName = "PID", Required = true, HelpText = "The process to record.")]
    public string Pid { get; set; } = "";
}

/// <summary><c>libprof attach</c>: records a running process until it ends, the duration is over, or Ctrl-C.</summary>
internal static class AttachCommand
{
    public static Verb Verb { get; } = new(
        "attach", "[options] PID", "record a running process, for --duration seconds or until Ctrl-C",
        "libprof attach --duration 10 1234", Run, OptionParser.Table<AttachOptions>);

    private static int Run(ReadOnlySpan<string> arguments)
    {
        SignalInbox.LetSignalsThrough();
        AttachOptions? options = OptionParser.Parse<AttachOptions>(Verb.Name, arguments);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        options.Validate(Verb.Name);
        int pid = ParsePid(options.Pid, Verb.Name);
        // Before any output is opened: the usual mistakes are about the process.
        RuntimeLocator.Locate(pid, new LiveProcessMemory(pid));
        using RecordingOutput output = RecordingOutput.Open(options.Format, options.Output, NameOf(pid), pid);
        return Record(pid, options, output);
    }

    private static int Record(int pid, AttachOptions options, RecordingOutput output)
    {
        using ProcessImageWatch? watch = ProcessImageWatch.TryOpen(pid, out _);
        SamplingTarget target = new()
        {
            Pid = pid,
            ZeroNs = Stopwatch.GetTimestamp(),
            Attached = true,
            HasEnded = () => ProcessStatus.TryRead(pid) is not { HasEnded: false },
        };
        RecordingJob job = new("attach", options, target, output);
        using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT, job);
        using PosixSignalRegistration terminate = StopOn(PosixSignal.SIGTERM, job);
        using PosixSignalRegistration hangup = StopOn(PosixSignal.SIGHUP, job);
        job.Finish();
        return job.Report() ? ExitStatus.Done : ExitStatus.Failed;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, RecordingJob job) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            job.Stop();
        });

    /// <summary>A process id as given by the user.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static int ParsePid(string text, string verb) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0
            ? pid
            : throw CliException.Usage($"'{text}' is not a process id", $"see libprof {verb} --help");

    private static string NameOf(int pid) => CommandName.Of(ProcessIdentity.TryRead(pid)?.CommandLine ?? []);
}
