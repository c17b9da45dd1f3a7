using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>Collects functions, frames and stacks as they are announced, and refuses what refers to something unknown.</summary>
internal sealed class StackTableBuilder
{
    /// <summary>Numbers are given in sequence; a jump by more than this is a broken recording, not a gap.</summary>
    private const int MaxSkip = 64;

    private readonly List<FunctionInfo> _functions = [];
    private readonly List<FrameInfo> _frames = [];
    private readonly List<StackNode> _stacks = [new StackNode(0, -1, 0)];

    /// <summary>The highest stack number so far.</summary>
    public int LastStack => _stacks.Count - 1;

    /// <summary>Adds a function.</summary>
    /// <exception cref="InvalidDataException">Its number is out of sequence.</exception>
    public void Add(in FunctionInfo function) =>
        Put(_functions, function.Id, function, id => new FunctionInfo(id, "<unknown>", "", 0));

    /// <summary>Adds a frame.</summary>
    /// <exception cref="InvalidDataException">Its number is out of sequence or its function unknown.</exception>
    public void Add(in FrameInfo frame)
    {
        if ((uint)frame.FunctionId >= (uint)_functions.Count)
        {
            throw new InvalidDataException($"frame {frame.Id} is of function {frame.FunctionId}, which was not announced");
        }

        int function = frame.FunctionId;
        Put(_frames, frame.Id, frame, id => new FrameInfo(id, function, 0, null));
    }

    /// <summary>Adds a stack.</summary>
    /// <exception cref="InvalidDataException">Its number is out of sequence, or its frame or caller unknown.</exception>
    public void AddStack(int stack, int parent, int frame)
    {
        if (stack != _stacks.Count || (uint)parent >= (uint)stack || (uint)frame >= (uint)_frames.Count)
        {
            throw new InvalidDataException($"stack {stack} (caller {parent}, frame {frame}) does not follow from what was announced");
        }

        _stacks.Add(new StackNode(parent, frame, _stacks[parent].Depth + 1));
    }

    /// <summary>How many frames there are.</summary>
    public int FrameCount => _frames.Count;

    /// <summary>A frame by its number.</summary>
    public FrameInfo Frame(int frame) => _frames[frame];

    /// <summary>A stack by its number.</summary>
    public StackNode Node(int stack) => _stacks[stack];

    /// <summary>The table so far.</summary>
    /// <param name="interpreters">By stack number, the interpreter where that is not the main one.</param>
    public StackTable Build(IReadOnlyDictionary<int, long> interpreters) => new([.. _functions], [.. _frames], [.. _stacks], interpreters);

    private static void Put<T>(List<T> list, int id, in T item, Func<int, T> filler)
    {
        if (id < 0 || id > list.Count + MaxSkip)
        {
            throw new InvalidDataException($"number {id} does not follow {list.Count - 1}");
        }

        while (list.Count < id)
        {
            list.Add(filler(list.Count));
        }

        if (id < list.Count)
        {
            list[id] = item;
        }
        else
        {
            list.Add(item);
        }
    }
}
