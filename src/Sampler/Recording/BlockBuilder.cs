using LibProf.Sampler.Recording.Wire;

namespace LibProf.Sampler.Recording;

/// <summary>
/// Gathers events into the columns of a block. The strings announced before are kept for the whole recording; everything else is
/// forgotten with each block, and the columns' memory is used again.
/// </summary>
/// <remarks>An event out of the order that <see cref="IRecordingSink"/> asks for is an error of the caller's: no reader would take it.</remarks>
internal sealed partial class BlockBuilder
{
    private readonly Block _block = new();
    private readonly Dictionary<string, uint> _strings = [];
    private uint _runKind;
    private uint _runLength;
    private long _intervalNs;
    private long _lastTimeNs;
    private long _idleUntilNs;
    private bool _hasSample;
    private ThreadStack[] _before = new ThreadStack[16];
    private int _beforeCount;
    private MemoryColumns _memory;
    private int _functions;
    private int _frames;
    private int _stacks;
    private int _threads;

    /// <summary>Roughly the bytes that the block takes so far; 0 when it is empty.</summary>
    public int EstimatedSize { get; private set; }

    /// <summary>Completes the block and gives it out, until <see cref="Clear"/>.</summary>
    public Block Finish()
    {
        EndRun();
        return _block;
    }

    /// <summary>Begins the next block.</summary>
    public void Clear()
    {
        _block.Order.Clear();
        _block.Strings.Clear();
        _block.FunctionName.Clear();
        _block.FunctionFile.Clear();
        _block.FunctionFirstLine.Clear();
        _block.FrameFunction.Clear();
        _block.FrameLine.Clear();
        _block.FrameImporting.Clear();
        _block.StackDistance.Clear();
        _block.StackFrame.Clear();
        _block.BaseTimeNs = 0;
        _block.IntervalNs = 0;
        _block.TimeDelta.Clear();
        _block.Look.Clear();
        _block.Milestone.Clear();
        _block.MilestoneTimeNs.Clear();
        _block.Thread.Clear();
        _block.Module.Clear();
        _block.Distribution.Clear();
        _block.Statistics.Clear();
        _block.Environment.Clear();
        _block.Image.Clear();
        _block.Python.Clear();
        _block.ImageEnd.Clear();
        _block.ModuleSource.Clear();
        _block.ProcessorTimeNs.Clear();
        _block.CollectionBeginNs.Clear();
        _block.CollectionLengthNs.Clear();
        _block.ProcessorUsedNs.Clear();
        _block.Invocation.Clear();
        _block.IdleLooks.Clear();
        _block.IdleLengthNs.Clear();
        _block.MemoryTimeDelta.Clear();
        _block.MemoryAnonymousDelta.Clear();
        _block.MemoryFileDelta.Clear();
        _block.MemorySource.Clear();
        _block.MemoryFault.Clear();
        _memory.Clear();
        ClearUsage();
        _hasSample = false;
        _beforeCount = 0;
        EstimatedSize = 0;
    }

    /// <summary>Adds an event.</summary>
    public void Add(RecordingEnvironment environment)
    {
        // Times of samples are stored as what they differ from this: close to nothing for a steady rate.
        _intervalNs = environment.RateHz >= 1 ? (long)(1e9 / environment.RateHz) : 0;
        _block.Environment.Add(WireConversion.ToWire(environment));
        Count(EventKind.Environment, 64 + environment.Host.Length);
    }

    /// <summary>Adds an event.</summary>
    public void Add(ProcessImage image)
    {
        _block.Image.Add(WireConversion.ToWire(image));
        Count(EventKind.Image, 32 + Length(image.CommandLine) + image.Executable.Length + image.WorkingDirectory.Length);
    }

    /// <summary>Adds an event.</summary>
    public void Add(PythonInfo python)
    {
        _block.Python.Add(WireConversion.ToWire(python));
        Count(EventKind.Python, 32 + python.Build.Length + python.Prefix.Length + python.BasePrefix.Length + Length(python.StandardLibraryPaths) + Length(python.SearchPath));
    }

    /// <summary>Adds an event.</summary>
    public void Add(Milestone milestone, long timeNs)
    {
        _block.Milestone.Add((uint)milestone);
        _block.MilestoneTimeNs.Add(timeNs);
        Count(EventKind.Milestone, 8);
    }

