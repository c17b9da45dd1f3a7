using LibProf.Sampler.Sampling;
using LibProf.Sampler.Tests.Recording;

namespace LibProf.Sampler.Tests.Sampling;

public sealed class CollectorWatchTests
{
    [Fact]
    public void A_collection_lasts_from_midway_before_its_first_look_to_midway_after_its_last()
    {
        CollectingSink sink = new();
        CollectorWatch watch = new(sink);
        foreach ((long at, bool? collecting) in ((long, bool?)[])[(0, false), (10, true), (20, true), (30, false), (40, null), (50, true)])
        {
            watch.Observe(at, collecting);
        }

        Assert.Equal(["collection 5 25"], sink.Events);
        watch.Close(60);
        watch.Close(70);
        Assert.Equal(["collection 5 25", "collection 45 60"], sink.Events);
    }
}
