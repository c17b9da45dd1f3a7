using LibProf.Analyzer.Model;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Tests.Views;

public sealed class ProcessorSharesTests
{
    [Fact]
    public void What_was_used_between_two_readings_is_spread_over_their_time()
    {
        ProcessorShares shares = ProcessorShares.Of(Profile((0, 0), (10, 8), (18, 10)))!;

        Assert.Equal(8e6, shares.Between(0, RecordingScript.Ns(10)), 1e5);
        Assert.Equal(4e6, shares.Between(RecordingScript.Ns(5), RecordingScript.Ns(10)), 1e5);
        Assert.Equal(0.75e6, shares.Between(RecordingScript.Ns(15), RecordingScript.Ns(18)), 1e5);
        Assert.Equal(0, shares.Between(RecordingScript.Ns(20), RecordingScript.Ns(30)));
    }

    [Fact]
    public void One_reading_tells_nothing() => Assert.Null(ProcessorShares.Of(Profile((5, 3))));

    private static Profile Profile(params (double AtMs, double CpuMs)[] readings)
    {
        RecordingScript script = RecordingScript.Run().Looks(0, 20, Py.Script(1));
        foreach ((double at, double cpu) in readings)
        {
            script.Processor(at, cpu);
        }

        return script.Report().Profile;
    }
}