    /// <summary>Adds an event.</summary>
    public void Add(ThreadInfo thread)
    {
        Check(thread.Id >= 0 && thread.Id <= _threads, "threads are numbered up by one");
        _threads = Math.Max(_threads, thread.Id + 1);
        _block.Thread.Add(new Wire.Thread
        {
            Id = (uint)thread.Id,
            NativeId = thread.NativeId,
            Name = thread.Name,
            IsMain = thread.IsMain,
            InterpreterId = thread.InterpreterId,
        });
        Count(EventKind.Thread, 16 + thread.Name.Length);
    }

    /// <summary>Adds an event.</summary>
    public void Add(in FunctionInfo function)
    {
        Check(function.Id == _functions, "functions are numbered up by one");
        _functions++;
        _block.FunctionName.Add(Number(function.Name));
        _block.FunctionFile.Add(Number(function.File));
        _block.FunctionFirstLine.Add(function.FirstLine);
        Count(EventKind.Function, 6);
    }

    /// <summary>Adds an event.</summary>
    public void Add(in FrameInfo frame)
    {
        Check(frame.Id == _frames, "frames are numbered up by one");
        Check((uint)frame.FunctionId < (uint)_functions, "a frame's function comes before it");
        _frames++;
        _block.FrameFunction.Add((uint)frame.FunctionId);
        _block.FrameLine.Add(frame.Line);
        _block.FrameImporting.Add(frame.Importing is null ? 0 : Number(frame.Importing));
        Count(EventKind.Frame, 5);
    }

    /// <summary>Adds an event.</summary>
    public void Add(int stackId, int parentStackId, int frameId)
    {
        Check(stackId == _stacks + 1, "stacks are numbered up by one");
        Check(parentStackId >= 0 && parentStackId < stackId && (uint)frameId < (uint)_frames, "a stack's caller and frame come before it");
        _stacks++;
        _block.StackDistance.Add(parentStackId == 0 ? 0 : (uint)(stackId - parentStackId));
        _block.StackFrame.Add((uint)frameId);
        Count(EventKind.Stack, 4);
    }

    /// <summary>Adds an event.</summary>
    public void Add(ModuleInfo module)
    {
        var message = new Module
        {
            Name = Number(module.Name),
            File = Number(module.File),
            Origin = (ModuleOrigin)module.Kind,
            Order = module.Order,
            SeenNs = module.SeenNs,
            BeforeRecording = module.BeforeRecording,
            InterpreterId = module.InterpreterId,
        };
        foreach (var path in module.SearchPath)
            message.SearchPath.Add(Number(path));
        _block.Module.Add(message);
        Count(EventKind.Module, 24);
    }

    /// <summary>Adds an event.</summary>
    public void Add(DistributionInfo distribution)
    {
        var message = new Distribution
        {
            Name = distribution.Name,
            Version = distribution.Version,
            Location = distribution.Location,
            Editable = distribution.Editable,
        };
        foreach (var module in distribution.Modules)
            message.Module.Add(Number(module));
        _block.Distribution.Add(message);
        Count(EventKind.Distribution, 32 + distribution.Location.Length + 3 * distribution.Modules.Count);
    }

    /// <summary>Adds an event.</summary>
    public void Add(ModuleSource source)
    {
        _block.ModuleSource.Add(SourceConversion.ToWire(source, Number));
        Count(EventKind.ModuleSource, 8 + 24 * source.Imports.Count + 4 * source.References.Count);
    }

    /// <summary>Adds an event.</summary>
    public void AddProcessorTime(long timeNs, long cpuNs)
    {
        _block.ProcessorTimeNs.Add(timeNs);
        _block.ProcessorUsedNs.Add(cpuNs);
        Count(EventKind.ProcessorTime, 10);
    }

    /// <summary>Adds an event.</summary>
    public void AddCollection(long beginNs, long endNs)
    {
        _block.CollectionBeginNs.Add(beginNs);
        _block.CollectionLengthNs.Add((ulong)Math.Max(0, endNs - beginNs));
        Count(EventKind.Collection, 10);
    }

    /// <summary>Adds an event.</summary>
    public void Add(SamplingStatistics statistics)
    {
        _block.Statistics.Add(WireConversion.ToWire(statistics));
        Count(EventKind.Statistics, 32);
    }

    /// <summary>Adds an event.</summary>
    public void Add(ImageEnd end)
    {
        _block.ImageEnd.Add(WireConversion.ToWire(end));
        Count(EventKind.ImageEnd, 24);
    }

