using BenchmarkDotNet.Attributes;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.TestSupport;

namespace LibProf.Benchmarks;

/// <summary>One <c>process_vm_readv</c> of a running target: what it costs by size, and by the number of ranges.</summary>
public class ReadingBenchmarks
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly RemoteRange[] _ranges = new RemoteRange[8];
    private TargetProcess? _target;
    private LiveProcessMemory? _memory;
    private ulong _address;

    /// <summary>Bytes of one range.</summary>
    [Params(64, 4096, 16384)]
    public int Length { get; set; }

    /// <summary>Starts a target and finds memory that is there: its interpreter's state and what follows it.</summary>
    [GlobalSetup]
    public void Start()
    {
        _target = TargetProcess.Start(Interpreters.Any(), "busy.py");
        _memory = new LiveProcessMemory(_target.Pid);
        LocatedRuntime runtime = RuntimeLocator.Locate(_target.Pid, _memory);
        _address = runtime.RuntimeAddress;
        // Where the readable memory behind it ends early, the state's begin is read instead, again and again.
        if (!_memory.TryRead(_address, _buffer.AsSpan(0, Length)))
        {
            throw new InvalidOperationException("the runtime's memory is shorter than this read");
        }

        for (int i = 0; i < _ranges.Length; i++)
        {
            _ranges[i] = new RemoteRange(_address, (ulong)(Length / _ranges.Length));
        }
    }

    /// <summary>Ends the target.</summary>
    [GlobalCleanup]
    public void End() => _target?.Dispose();

    /// <summary>All bytes as one range.</summary>
    [Benchmark(Baseline = true)]
    public bool OneRange() => _memory!.TryRead(_address, _buffer.AsSpan(0, Length));

    /// <summary>The same number of bytes as eight ranges of one call.</summary>
    [Benchmark]
    public int EightRanges() => _memory!.ReadRanges(_ranges, _buffer);
}
