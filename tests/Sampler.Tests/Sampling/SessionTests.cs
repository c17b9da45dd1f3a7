using System.Diagnostics;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Sampling;

public sealed class SessionTests
{
    /// <summary>Every program whose stacks can be checked, with every minor version of CPython.</summary>
    public static TheoryData<PythonInterpreter, string> HostilePrograms
    {
        get
        {
            TheoryData<PythonInterpreter, string> data = [];
            foreach (PythonInterpreter interpreter in Interpreters.OnePerMinor)
            {
                foreach (string program in PossibleStacks.Programs)
                {
                    data.Add(interpreter, program);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(HostilePrograms))]
    public void Shows_only_stacks_that_the_program_can_have(PythonInterpreter interpreter, string program)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, program);
        StackSink sink = new();

        SamplingOutcome outcome = Attach(target, sink, rateHz: 0, TimeSpan.FromSeconds(1), blocking: false);

        List<string> impossible = [.. Impossible(sink, program)];
        Assert.True(impossible.Count == 0, $"{impossible.Count} impossible stacks of {sink.Samples} samples:\n{string.Join("\n", impossible.Take(5))}");
        Assert.True(sink.Samples > 100, $"{sink.Samples} samples, {outcome.Statistics.Failed} failed");
        Assert.True(sink.TimesGoForward);
        Assert.Equal(0, outcome.Statistics.Idle); // the main thread has frames all the time
        Assert.True(outcome.Reads >= outcome.Statistics.Samples, "a sample without a read");
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void A_program_that_stays_where_it_is_takes_hardly_more_than_one_read_a_sample(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "busy.py");
        StackSink sink = new();

        SamplingOutcome outcome = Attach(target, sink, rateHz: 0, TimeSpan.FromSeconds(1), blocking: false);

        // The inventory of an attach takes its reads once, however few samples a busy machine allows.
        const int ReadsAtFirst = 3000;
        SamplingStatistics statistics = outcome.Statistics;
        Assert.True(outcome.Reads >= statistics.Samples, "a sample without a read");
        Assert.True(
            outcome.Reads <= (1.5 * (statistics.Samples + statistics.Failed)) + ReadsAtFirst,
            $"{outcome.Reads} reads for {statistics.Samples} samples, {statistics.Failed} failed");
    }

    [Fact]
    public void Blocking_shows_only_stacks_that_the_program_can_have()
    {
        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "updown.py");
        StackSink sink = new();

        SamplingOutcome outcome = Attach(target, sink, rateHz: 2000, TimeSpan.FromSeconds(1), blocking: true);

        Assert.Empty(Impossible(sink, "updown.py"));
        Assert.True(sink.Samples > 10, $"{sink.Samples} samples");
        Assert.Equal(0, outcome.Statistics.Cut);
        Assert.Equal(0, target.Finish());
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void Attaching_lists_the_modules_and_says_that_they_were_there(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        StackSink sink = new();

        Attach(target, sink, rateHz: 1000, TimeSpan.FromMilliseconds(200), blocking: false);

        Assert.Equal(interpreter.Version.ToString(), sink.Python?.Version);
        Assert.StartsWith(interpreter.Version.ToString(), sink.Python?.Build, StringComparison.Ordinal);
        Assert.NotEmpty(sink.Python!.SearchPath);
        Assert.All(sink.Modules.Values, module => Assert.True(module.BeforeRecording));
        Assert.Equal(ModuleKind.Builtin, sink.Modules["sys"].Kind);
        Assert.Contains(sink.Modules["os"].Kind, (ModuleKind[])[ModuleKind.Source, ModuleKind.Frozen]);
        Assert.Contains("__main__", sink.Modules.Keys);
        Assert.Equal(sink.Modules.Count, sink.Modules.Values.Select(module => module.Order).Distinct().Count());
    }

    internal static SamplingOutcome Attach(TargetProcess target, StackSink sink, double rateHz, TimeSpan duration, bool blocking)
    {
        using RecordingPump pump = new(sink);
        pump.Start();
        SamplingSession session = new(
            new SamplingOptions { Verb = "attach", ToolVersion = "test", RateHz = rateHz, Duration = duration, Blocking = blocking },
            new SamplingTarget
            {
                Pid = target.Pid,
                ZeroNs = Stopwatch.GetTimestamp(),
                Attached = true,
                HasEnded = () => ProcessStatus.TryRead(target.Pid) is not { HasEnded: false },
            },
            pump);
        SamplingOutcome outcome = session.Run();
        pump.Complete();
        return outcome;
    }

    private static IEnumerable<string> Impossible(StackSink sink, string program)
    {
        foreach (((int thread, int stack), long count) in sink.Counts)
        {
            List<SeenFrame> frames = [.. sink.Frames(stack).Select(frame => new SeenFrame(frame.Function.File, frame.Function.Name))];
            if (PossibleStacks.Explain(program, frames) is { } why)
            {
                string text = string.Join(" > ", frames.Select(frame => $"{frame.Name} ({Path.GetFileName(frame.File)})"));
                yield return $"{count}x in {sink.Threads[thread].Name}: {why}: {text}";
            }
        }
    }
}
