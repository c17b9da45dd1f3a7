using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// Gives functions, frames and stacks their numbers, the same content always the same number, and announces new ones.
/// Looking up what is known allocates nothing. Stacks form a tree: a stack is its caller's stack and a frame.
/// </summary>
internal sealed class StackInterner(IRecordingSink sink)
{
    private const int MostBodies = 50_000;

    private readonly Dictionary<FunctionKey, int> _functions = [];
    private readonly Dictionary<FrameKey, int> _frames = [];
    private readonly Dictionary<long, int> _stacks = [];
    private readonly Dictionary<string, int> _texts = [];
    private readonly List<int> _frameFunctions = [];
    private readonly List<string?> _frameImports = [];
    private readonly List<string> _bodies = [];
    private (int Parent, int Frame, int Import)[] _stackNodes = new (int, int, int)[1024];
    private int _stackCount = 1;

    private readonly record struct FunctionKey(string Name, string File, int FirstLine);

    private readonly record struct FrameKey(int Function, int Line, int Importing);

    /// <summary>Files of the module bodies among the functions, in the order in which they were first seen.</summary>
    public IReadOnlyCollection<string> Bodies => _bodies;

    /// <summary>Number of a text, from 1.</summary>
    public int Text(string text)
    {
        if (!_texts.TryGetValue(text, out int id))
        {
            id = _texts.Count + 1;
            _texts.Add(text, id);
        }

        return id;
    }

    /// <summary>Number of a function.</summary>
    public int Function(string name, string file, int firstLine)
    {
        FunctionKey key = new(name, file, firstLine);
        if (!_functions.TryGetValue(key, out int id))
        {
            id = _functions.Count;
            _functions.Add(key, id);
            if (name == "<module>" && _bodies.Count < MostBodies)
            {
                _bodies.Add(file);
            }

            sink.OnFunction(new FunctionInfo(id, name, file, firstLine));
        }

        return id;
    }

    /// <summary>Number of a frame; <paramref name="importing"/> is null but for frames of the import machinery.</summary>
    public int Frame(int functionId, int line, StringEntry? importing)
    {
        FrameKey key = new(functionId, line, importing?.Id ?? 0);
        if (!_frames.TryGetValue(key, out int id))
        {
            id = _frames.Count;
            _frames.Add(key, id);
            _frameFunctions.Add(functionId);
            _frameImports.Add(importing?.Text);
            sink.OnFrame(new FrameInfo(id, functionId, line, importing?.Text));
        }

        return id;
    }

    /// <summary>Number of the stack that has <paramref name="frameId"/> on top of <paramref name="parentId"/> (0 for none).</summary>
    public int Stack(int parentId, int frameId)
    {
        long key = ((long)parentId << 32) | (uint)frameId;
        if (!_stacks.TryGetValue(key, out int id))
        {
            id = _stackCount++;
            _stacks.Add(key, id);
            if (id == _stackNodes.Length)
            {
                Array.Resize(ref _stackNodes, id * 2);
            }

            _stackNodes[id] = (parentId, frameId, _frameImports[frameId] is not null ? id : _stackNodes[parentId].Import);
            sink.OnStack(id, parentId, frameId);
        }

        return id;
    }

    /// <summary>The part of a stack up to its innermost frame of the import machinery, as a stack of its own: 0 when nothing is being imported.</summary>
    public int ImportOf(int stackId) => _stackNodes[stackId].Import;

    /// <summary>The caller's stack, 0 for none.</summary>
    public int ParentOf(int stackId) => _stackNodes[stackId].Parent;

    /// <summary>The module that a stack's leaf frame imports; null for most.</summary>
    public string? ImportingAt(int stackId) => _frameImports[_stackNodes[stackId].Frame];

    /// <summary>Whether a stack has a frame of the function, or of the function that imports the module.</summary>
    public bool Contains(int stackId, in Doubt doubt)
    {
        for (int id = stackId; id != 0; id = _stackNodes[id].Parent)
        {
            int frame = _stackNodes[id].Frame;
            if (_frameFunctions[frame] == doubt.FunctionId && (doubt.Importing is null || doubt.Importing == _frameImports[frame]))
            {
                return true;
            }
        }

        return false;
    }
}
