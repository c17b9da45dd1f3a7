using System.Runtime.InteropServices;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Live;

/// <summary>The functions, lines and stacks that were announced, and what is on a stack, each function and line once.</summary>
internal sealed class LiveStacks
{
    private readonly List<FunctionInfo> _functions = [];
    private readonly List<(int Function, int Line)> _frames = [];
    private readonly Dictionary<(int Function, int Line), int> _lineIds = [];
    private readonly List<(int Function, int Line)> _lines = [];
    private readonly List<(int Parent, int Frame)> _stacks = [default]; // stacks are numbered from 1
    private readonly List<int> _functionMarks = [];
    private readonly List<int> _lineMarks = [];
    private int _mark;

    /// <summary>A function by its number.</summary>
    public FunctionInfo Function(int id) => _functions[id];

    /// <summary>Function and line of a line's number.</summary>
    public (FunctionInfo Function, int Line) Line(int id) => (_functions[_lines[id].Function], _lines[id].Line);

    /// <summary>The function on top of a stack.</summary>
    public FunctionInfo Leaf(int stack) => _functions[_frames[_stacks[stack].Frame].Function];

    /// <summary>Adds what was announced.</summary>
    public void Add(in FunctionInfo function)
    {
        _functions.Add(function);
        _functionMarks.Add(0);
    }

    /// <summary>Adds what was announced.</summary>
    public void Add(in FrameInfo frame)
    {
        _frames.Add((frame.FunctionId, frame.Line));
        if (_lineIds.TryAdd((frame.FunctionId, frame.Line), _lines.Count))
        {
            _lines.Add((frame.FunctionId, frame.Line));
            _lineMarks.Add(0);
        }
    }

    /// <summary>Adds what was announced.</summary>
    public void Add(int parent, int frame) => _stacks.Add((parent, frame));

    /// <summary>Adds looks at a stack to the counts of what is on it.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="isCut">Whether its upper end is missing: then nothing is on top.</param>
    /// <param name="looks">How many.</param>
    /// <param name="functions">Counts by function.</param>
    /// <param name="lines">Counts by line.</param>
    public void Count(int stack, bool isCut, long looks, Dictionary<int, LiveCount> functions, Dictionary<int, LiveCount> lines)
    {
        _mark++;
        long own = isCut ? 0 : looks;
        for (int at = stack; at != 0; at = _stacks[at].Parent)
        {
            (int function, int line) = _frames[_stacks[at].Frame];
            AddOnce(function, _functionMarks, functions, own, looks);
            AddOnce(_lineIds[(function, line)], _lineMarks, lines, own, looks);
            own = 0;
        }
    }

    private void AddOnce(int id, List<int> marks, Dictionary<int, LiveCount> counts, long own, long looks)
    {
        if (marks[id] == _mark)
        {
            return;
        }

        marks[id] = _mark;
        ref LiveCount count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, id, out _);
        count = new LiveCount(count.Own + own, count.Total + looks);
    }
}
