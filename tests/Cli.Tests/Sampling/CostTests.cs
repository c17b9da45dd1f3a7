using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Sampling;

/// <summary>
/// What a sample costs where it can be counted. Two runs of different length are compared, so that what libprof does once, at its
/// begin and end, falls out.
/// </summary>
public sealed class CostTests
{
    /// <summary>One interpreter of each minor version, with the depth and the threads of the target.</summary>
    public static TheoryData<PythonInterpreter, int, int> Targets
    {
        get
        {
            TheoryData<PythonInterpreter, int, int> data = [];
            foreach (PythonInterpreter interpreter in Interpreters.OnePerMinor)
            {
                data.Add(interpreter, 100, 1);
                data.Add(interpreter, 20, 8);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_sample_takes_few_reads_and_at_least_one(PythonInterpreter interpreter, int depth, int threads)
    {
        AttachedRun.RequireStrace();
        using TargetProcess target = TargetProcess.Start(interpreter, "working.py", $"{depth}", $"{threads}");

        AttachedRun brief = AttachedRun.Traced(target, seconds: 0.05);
        AttachedRun longer = AttachedRun.Traced(target, seconds: 1);

        long samples = longer.Samples - brief.Samples;
        Assert.SkipWhen(samples < 500, $"too busy a machine: {brief.Samples} samples in 50 ms, {longer.Samples} in a second");
        long reads = longer.Reads - brief.Reads;
        int most = threads > 1 ? 4 : interpreter.Version.Minor >= 11 ? 2 : 3;
        Assert.InRange(reads, samples, samples * most);
        Assert.Equal(0, target.Finish());
    }

    [Fact]
    public void Memory_does_not_grow_with_the_length_of_the_run()
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "under the JIT, memory grows with what has been compiled by then");
        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "working.py", "20", "1");

        AttachedRun brief = AttachedRun.Watched(target, rateHz: 10_000, seconds: 2);
        AttachedRun longer = AttachedRun.Watched(target, rateHz: 10_000, seconds: 6);

        Assert.SkipWhen(longer.Samples < 2 * brief.Samples, $"too busy a machine: {brief.Samples} and {longer.Samples} samples");
        // One byte a sample would be 40 KiB: the margin is what the collector may leave lying about.
        Assert.InRange(longer.PeakKib - brief.PeakKib, long.MinValue, 1024);
    }
}
