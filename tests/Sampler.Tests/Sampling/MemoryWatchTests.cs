using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;
using LibProf.Sampler.Tests.Recording;

namespace LibProf.Sampler.Tests.Sampling;

public sealed class MemoryWatchTests
{
    private const long Us = 1000;

    private readonly ForgedMemory _resident = new();
    private readonly ReadingSink _sink = new();
    private readonly StackInterner _interner;
    private readonly MemoryWatch _watch;
    private readonly int _main;
    private readonly int _importing;
    private readonly int _deeper;
    private long _nowNs;

    public MemoryWatchTests()
    {
        _interner = new StackInterner(new CollectingSink());
        int function = _interner.Function("f", "f.py", 1);
        _main = _interner.Stack(0, _interner.Frame(function, 1, null));
        _importing = _interner.Stack(_main, _interner.Frame(function, 2, new StringEntry(1, "a", _interner.Text("a"), default!)));
        _deeper = _interner.Stack(_importing, _interner.Frame(function, 3, null));
        _watch = new MemoryWatch(_resident, _sink, () => _nowNs);
    }

    [Fact]
    public void Stacks_know_what_they_import()
    {
        Assert.Equal(0, _interner.ImportOf(_main));
        Assert.Equal(_importing, _interner.ImportOf(_importing));
        Assert.Equal(_importing, _interner.ImportOf(_deeper));
        Assert.Equal(0, _interner.ImportOf(0));
    }

    [Fact]
    public void While_something_is_imported_each_look_reads_and_else_few_do()
    {
        for (int look = 0; look < 1000; look++)
        {
            Look(look * 200 * Us, _main);
        }

        Assert.InRange(_resident.Reads, 20, 21);
        _resident.Reads = 0;
        for (int look = 1000; look < 2000; look++)
        {
            Look(look * 200 * Us, _deeper);
        }

        Assert.Equal(1000, _resident.Reads);
        _resident.Reads = 0;
        for (int look = 0; look < 10_000; look++)
        {
            Look((400_000 + (look * 5)) * Us, _deeper);
        }

        Assert.InRange(_resident.Reads, 490, 501);
    }

    [Fact]
    public void Only_changes_are_recorded_and_the_last_moment_before_each()
    {
        int look = 0;
        foreach (long kib in (long[])[100, 100, 100, 100, 700, 700, 800])
        {
            _resident.Counters = new ResidentKib(kib, 50);
            Look(++look * 200 * Us, _deeper);
        }

        _watch.Finish();
        _watch.Finish();
        Assert.Equal([(200, 100), (800, 100), (1000, 700), (1200, 700), (1400, 800)], _sink.Readings.Select(reading => (reading.TimeNs / Us, reading.AnonymousKib)));
        Assert.All(_sink.Readings, reading => Assert.Equal((50, MemorySource.Counters, null), (reading.FileKib, reading.Source, reading.Faults)));
    }

    [Fact]
    public void Counters_that_lag_are_corrected_by_the_page_tables_at_boundaries()
    {
        _resident.CountersAreExact = false;
        _resident.Counters = new ResidentKib(100, 50);
        _resident.PageTables = new ResidentKib(130, 60);
        Look(200 * Us, _deeper);
        Look(400 * Us, _deeper);
        _resident.Counters = new ResidentKib(200, 50);
        Look(600 * Us, _deeper);
        _watch.Finish();

        Assert.Equal(
            [(130, 60, MemorySource.PageTables), (130, 60, MemorySource.LaggingCounters), (230, 60, MemorySource.LaggingCounters)],
            _sink.Readings.Select(reading => (reading.AnonymousKib, reading.FileKib, reading.Source)));
        Assert.Equal(1, _resident.Walks);
    }

    [Fact]
    public void Without_page_tables_the_counters_have_to_do()
    {
        _resident.CountersAreExact = false;
        _resident.Counters = new ResidentKib(100, 50);
        for (int look = 1; look < 9; look++)
        {
            Look(look * 200 * Us, look % 2 == 0 ? _main : _deeper);
        }

        _watch.Finish();
        Assert.Equal(1, _resident.Walks);
        Assert.All(_sink.Readings, reading => Assert.Equal(MemorySource.LaggingCounters, reading.Source));
    }

    [Fact]
    public void A_process_that_has_gone_leaves_no_reading()
    {
        _resident.Counters = null;
        Look(200 * Us, _deeper);
        _watch.Finish();
        Assert.Empty(_sink.Readings);
    }

    private void Look(long timeNs, int stack)
    {
        _nowNs = timeNs;
        _watch.Observe(timeNs, [new ThreadStack(0, stack, false)], _interner, threads: null!);
    }

    private sealed class ForgedMemory : IResidentMemory
    {
        public ResidentKib? Counters { get; set; } = new ResidentKib(1, 1);

        public ResidentKib? PageTables { get; set; }

        public int Reads { get; set; }

        public int Walks { get; private set; }

        public bool CountersAreExact { get; set; } = true;

        public bool TryReadCounters(out ResidentKib resident)
        {
            Reads++;
            resident = Counters ?? default;
            return Counters is not null;
        }

        public bool TryReadPageTables(out ResidentKib resident)
        {
            Walks++;
            resident = PageTables ?? default;
            return PageTables is not null;
        }

        public long ReadFaults(int thread) => -1;
    }

    private sealed class ReadingSink : CollectingSink, IRecordingSink
    {
        public List<MemoryReading> Readings { get; } = [];

        void IRecordingSink.OnMemory(in MemoryReading reading) => Readings.Add(reading);
    }
}
