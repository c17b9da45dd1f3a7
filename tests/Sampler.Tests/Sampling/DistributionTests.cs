using System.Diagnostics;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Sampling;

/// <summary>Looks that are lost where stacks change, more of them under one caller than under another, would shift the shares.</summary>
[Collection(nameof(OneAtATime))]
public sealed class DistributionTests
{
    /// <summary>One interpreter for each way in which versions keep their frames.</summary>
    public static TheoryData<PythonInterpreter> Kinds =>
        [.. Interpreters.OnePerMinor.Where(interpreter => interpreter.Version.Minor is 6 or 8 or 10 or 11 or 13 or 15)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Many_short_calls_under_three_callers_have_their_shares(PythonInterpreter interpreter) => Assert.Empty(
        ThreeCallers.Compare(interpreter, mostRuns: 12, (target, callers) =>
        {
            StackSink sink = new();
            Attach(target, sink);
            return [.. callers.Select(caller => CountUnder(sink, caller))];
        }));

    private static void Attach(TargetProcess target, StackSink sink)
    {
        using RecordingPump pump = new(sink);
        pump.Start();
        new SamplingSession(
            new SamplingOptions { Verb = "attach", ToolVersion = "test", RateHz = 5000, Duration = TimeSpan.FromSeconds(1), Blocking = false },
            new SamplingTarget
            {
                Pid = target.Pid,
                ZeroNs = Stopwatch.GetTimestamp(),
                Attached = true,
                HasEnded = () => ProcessStatus.TryRead(target.Pid) is not { HasEnded: false },
            },
            pump).Run();
        pump.Complete();
    }

    private static long CountUnder(StackSink sink, string caller) =>
        sink.Counts.Where(entry => sink.Frames(entry.Key.Stack).Any(frame => frame.Function.Name == caller)).Sum(entry => entry.Value);
}
