using System.Globalization;
using System.Text;
using LibProf.Analyzer.Benchmarks;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Recordings;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Benchmarking;

/// <summary>
/// Runs the commands of a plan one after the other. With two commands, each round runs both, in an order drawn anew, so that whatever
/// disturbs the machine disturbs both alike. Timed runs are launched as <c>run</c> launches, and not looked at.
/// </summary>
internal sealed class BenchRunner(BenchPlan plan, IReadOnlyList<byte[]> libprof, bool quiet)
{
    private readonly IReadOnlyList<byte[]>[] _commands = plan.Other is null ? [plan.Command] : [plan.Command, plan.Other];
    private readonly Lock _lock = new();
    private readonly bool _showProgress = !quiet && StandardStream.Error.IsTerminal;
    private ChildProcess? _current;
    private string? _directory;

    /// <summary>Does it.</summary>
    /// <exception cref="CliException">A run failed.</exception>
    /// <exception cref="LaunchException">A command cannot be started.</exception>
    public BenchReport Run()
    {
        List<TimedRun>[] timed = [.. _commands.Select(_ => new List<TimedRun>())];
        List<string>[] recordings = [.. _commands.Select(_ => new List<string>())];
        try
        {
            _directory = plan.WithInit ? Directory.CreateTempSubdirectory("libprof-bench-").FullName : null;
            for (int i = 0; i < plan.Warmup; i++)
            {
                Progress("warm-up", i, plan.Warmup);
                Round(command => RunTimed(command));
            }

            for (int i = 0; i < plan.Runs; i++)
            {
                Progress("run", i, plan.Runs);
                Round(command => timed[command].Add(RunTimed(command)));
                if (_directory is not null)
                {
                    string name = i.ToString(CultureInfo.InvariantCulture);
                    Round(command => recordings[command].Add(RunLookedAt(command, name)));
                }
            }

            // Only now: reading recordings takes memory, which would be counted as that of programs launched later.
            Progress("", 0, 0);
            BenchResult[] results = [.. timed.Zip(recordings, _commands).Select(all => new BenchResult(Shown(all.Third), all.First, [.. all.Second.Select(Read)]))];
            var surroundings = ProcessSurroundings.Read(Environment.ProcessId);
            BenchSettings settings = new(plan.Runs, plan.Warmup, plan.WithInit, surroundings.Cpus, surroundings.CpuQuota, surroundings.Kernel);
            return new BenchReport(settings, results[0], results.Length > 1 ? results[1] : null);
        }
        finally
        {
            Progress("", 0, 0);
            RemoveRecordings();
        }
    }

    /// <summary>A signal that asks libprof to end: the program that runs gets it too, recordings are removed, and libprof ends.</summary>
    public void OnSignal(int number)
    {
        lock (_lock)
        {
            _ = _current?.Signal(number);
            RemoveRecordings();
            SignalWatch.ExitNow(128 + number);
        }
    }

    private void Round(Action<int> run)
    {
        int first = _commands.Length > 1 ? Random.Shared.Next(2) : 0;
        for (int i = 0; i < _commands.Length; i++)
        {
            Prepare();
            run(i ^ first);
        }
    }

    private TimedRun RunTimed(int command)
    {
        ChildProcess child = Launch(_commands[command]);
        TimedRun run = new((child.ExitedAtNs - child.SpawnedAtNs) / 1e6, child.CpuWithChildrenNs / 1e6, child.PeakKib, child.ExitStatus ?? ExitStatus.Failed);
        Judge(run.Status, command);
        return run;
    }

    private string RunLookedAt(int command, string name)
    {
        string file = Path.Combine(_directory!, $"{command}-{name}.libprof");
        byte[][] options = [.. new[] { "run", "-q", "-o", file, "--" }.Select(Encoding.UTF8.GetBytes)];
        ChildProcess child = Launch([.. libprof, .. options, .. _commands[command]]);
        Judge(child.ExitStatus ?? ExitStatus.Failed, command);
        return file;
    }

    private ChildProcess Launch(IReadOnlyList<byte[]> command)
    {
        ChildProcess child;
        lock (_lock)
        {
            using SilencedStreams? silence = plan.ShowOutput ? null : new SilencedStreams();
            _current = child = ChildProcess.Launch(command);
        }

        child.WaitForExit();
        return child;
    }

    private void Prepare()
    {
        if (plan.Prepare is not { } prepare)
        {
            return;
        }

        int status = Launch([.. new[] { "/bin/sh", "-c", prepare }.Select(Encoding.UTF8.GetBytes)]).ExitStatus ?? ExitStatus.Failed;
        if (status != 0)
        {
            throw CliException.Usage(string.Create(CultureInfo.InvariantCulture, $"the preparation ended with status {status}"), $"see why: sh -c '{prepare}'");
        }
    }

    private void Judge(int status, int command)
    {
        if (status != 0 && !plan.IgnoreFailure)
        {
            throw CliException.Usage(
                string.Create(CultureInfo.InvariantCulture, $"a run of {Shown(_commands[command])} ended with status {status}"), "see why with --show-output, or accept it with --ignore-failure");
        }
    }

    private static LookedAtRun Read(string path)
    {
        ReportModel report = RecordingFile.Read(path).Report;
        return new LookedAtRun(
            report.IsPython ? BudgetFigures.Of(report, BudgetMetric.Init) : null, report.IsPython ? BudgetFigures.Of(report, BudgetMetric.Memory) : null);
    }

    private static string Shown(IReadOnlyList<byte[]> command) =>
        ReportViewBuilder.Command([.. command.Select(Encoding.UTF8.GetString)]);

    private void RemoveRecordings()
    {
        try
        {
            if (_directory is not null)
            {
                Directory.Delete(_directory, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What is left is in the directory for temporary files.
        }
    }

    private void Progress(string what, int done, int all)
    {
        if (_showProgress)
        {
            StandardError.Write(what.Length == 0 ? "\r\x1b[K" : string.Create(CultureInfo.InvariantCulture, $"\r\x1b[Klibprof: {what} {done + 1} of {all}"));
        }
    }
}
