using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>
/// Gives the stacks of other interpreters than the main one numbers of their own: the same functions, called from the same places, import other
/// modules there. All that asks a stack what it imports gets these modules' keys then. Nothing changes with one interpreter.
/// </summary>
internal sealed class InterpreterStacks(StackTableBuilder stacks)
{
    private readonly Dictionary<(long Interpreter, int Stack), int> _stacks = [];
    private readonly Dictionary<(long Interpreter, int Frame), int> _frames = [];
    private readonly Stack<int> _missing = new();

    /// <summary>By stack number, the interpreter; those that are missing are the main one's.</summary>
    public Dictionary<int, long> Interpreters { get; } = [];

    /// <summary>A timeline with stacks of its interpreter; the same one for the main interpreter.</summary>
    public ThreadTimeline Of(ThreadTimeline timeline)
    {
        long interpreter = timeline.Thread.InterpreterId;
        return interpreter == 0 ? timeline
            : timeline with { Runs = [.. timeline.Runs.Select(run => run with { Stack = new StackId(Of(interpreter, run.Stack.Value)) })] };
    }

    private int Of(long interpreter, int stack)
    {
        // Callers first: stacks are as deep as the target likes, so no recursion.
        for (int id = stack; id != 0 && !_stacks.ContainsKey((interpreter, id)); id = stacks.Node(id).Parent)
        {
            _missing.Push(id);
        }

        while (_missing.TryPop(out int id))
        {
            StackNode node = stacks.Node(id);
            int parent = node.Parent == 0 ? 0 : _stacks[(interpreter, node.Parent)];
            int own = stacks.LastStack + 1;
            stacks.AddStack(own, parent, FrameOf(interpreter, node.Frame));
            _stacks[(interpreter, id)] = own;
            Interpreters[own] = interpreter;
        }

        return stack == 0 ? 0 : _stacks[(interpreter, stack)];
    }

    private int FrameOf(long interpreter, int frame)
    {
        FrameInfo info = stacks.Frame(frame);
        if (info.Importing is not { } name)
        {
            return frame;
        }

        if (!_frames.TryGetValue((interpreter, frame), out int own))
        {
            _frames[(interpreter, frame)] = own = stacks.FrameCount;
            stacks.Add(info with { Id = own, Importing = ModuleKey.Of(interpreter, name) });
        }

        return own;
    }
}
