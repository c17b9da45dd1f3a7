using CsCheck;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Tests.Recording;

public class RecordingPumpTests
{
    private static readonly ThreadStack[] _oneStack = [new(0, 1, false)];

    [Fact]
    public void Every_event_arrives_in_order_when_nothing_is_refused()
    {
        Gen.Int.Sample(seed =>
        {
            var expected = new CollectingSink();
            var got = new CollectingSink();
            Play(expected, seed, 300);
            using (var pump = new RecordingPump(got, 1 << 14))
                Play(pump, seed, 300);
            Assert.Equal(expected.Events, got.Events);
        }, iter: 200);
    }

    [Fact]
    public void With_a_small_ring_and_a_thread_only_refused_samples_are_missing()
    {
        Gen.Select(Gen.Int, Gen.Int[4, 9]).Sample((seed, bits) =>
        {
            var expected = new CollectingSink();
            var got = new CollectingSink();
            var refused = 0;
            using var pump = new RecordingPump(got, 1 << bits);
            pump.Start();
            var both = new Tee(expected, pump);
            var events = new RandomEvents(seed);
            events.Begin(both);
            events.Play(both, 3000, (timeNs, stacks) =>
            {
                var taken = pump.TrySample(timeNs, stacks);
                if (taken)
                    expected.OnSample(timeNs, stacks);
                else
                    refused++;
                return taken;
            });
            pump.Complete();
            Assert.Equal(expected.Events, got.Events);
            Assert.Equal(refused, pump.Dropped);
        }, iter: 40);
    }

    [Fact]
    public void Many_threads_of_which_few_change_arrive_whole()
    {
        var expected = new CollectingSink();
        var got = new CollectingSink();
        using (var pump = new RecordingPump(got))
        {
            var stacks = Enumerable.Range(0, 500).Select(i => new ThreadStack(i, i + 1, false)).ToArray();
            for (var i = 0; i < 400; i++)
            {
                stacks[i * 7 % 500] = new ThreadStack(i * 7 % 500, int.MaxValue - i, i % 2 == 0);
                expected.OnSample(i, stacks);
                // Whole, one of these takes 502 words: only changes fit this many times.
                Assert.True(pump.TrySample(i, stacks));
            }
        }
        Assert.Equal(expected.Events, got.Events);
    }

    [Fact]
    public void A_full_ring_refuses_samples_at_once_and_takes_them_again_when_drained()
    {
        using var block = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        using var drained = new CountdownEvent(1 + 16);
        var sink = new GatedSink(reached, block, drained);
        using var pump = new RecordingPump(sink, 16);
        pump.Start();
        Assert.True(pump.TrySample(0, _oneStack));
        reached.Wait(TestContext.Current.CancellationToken);
        // The first record is consumed; sixteen of one word each fit into the ring.
        var time = 1L;
        while (pump.TrySample(time, _oneStack))
            time++;
        Assert.Equal(17, time);
        Assert.Equal(1, pump.Dropped);
        pump.OnStack(1, 0, 0);
        block.Set();
        drained.Wait(TestContext.Current.CancellationToken);
        Assert.True(pump.TrySample(100, _oneStack));
        pump.Complete();
        Assert.Equal([.. Enumerable.Range(0, 17).Select(i => $"sample {i} 0:1"), "stack 1 0 0", "sample 100 0:1"], sink.Events);
    }

    [Fact]
    public void A_sample_with_more_threads_than_the_ring_has_words_is_refused()
    {
        using var pump = new RecordingPump(new CollectingSink(), 16);
        Assert.False(pump.TrySample(0, new ThreadStack[15]));
        Assert.True(pump.TrySample(0, new ThreadStack[14]));
    }

