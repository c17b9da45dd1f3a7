using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Tests.Model;

public sealed class ProcessorTimeTests
{
    [Fact]
    public void What_a_reading_lacked_was_used_before_the_jump() => Assert.Equal([0, 4, 8, 9], CpuMs((0, 0), (4, 2), (8, 8), (12, 9)));

    [Fact]
    public void Waiting_stays_waiting() => Assert.Equal([0, 4, 4, 8], CpuMs((0, 0), (4, 4), (20, 4), (24, 8)));

    [Fact]
    public void Several_threads_are_no_lag_beyond_a_tick() => Assert.Equal([10, 110, 210, 300], CpuMs((0, 0), (50, 100), (100, 200), (150, 300)));

    [Fact]
    public void Time_does_not_go_back() => Assert.Equal([0, 5, 5, 9], CpuMs((0, 0), (5, 5), (6, 3), (20, 9)));

    private static IEnumerable<double> CpuMs(params (double AtMs, double CpuMs)[] readings) =>
        ProcessorTime.WithoutLag([.. readings.Select(reading => new ProcessorTime((long)(reading.AtMs * 1e6), (long)(reading.CpuMs * 1e6)))])
            .Select(reading => reading.CpuNs / 1e6);
}
