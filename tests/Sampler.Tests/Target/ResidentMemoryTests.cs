using System.Text;
using LibProf.Sampler.Native;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Tests.Target;

public sealed class ResidentMemoryTests
{
    [Fact]
    public void Counters_are_resident_and_shared_pages()
    {
        Assert.True(ResidentMemory.TryParseCounters("5000 3000 1200 700 0 2100 0\n"u8, 4, out ResidentKib resident));
        Assert.Equal(new ResidentKib(7200, 4800), resident);
    }

    [Theory]
    [InlineData("0 0 0 0 0 0 0\n")] // a zombie
    [InlineData("")]
    [InlineData("12 34")]
    [InlineData("twelve 34 5")]
    public void Counters_of_no_process_are_none(string text) =>
        Assert.False(ResidentMemory.TryParseCounters(Encoding.ASCII.GetBytes(text), 4, out _));

    [Fact]
    public void Counters_that_lag_give_no_negative_memory()
    {
        Assert.True(ResidentMemory.TryParseCounters("5000 30 34 7 0 21 0"u8, 4, out ResidentKib resident));
        Assert.Equal(new ResidentKib(0, 136), resident);
    }

    [Fact]
    public void Page_tables_tell_anonymous_memory_from_the_rest()
    {
        Assert.True(ResidentMemory.TryParsePageTables(
            "5581c0-7ffd [rollup]\nRss:                8364 kB\nPss:  100 kB\nPss_Anon:  90 kB\nAnonymous:          2868 kB\nSwap: 0 kB\n"u8, out ResidentKib resident));
        Assert.Equal(new ResidentKib(2868, 5496), resident);
        Assert.False(ResidentMemory.TryParsePageTables("Rss: 1 kB\n"u8, out _));
    }

    [Fact]
    public void Faults_are_found_behind_any_name()
    {
        Assert.True(ResidentMemory.TryParseFaults("77 (a) b) R 1 2 3 4 5 6 700 8 9 10 11\n"u8, out long faults));
        Assert.Equal(709, faults);
        Assert.False(ResidentMemory.TryParseFaults("77 (a) R 1 2 3"u8, out _));
        Assert.False(ResidentMemory.TryParseFaults(""u8, out _));
    }

    [Fact]
    public void A_live_process_is_read_from_both_sources()
    {
        using ResidentMemory own = new(Environment.ProcessId);
        Assert.True(own.TryReadCounters(out ResidentKib counters));
        Assert.True(own.TryReadPageTables(out ResidentKib tables));
        Assert.InRange(counters.AnonymousKib, tables.AnonymousKib / 2, tables.AnonymousKib * 2);
        Assert.InRange(counters.FileKib, tables.FileKib / 2, tables.FileKib * 2);
        Assert.InRange(own.ReadFaults(0), 1, long.MaxValue);
        Assert.Equal(-1, own.ReadFaults(int.MaxValue));
    }

    [Fact]
    public void Fresh_pages_are_resident_while_needed()
    {
        long before = 0;
        long between = 0;
        using ResidentMemory own = new(Environment.ProcessId);
        Assert.True(own.TryReadPageTables(out ResidentKib resident));
        before = resident.AnonymousKib;
        Assert.True(FreshPages.With(64 << 8, () => between = own.TryReadPageTables(out ResidentKib more) ? more.AnonymousKib : 0));
        Assert.InRange(between - before, 32 << 10, 256 << 10);
    }
}