    [Fact]
    public void Adding_a_sample_allocates_nothing()
    {
        using var pump = new RecordingPump(new CollectingSink());
        ThreadStack[] stacks = [new(0, 1, false), new(1, 2, false)];
        // Once before counting: the runtime makes its comparers on first use.
        Assert.True(pump.TrySample(0, stacks));
        stacks[0] = new ThreadStack(0, int.MaxValue, true);
        Assert.True(pump.TrySample(0, stacks));
        pump.OnStack(1, 0, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var taken = 0;
        for (var i = 1; i <= 200; i++)
        {
            stacks[0] = new ThreadStack(0, 1 + i / 2, false);
            taken += pump.TrySample(i, stacks) ? 1 : 0;
            pump.OnStack(1 + i, 0, 0);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(200, taken);
    }

    [Fact]
    public void A_fault_of_the_sink_is_thrown_on_completion_and_never_to_the_producer()
    {
        var pump = new RecordingPump(new ThrowingSink(), 16);
        pump.Start();
        for (var i = 0; i < 10_000; i++)
        {
            pump.TrySample(i, _oneStack);
            pump.OnStack(i + 1, 0, 0);
        }
        Assert.Throws<FormatException>(pump.Complete);
        pump.Complete();
        Assert.Throws<InvalidOperationException>(() => pump.TrySample(0, _oneStack));
    }

    [Fact]
    public void A_periodic_sink_hears_of_time_passing_while_nothing_happens()
    {
        using var ticks = new CountdownEvent(3);
        using var pump = new RecordingPump(new TickingSink(ticks));
        pump.Start();
        ticks.Wait(TestContext.Current.CancellationToken);
        pump.Complete();
    }

    private static void Play(IRecordingSink sink, int seed, int count)
    {
        var events = new RandomEvents(seed);
        events.Begin(sink);
        events.Play(sink, count);
    }

    private sealed class GatedSink(ManualResetEventSlim reached, ManualResetEventSlim gate, CountdownEvent drained) : CollectingSink
    {
        public override void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
        {
            base.OnSample(timeNs, stacks);
            reached.Set();
            gate.Wait();
            if (!drained.IsSet)
                drained.Signal();
        }
    }

    private sealed class ThrowingSink : CollectingSink
    {
        public override void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks) => throw new FormatException();
    }

    private sealed class TickingSink(CountdownEvent ticks) : CollectingSink, IPeriodicSink
    {
        private long _lastNs = long.MinValue;

        public void Tick(long nowNs)
        {
            Assert.True(nowNs >= _lastNs);
            _lastNs = nowNs;
            if (!ticks.IsSet)
                ticks.Signal();
        }
    }

    /// <summary>Hands every event but samples to two sinks.</summary>
    private sealed class Tee(IRecordingSink first, IRecordingSink second) : IRecordingSink
    {
        public void OnEnvironment(RecordingEnvironment environment) { first.OnEnvironment(environment); second.OnEnvironment(environment); }
        public void OnImage(ProcessImage image) { first.OnImage(image); second.OnImage(image); }
        public void OnPython(PythonInfo python) { first.OnPython(python); second.OnPython(python); }
        public void OnMilestone(Milestone milestone, long timeNs) { first.OnMilestone(milestone, timeNs); second.OnMilestone(milestone, timeNs); }
        public void OnThread(ThreadInfo thread) { first.OnThread(thread); second.OnThread(thread); }
        public void OnFunction(in FunctionInfo function) { first.OnFunction(function); second.OnFunction(function); }
        public void OnFrame(in FrameInfo frame) { first.OnFrame(frame); second.OnFrame(frame); }
        public void OnStack(int stackId, int parentStackId, int frameId) { first.OnStack(stackId, parentStackId, frameId); second.OnStack(stackId, parentStackId, frameId); }
        public void OnModule(ModuleInfo module) { first.OnModule(module); second.OnModule(module); }
        public void OnDistribution(DistributionInfo distribution) { first.OnDistribution(distribution); second.OnDistribution(distribution); }
        public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks) => throw new InvalidOperationException();
        public void OnMemory(in MemoryReading reading) { first.OnMemory(reading); second.OnMemory(reading); }
        public void OnStatistics(SamplingStatistics statistics) { first.OnStatistics(statistics); second.OnStatistics(statistics); }
        public void OnModuleSource(ModuleSource source) { first.OnModuleSource(source); second.OnModuleSource(source); }
        public void OnProcessorTime(long timeNs, long cpuNs) { first.OnProcessorTime(timeNs, cpuNs); second.OnProcessorTime(timeNs, cpuNs); }
        public void OnCollection(long beginNs, long endNs) { first.OnCollection(beginNs, endNs); second.OnCollection(beginNs, endNs); }
        public void OnCode(in CodeInfo code) { first.OnCode(code); second.OnCode(code); }
        public void OnUsage(UsageSnapshot usage) { first.OnUsage(usage); second.OnUsage(usage); }
        public void OnNativePages(NativePagesReading pages) { first.OnNativePages(pages); second.OnNativePages(pages); }
        public void OnImageEnd(ImageEnd end) { first.OnImageEnd(end); second.OnImageEnd(end); }
        public void OnInvocation(in Invocation invocation) { first.OnInvocation(invocation); second.OnInvocation(invocation); }
    }
}
