using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>
/// Functions, frames and stacks of a recording. Stacks form a prefix tree: each has its leaf frame and its caller's stack,
/// whose number is smaller than its own, so that one pass upwards through the numbers sees callers before callees.
/// </summary>
public sealed class StackTable
{
    private readonly FunctionInfo[] _functions;
    private readonly FrameInfo[] _frames;
    private readonly StackNode[] _stacks;

    private readonly IReadOnlyDictionary<int, long> _interpreters;

    internal StackTable(FunctionInfo[] functions, FrameInfo[] frames, StackNode[] stacks, IReadOnlyDictionary<int, long> interpreters)
    {
        _interpreters = interpreters;
        _functions = functions;
        _frames = frames;
        _stacks = stacks;
    }

    /// <summary>Every function, by its number.</summary>
    public IReadOnlyList<FunctionInfo> Functions => _functions;

    /// <summary>Every frame, by its number.</summary>
    public IReadOnlyList<FrameInfo> Frames => _frames;

    /// <summary>How many stacks there are, the empty one not counted; the highest stack number.</summary>
    public int StackCount => _stacks.Length - 1;

    /// <summary>The caller's stack.</summary>
    /// <param name="stack">A stack with frames.</param>
    public StackId Parent(StackId stack) => new(_stacks[stack.Value].Parent);

    /// <summary>The number of the interpreter that a stack was seen in, 0 for the main one.</summary>
    /// <param name="stack">Any stack.</param>
    public long InterpreterOf(StackId stack) => _interpreters.GetValueOrDefault(stack.Value);

    /// <summary>The number of the leaf frame.</summary>
    /// <param name="stack">A stack with frames.</param>
    public FrameId LeafId(StackId stack) => new(_stacks[stack.Value].Frame);

    /// <summary>The leaf frame.</summary>
    /// <param name="stack">A stack with frames.</param>
    public ref readonly FrameInfo Leaf(StackId stack) => ref _frames[_stacks[stack.Value].Frame];

    /// <summary>The function of the leaf frame.</summary>
    /// <param name="stack">A stack with frames.</param>
    public ref readonly FunctionInfo LeafFunction(StackId stack) => ref _functions[_frames[_stacks[stack.Value].Frame].FunctionId];

    /// <summary>The function of a frame.</summary>
    /// <param name="frame">A frame of this table.</param>
    public ref readonly FunctionInfo Function(FrameId frame) => ref _functions[_frames[frame.Value].FunctionId];

    /// <summary>How many frames a stack has.</summary>
    /// <param name="stack">Any stack.</param>
    public int Depth(StackId stack) => _stacks[stack.Value].Depth;

    /// <summary>The first frames of a stack, counted from the root; the whole stack when it has no more.</summary>
    /// <param name="stack">Any stack.</param>
    /// <param name="depth">How many frames to keep.</param>
    public StackId Prefix(StackId stack, int depth)
    {
        while (_stacks[stack.Value].Depth > depth)
        {
            stack = new StackId(_stacks[stack.Value].Parent);
        }

        return stack;
    }

    /// <summary>The longest stack that both begin with.</summary>
    /// <param name="left">Any stack.</param>
    /// <param name="right">Any stack.</param>
    public StackId CommonPrefix(StackId left, StackId right)
    {
        left = Prefix(left, Depth(right));
        right = Prefix(right, Depth(left));
        while (left != right)
        {
            left = new StackId(_stacks[left.Value].Parent);
            right = new StackId(_stacks[right.Value].Parent);
        }

        return left;
    }

    /// <summary>The frames of a stack, the root first.</summary>
    /// <param name="stack">Any stack.</param>
    public FrameId[] FramesFromRoot(StackId stack)
    {
        var frames = new FrameId[Depth(stack)];
        for (int i = frames.Length - 1; i >= 0; i--)
        {
            frames[i] = LeafId(stack);
            stack = Parent(stack);
        }

        return frames;
    }
}

/// <summary>One node of the prefix tree of stacks.</summary>
/// <param name="Parent">Number of the caller's stack, 0 for none.</param>
/// <param name="Frame">Number of the leaf frame.</param>
/// <param name="Depth">How many frames it has.</param>
internal readonly record struct StackNode(int Parent, int Frame, int Depth);
