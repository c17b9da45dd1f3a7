using BenchmarkDotNet.Attributes;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Tests.Interpreter;
using LibProf.TestSupport;

namespace LibProf.Benchmarks;

/// <summary>A look at an interpreter made up in memory: all of a look but the system call.</summary>
public class ForgedWalkingBenchmarks
{
    private InterpreterReader? _reader;
    private ForgedInterpreter? _python;
    private ulong _top;
    private ulong _below;
    private long _now;
    private bool _isBelow;

    /// <summary>Frames of the only thread.</summary>
    [Params(20, 100)]
    public int Depth { get; set; }

    /// <summary>Makes the stack and takes looks until all of it is known.</summary>
    [GlobalSetup]
    public void Build()
    {
        _python = new ForgedInterpreter();
        ulong frame = _python.Root;
        for (int i = 0; i < Depth; i++)
        {
            _below = frame;
            frame = _python.Push(frame, _python.Code(_python.Str($"f{i}"), _python.Str("f.py"), i + 1), owner: 0);
        }

        _top = frame;
        _python.SetNewest(_top);
        _reader = new InterpreterReader(
            new PythonObjects(_python.Memory, _python.Layout), _python.Runtime, new StackInterner(new DiscardingSink()), (_, _, _) => 0);
        for (int i = 0; i < 300; i++)
        {
            SameStack();
        }
    }

    /// <summary>The stack is the one of the look before.</summary>
    /// <returns>The number of stacks.</returns>
    [Benchmark(Baseline = true)]
    public int SameStack()
    {
        _reader!.Look(_now += 1_000_000);
        return _reader.StackCount;
    }

    /// <summary>The newest frame comes and goes from look to look.</summary>
    /// <returns>The number of stacks.</returns>
    [Benchmark]
    public int ChangingTop()
    {
        _isBelow = !_isBelow;
        _python!.SetNewest(_isBelow ? _below : _top);
        return SameStack();
    }
}

/// <summary>A look at a running CPython, system call included.</summary>
public class LiveWalkingBenchmarks
{
    private TargetProcess? _target;
    private InterpreterReader? _reader;
    private long _now;

    /// <summary>One interpreter for each way in which versions keep their frames.</summary>
    public static IEnumerable<PythonInterpreter> Versions =>
        Interpreters.OnePerMinor.Where(interpreter => interpreter.Version.Minor is 8 or 11 or 13 or 15);

    /// <summary>The interpreter of the target.</summary>
    [ParamsSource(nameof(Versions))]
    public PythonInterpreter? Python { get; set; }

    /// <summary>Frames of the target's only thread, but for three.</summary>
    [Params(20, 100)]
    public int Depth { get; set; }

    /// <summary>Starts the target and takes looks until all of it is known.</summary>
    [GlobalSetup]
    public void Start()
    {
        _target = TargetProcess.Start(Python!, "busy.py", $"{Depth}");
        LiveProcessMemory memory = new(_target.Pid);
        LocatedRuntime runtime = RuntimeLocator.Locate(_target.Pid, memory);
        _reader = new InterpreterReader(
            new PythonObjects(memory, runtime.Layout), runtime, new StackInterner(new DiscardingSink()), (_, _, _) => 0);
        for (int i = 0; i < 300; i++)
        {
            Look();
        }
    }

    /// <summary>Ends the target.</summary>
    [GlobalCleanup]
    public void End() => _target?.Dispose();

    /// <summary>A look.</summary>
    /// <returns>The number of stacks.</returns>
    [Benchmark]
    public int Look()
    {
        _reader!.Look(_now += 1_000_000);
        return _reader.StackCount;
    }
}
