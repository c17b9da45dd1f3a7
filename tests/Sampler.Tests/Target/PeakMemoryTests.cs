using LibProf.Sampler.Target;

namespace LibProf.Sampler.Tests.Target;

public class PeakMemoryTests
{
    [Fact]
    public void Of_this_process_is_what_its_status_says_and_only_grows()
    {
        using PeakMemory peak = new(Environment.ProcessId);
        long? first = peak.TryRead();
        long? status = ProcessStatus.TryReadOwn()?.PeakResidentKiB;
        Assert.NotNull(first);
        Assert.InRange(status!.Value, first.Value, long.MaxValue);
        Assert.InRange(peak.TryRead()!.Value, first.Value, long.MaxValue);
    }

    [Fact]
    public void Reading_it_again_allocates_nothing()
    {
        using PeakMemory peak = new(Environment.ProcessId);
        _ = peak.TryRead();
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = peak.TryRead();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_zombie_has_none() => Assert.Null(PeakMemory.Parse("Name:\tpython\nState:\tZ (zombie)\n"u8));
}
