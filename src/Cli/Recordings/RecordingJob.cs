using System.Globalization;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Commands;
using LibProf.Cli.Terminal;
using LibProf.Sampler;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sampling;

namespace LibProf.Cli.Recordings;

/// <summary>A sampling session, its recording, and the report on it: what <c>run</c> and <c>attach</c> have in common.</summary>
internal sealed class RecordingJob
{
    private readonly RecordingOptions _options;
    private readonly RecordingOutput _output;
    private readonly RecordingPump _pump;
    private readonly SamplingSession _session;
    private readonly RecordingProgress? _progress;
    private readonly int _pid;
    private StatusLine? _line;
    private SamplingOutcome? _outcome;
    private Exception? _failure;

    /// <summary>Makes a job; <see cref="Run"/> does it.</summary>
    public RecordingJob(string verb, RecordingOptions options, SamplingTarget target, RecordingOutput output)
    {
        _options = options;
        _output = output;
        _pid = target.Pid;
        _progress = !options.Quiet && StatusLine.IsPossible && (options.Progress || !output.GoesToAnother) ? new RecordingProgress() : null;
        _pump = new RecordingPump(_progress is null ? output.Writer : new SinkPair(output.Writer, _progress), RingWords(options.RateHz));
        _pump.Start();
        _session = new SamplingSession(
            new SamplingOptions
            {
                Verb = verb,
                ToolVersion = Program.Version,
                RateHz = options.RateHz,
                Blocking = options.Blocking,
                Memory = !options.NoMemory,
                FollowUse = !options.NoUse,
                Duration = options.Duration is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            },
            target,
            _pump);
    }

    /// <summary>Asks sampling to end soon.</summary>
    public void Stop() => _session.Stop();

    /// <summary>Leaves the terminal as it was, before libprof ends at once.</summary>
    public void LeaveTerminal() => Volatile.Read(ref _line)?.Leave();

    /// <summary>Samples on the calling thread until sampling is over and everything is written.</summary>
    /// <exception cref="AttachException">The process cannot be profiled (attach).</exception>
    public SamplingOutcome Run()
    {
        if (_progress is not null)
        {
            Volatile.Write(ref _line, StatusLine.Start(_pid, _options.Progress, new ProgressText(_progress, _options.Duration).Of));
        }

        try
        {
            Sample();
            _pump.Complete();
            _output.Writer.Complete();
        }
        finally
        {
            _line?.Dispose();
        }

        if (_failure is AttachException attach)
        {
            throw new AttachException(attach.Reason, attach.Message, attach.Hint);
        }

        return _outcome ?? throw new InvalidOperationException($"sampling failed: {_failure?.Message}", _failure);
    }

    /// <summary>
    /// Makes the format that was asked for and shows the report on standard error. False when something of the recording
    /// could not be written, which has been said then.
    /// </summary>
    public bool Report()
    {
        bool written = true;
        if (_output.Writer.Failure is { } failure)
        {
            written = false;
            string where = _output is { HasExport: false, FileName: { } name } ? $"{name}: " : "";
            StandardError.Error(
                $"{where}the recording could not be written further: {RecordingOutput.Reason(failure, "")}",
                _output.Writer.BytesWritten > 0 ? "what was written until then can be read" : "");
        }

        bool exports = _output.HasExport;
        if (_options.Quiet && !exports)
        {
            return written;
        }

        ReportModel? report = _output.ReadBack(_options.InitUntil);
        if (report is null)
        {
            return written;
        }

        try
        {
            _output.Export(report, _options.Verbose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            written = false;
            StandardError.Error($"cannot write {_output.FileName}: {RecordingOutput.Reason(exception, "")}");
        }

        if (!_options.Quiet)
        {
            if (_options.Verbose && _outcome is { Statistics.Samples: > 0 } outcome)
            {
                StandardError.Write(string.Create(CultureInfo.InvariantCulture,
                    $"libprof: {outcome.Reads} reads of the target, {(double)outcome.Reads / outcome.Statistics.Samples:0.00} per sample\n"));
            }

            ReportText.Show(report, _options.Verbose);
            if (written && _output.FileName is { } file)
            {
                StandardError.Write(exports ? $"\nWritten to {file}\n" : $"\nRecorded in {file}; see it again with: libprof report {file}\n");
            }
        }

        return written;
    }

    // Room for a second at a modest rate; the default where as many samples come as the machine can take.
    private static int RingWords(double rateHz) =>
        rateHz is > 0 and <= 10_000 ? RecordingPump.DefaultCapacityWords / 4 : RecordingPump.DefaultCapacityWords;

    private void Sample()
    {
        try
        {
            _outcome = _session.Run();
        }
        catch (Exception exception)
        {
            // What was recorded until then is completed first.
            _failure = exception;
        }
    }
}
