using System.Diagnostics;
using System.Globalization;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Sampling;

/// <summary>Looks that are lost where stacks change, more of them under one caller than under another, would shift the shares.</summary>
public sealed class DistributionTests
{
    private const double Bound = 1.5;
    private const int MostRuns = 12;
    private static readonly string[] s_callers = ["often", "sometimes", "seldom"];

    /// <summary>One interpreter for each way in which versions keep their frames.</summary>
    public static TheoryData<PythonInterpreter> Kinds =>
        [.. Interpreters.OnePerMinor.Where(interpreter => interpreter.Version.Minor is 6 or 8 or 10 or 11 or 13 or 15)];

    /// <remarks>
    /// A machine that lets libprof or the target wait for a processor gives a few thousand looks that are not independent: chance moves
    /// the shares by points. It averages out over more runs, while a shift stays; so runs are added up until the shares are right.
    /// </remarks>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Many_short_calls_under_three_callers_have_their_shares(PythonInterpreter interpreter)
    {
        double[] found = new double[s_callers.Length];
        double[] truth = new double[s_callers.Length];
        double error = double.PositiveInfinity;
        for (int run = 1; run <= MostRuns && error > Bound; run++)
        {
            using TargetProcess target = TargetProcess.Start(interpreter, "three_parents.py");
            StackSink sink = new();
            Attach(target, sink);
            target.Input.Close();
            string[] said = target.ReadLine()!.Split(' ');
            for (int i = 0; i < s_callers.Length; i++)
            {
                found[i] += CountUnder(sink, s_callers[i]);
                truth[i] += double.Parse(said[i + 1], CultureInfo.InvariantCulture) * 100;
            }

            double total = found.Sum();
            error = Enumerable.Range(0, s_callers.Length).Max(i => Math.Abs((100 * found[i] / total) - (truth[i] / run)));
        }

        Assert.True(error <= Bound, $"{error:F2} points in {MostRuns} runs: {string.Join(", ", found.Select(count => $"{100 * count / found.Sum():F2}"))}");
    }

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