    /// <summary>Adds an event.</summary>
    public void Add(in Invocation invocation)
    {
        _block.Invocation.Add(WireConversion.ToWire(invocation));
        Count(EventKind.Invocation, 20);
    }

    /// <summary>Adds an event.</summary>
    public void Add(in MemoryReading reading)
    {
        foreach (var thread in reading.Faults?.Threads ?? [])
            Check((uint)thread.ThreadId < (uint)_threads, "a reading's threads come before it");
        Count(EventKind.Memory, _memory.Add(_block, reading));
    }

    /// <summary>Adds a sample.</summary>
    public void Add(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        Check(stacks.Length <= RecordingFormat.MaxStacksOfSample, "too many stacks in one sample");
        var changes = CountChanges(stacks);
        // Time never goes back in a recording, whatever the clock of the machine did.
        timeNs = Math.Max(timeNs, Math.Max(_lastTimeNs, _idleUntilNs));
        if (!_hasSample)
        {
            _block.IntervalNs = _intervalNs;
            _block.BaseTimeNs = _lastTimeNs = timeNs - _intervalNs;
        }
        _block.TimeDelta.Add(timeNs - _lastTimeNs - _block.IntervalNs);
        _lastTimeNs = timeNs;
        if (_hasSample && changes == 0 && stacks.Length == _beforeCount)
        {
            Count(EventKind.SameSample, 3);
            return;
        }
        _hasSample = true;
        AddLook(stacks, changes);
        Count(EventKind.Sample, 6 + 5 * changes);
    }

    /// <summary>Adds looks that were left out.</summary>
    public void AddIdle(long untilNs, long looks)
    {
        Check(looks > 0, "no look was left out");
        _block.IdleLooks.Add((ulong)looks);
        _idleUntilNs = Math.Max(untilNs, Math.Max(_lastTimeNs, _idleUntilNs));
        _block.IdleLengthNs.Add((ulong)(_idleUntilNs - _lastTimeNs));
        Count(EventKind.Idle, 10);
    }

    private static int Length(IReadOnlyList<string> texts)
    {
        var length = 0;
        foreach (var text in texts)
            length += text.Length + 2;
        return length;
    }

    private static ulong ZigZag(long value) => (ulong)(value << 1 ^ value >> 63);

    private static void Check(bool condition, string rule)
    {
        if (!condition)
            throw new ArgumentException(rule);
    }

    private int CountChanges(ReadOnlySpan<ThreadStack> stacks)
    {
        var changes = 0;
        for (var i = 0; i < stacks.Length; i++)
        {
            if (i < _beforeCount && stacks[i] == _before[i])
                continue;
            Check((uint)stacks[i].ThreadId < (uint)_threads && stacks[i].StackId > 0 && stacks[i].StackId <= _stacks, "a sample's threads and stacks come before it");
            changes++;
        }
        return changes;
    }

    private void AddLook(ReadOnlySpan<ThreadStack> stacks, int changes)
    {
        if (_before.Length < stacks.Length)
            Array.Resize(ref _before, Math.Max(stacks.Length, 2 * _before.Length));
        var look = _block.Look;
        look.Add((ulong)stacks.Length);
        look.Add((ulong)changes);
        var unchanged = 0UL;
        for (var i = 0; i < stacks.Length; i++)
        {
            var now = stacks[i];
            var before = i < _beforeCount ? _before[i] : default;
            if (i < _beforeCount && now == before)
            {
                unchanged++;
                continue;
            }
            look.Add(unchanged);
            look.Add(ZigZag(now.ThreadId - before.ThreadId));
            look.Add(ZigZag(now.StackId - before.StackId) << 1 | (now.Cut ? 1UL : 0));
            _before[i] = now;
            unchanged = 0;
        }
        _beforeCount = stacks.Length;
    }

    private uint Number(string text)
    {
        if (_strings.TryGetValue(text, out var number))
            return number;
        number = (uint)_strings.Count + 1;
        _strings.Add(text, number);
        _block.Strings.Add(text);
        EstimatedSize += text.Length + 2;
        return number;
    }

    private void Count(EventKind kind, int size)
    {
        EstimatedSize += size;
        if (_runKind == (uint)kind)
        {
            _runLength++;
            return;
        }
        EndRun();
        _runKind = (uint)kind;
        _runLength = 1;
    }

    private void EndRun()
    {
        if (_runLength > 0)
            _block.Order.Add(_runLength << 5 | _runKind);
        _runLength = 0;
        _runKind = 0;
    }
}
