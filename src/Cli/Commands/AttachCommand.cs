using System.Diagnostics;
using System.Globalization;
using CommandLine;
using LibProf.Cli.Recordings;
using LibProf.Cli.Terminal;
using LibProf.Sampler;
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
        "libprof attach --duration 10 1234", Run, OptionParser.Table<AttachOptions>)
    {
        Details =
            "The process is neither changed nor stopped. What it imported before is listed without times. You need the right to trace it: the same user, with kernel.yama.ptrace_scope at 0, or root.",
        Examples =
        [
            new Example("libprof attach --duration 10 1234", "record process 1234 for ten seconds"),
            new Example("libprof attach --format flamegraph -o stacks.svg -d 30 1234", "where it spends its time, as a picture"),
            new Example("libprof attach --rate max --blocking 1234", "exact stacks: the process is stopped for each look; Ctrl-C ends"),
        ],
        Choices = name => name == "format" ? FormatChoices.OfRecording : null,
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        // First of all: under the JIT this may start the program anew.
        SignalHandover.Ensure();
        Interruption interruption = new();
        _ = SignalWatch.TryStart(interruption.OnSignal);
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
        if (options.Blocking)
        {
            CheckThatItCanBeStopped(pid);
        }

        interruption.RememberFirst();
        using RecordingOutput output = RecordingOutput.Open(options.Format, options.Output, NameOf(pid), pid);
        try
        {
            return Record(pid, options, output, interruption);
        }
        catch (AttachException)
        {
            // It ended, or began another program, before the first look.
            output.Discard();
            throw;
        }
    }

    private static int Record(int pid, AttachOptions options, RecordingOutput output, Interruption interruption)
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
        interruption.StopFirst(job);
        job.Run();
        return job.Report() ? ExitStatus.Done : ExitStatus.Failed;
    }

    private static void CheckThatItCanBeStopped(int pid)
    {
        TargetPause pause = new(pid);
        bool refused = !pause.TryPause() && pause.IsRefused;
        pause.Resume();
        if (refused)
        {
            throw AttachDiagnosis.Explain(pid, error: 1);
        }
    }

    /// <summary>A process id as given by the user.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static int ParsePid(string text, string verb) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0
            ? pid
            : throw CliException.Usage($"'{text}' is not a process id", $"see libprof {verb} --help");

    private static string NameOf(int pid) => CommandName.Of(ProcessIdentity.TryRead(pid)?.CommandLine ?? []);
}

/// <summary>What Ctrl-C does: at first it ends the sampling, and what there is gets written and shown; again, or before, it ends libprof.</summary>
internal sealed class Interruption
{
    private readonly Lock _lock = new();
    private RecordingJob? _job;
    private bool _isFirstMild;
    private bool _isAsked;

    /// <summary>From now on the first signal does not end libprof: a file has been begun, and is to be finished.</summary>
    public void RememberFirst()
    {
        lock (_lock)
        {
            _isFirstMild = true;
        }
    }

    /// <summary>What the first signal stops, or has stopped already.</summary>
    public void StopFirst(RecordingJob job)
    {
        lock (_lock)
        {
            _job = job;
            if (_isAsked)
            {
                job.Stop();
            }
        }
    }

    /// <summary>A signal that asks libprof to end.</summary>
    public void OnSignal(int number)
    {
        lock (_lock)
        {
            if (!_isFirstMild || _isAsked)
            {
                _job?.LeaveTerminal();
                SignalWatch.ExitNow(128 + number);
            }

            _isAsked = true;
            _job?.Stop();
        }
    }
}
