using BenchmarkDotNet.Attributes;
using LibProf.Sampler.Interpreter;

namespace LibProf.Benchmarks;

/// <summary>Numbers for stacks: known ones, which most looks bring, and new ones.</summary>
public class InterningBenchmarks
{
    private StackInterner _interner = new(new DiscardingSink());
    private int[] _frames = [];

    /// <summary>Frames of a stack.</summary>
    [Params(20, 100)]
    public int Depth { get; set; }

    /// <summary>Makes the frames known.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _interner = new StackInterner(new DiscardingSink());
        _frames = [.. Enumerable.Range(0, Depth).Select(i => _interner.Frame(_interner.Function($"f{i}", "f.py", i), i, null))];
        KnownStack();
    }

    /// <summary>All frames of a stack that was seen before.</summary>
    /// <returns>Its number.</returns>
    [Benchmark(Baseline = true)]
    public int KnownStack()
    {
        int stack = 0;
        foreach (int frame in _frames)
        {
            stack = _interner.Stack(stack, frame);
        }

        return stack;
    }

    /// <summary>The same where nothing is known: functions, frames, stacks, and the table that holds them.</summary>
    /// <returns>Its number.</returns>
    [Benchmark]
    public int EverythingNew()
    {
        StackInterner interner = new(new DiscardingSink());
        int stack = 0;
        for (int i = 0; i < Depth; i++)
        {
            stack = interner.Stack(stack, interner.Frame(interner.Function("f", "f.py", i), i, null));
        }

        return stack;
    }
}
