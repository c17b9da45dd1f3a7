using BenchmarkDotNet.Attributes;
using LibProf.Sampler.Recording;

namespace LibProf.Benchmarks;

/// <summary>A thousand samples on their way into a recording that nobody keeps: on the sampling thread, and on the writing one.</summary>
public class WritingBenchmarks
{
    private const int Samples = 1000;
    private readonly ThreadStack[] _stacks = new ThreadStack[8];
    private RecordingWriter? _writer;
    private RecordingPump? _pump;
    private long _now;

    /// <summary>Threads of a sample.</summary>
    [Params(1, 8)]
    public int Threads { get; set; }

    /// <summary>Whether each sample shows other stacks than the one before.</summary>
    [Params(false, true)]
    public bool Changing { get; set; }

    /// <summary>Opens the recordings.</summary>
    [GlobalSetup]
    public void Open()
    {
        _writer = new RecordingWriter(Stream.Null);
        _pump = new RecordingPump(new DiscardingSink());
        _pump.Start();
    }

    /// <summary>Ends them.</summary>
    [GlobalCleanup]
    public void Close()
    {
        _writer?.Dispose();
        _pump?.Dispose();
    }

    /// <summary>The sampling thread's part: into the ring.</summary>
    /// <returns>Samples for which there was room.</returns>
    [Benchmark(OperationsPerInvoke = Samples)]
    public int IntoTheRing()
    {
        int taken = 0;
        for (int i = 0; i < Samples; i++)
        {
            taken += _pump!.TrySample(_now += 10_000, Next(i)) ? 1 : 0;
        }

        return taken;
    }

    /// <summary>The writing thread's part: columns, compression, blocks.</summary>
    [Benchmark(OperationsPerInvoke = Samples)]
    public void IntoTheFile()
    {
        for (int i = 0; i < Samples; i++)
        {
            _writer!.OnSample(_now += 10_000, Next(i));
        }
    }

    private ReadOnlySpan<ThreadStack> Next(int sample)
    {
        for (int thread = 0; thread < Threads; thread++)
        {
            _stacks[thread] = new ThreadStack(thread, 1 + thread + (Changing ? sample % 50 : 0), false);
        }

        return _stacks.AsSpan(0, Threads);
    }
}
