using Google.Protobuf.Collections;
using LibProf.Sampler.Recording.Wire;

namespace LibProf.Sampler.Recording;

/// <summary>
/// Plays the events of a recording's blocks into a sink. Nothing in a block is believed: numbers must have been announced, columns must
/// be long enough, times must not go back.
/// </summary>
internal sealed partial class BlockPlayer(IRecordingSink sink)
{
    private readonly List<string> _strings = [""];
    // For each thread the last sample that named it, to see that a sample names a thread once.
    private readonly List<long> _sampleOfThread = [];
    private ThreadStack[] _stacks = new ThreadStack[16];
    private int _stackCount;
    private int _functionCount;
    private int _frameCount;
    private int _lastStack;
    private long _sampleCount;
    private long _timeNs;
    private long _sampleTimeNs;
    private bool _hasEnvironment;
    private MemoryColumns _memory;

    /// <summary>Plays a block.</summary>
    /// <exception cref="RecordingException">Something in it cannot be right. What came before it has been played.</exception>
    public void Play(Block block)
    {
        _strings.AddRange(block.Strings);
        var at = new Cursor { TimeNs = block.BaseTimeNs };
        _stackCount = 0;
        _memory.Clear();
        foreach (var run in block.Order)
        {
            for (var left = run >> 5; left > 0; left--)
            {
                // An event of a kind that is not known: newer, and its values stand in columns that this reader does not see.
                if (!PlayEvent((EventKind)(run & 31), block, ref at))
                    break;
            }
        }
    }

    private bool PlayEvent(EventKind kind, Block block, ref Cursor at)
    {
        RecordingException.ThrowIf(!_hasEnvironment && kind is not (EventKind.None or EventKind.Environment), "it does not begin with its environment");
        switch (kind)
        {
            case EventKind.Sample: PlaySample(block, ref at, changed: true); break;
            case EventKind.SameSample: PlaySample(block, ref at, changed: false); break;
            case EventKind.Stack: PlayStack(block, at.Stack++); break;
            case EventKind.Frame: PlayFrame(block, at.Frame++); break;
            case EventKind.Function: PlayFunction(block, at.Function++); break;
            case EventKind.Milestone: PlayMilestone(block, at.Milestone++); break;
            case EventKind.Thread: PlayThread(Take(block.Thread, at.Thread++)); break;
            case EventKind.Module: PlayModule(Take(block.Module, at.Module++)); break;
            case EventKind.Distribution: PlayDistribution(Take(block.Distribution, at.Distribution++)); break;
            case EventKind.Statistics: sink.OnStatistics(WireConversion.FromWire(Take(block.Statistics, at.Statistics++))); break;
            case EventKind.Environment:
                _hasEnvironment = true;
                sink.OnEnvironment(WireConversion.FromWire(Take(block.Environment, at.Environment++)));
                break;
            case EventKind.Image: sink.OnImage(WireConversion.FromWire(Take(block.Image, at.Image++))); break;
            case EventKind.Python: sink.OnPython(WireConversion.FromWire(Take(block.Python, at.Python++))); break;
            case EventKind.ImageEnd: sink.OnImageEnd(WireConversion.FromWire(Take(block.ImageEnd, at.ImageEnd++))); break;
            case EventKind.ModuleSource: sink.OnModuleSource(SourceConversion.FromWire(Take(block.ModuleSource, at.ModuleSource++), Text)); break;
            case EventKind.ProcessorTime: PlayProcessorTime(block, at.ProcessorTime++); break;
            case EventKind.Collection: PlayCollection(block, at.Collection++); break;
            case EventKind.Invocation: PlayInvocation(Take(block.Invocation, at.Invocation++)); break;
            case EventKind.Idle: PlayIdle(block, at.Idle++); break;
            case EventKind.Memory: sink.OnMemory(_memory.Take(block, _sampleOfThread.Count)); break;
            case EventKind.Code: PlayCode(block, at.Code++); break;
            case EventKind.Usage: PlayUsage(Take(block.Usage, at.Usage++)); break;
            case EventKind.NativePages: PlayNativePages(Take(block.NativePages, at.NativePages++)); break;
            default: return false;
        }
        return true;
    }

    private static T Take<T>(RepeatedField<T> column, int index)
    {
        RecordingException.ThrowIf((uint)index >= (uint)column.Count, "a block has fewer values than events");
        return column[index];
    }

    private static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private string Text(uint number)
    {
        RecordingException.ThrowIf(number == 0 || number >= (uint)_strings.Count, "a string is missing");
        return _strings[(int)number];
    }

    private string[] Texts(RepeatedField<uint> numbers)
    {
        var texts = new string[numbers.Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = Text(numbers[i]);
        return texts;
    }

    private void PlayFunction(Block block, int index)
    {
        var function = new FunctionInfo(
            _functionCount,
            Text(Take(block.FunctionName, index)),
            Text(Take(block.FunctionFile, index)),
            Take(block.FunctionFirstLine, index));
        _functionCount++;
        sink.OnFunction(function);
    }

    private void PlayFrame(Block block, int index)
    {
        var function = Take(block.FrameFunction, index);
        RecordingException.ThrowIf(function >= (uint)_functionCount, "a frame's function is missing");
        var importing = Take(block.FrameImporting, index);
        var frame = new FrameInfo(_frameCount, (int)function, Take(block.FrameLine, index), importing == 0 ? null : Text(importing));
        _frameCount++;
        sink.OnFrame(frame);
    }

    private void PlayStack(Block block, int index)
    {
        var distance = Take(block.StackDistance, index);
        var frame = Take(block.StackFrame, index);
        var stack = _lastStack + 1;
        RecordingException.ThrowIf(distance >= (uint)stack || frame >= (uint)_frameCount, "a stack's caller or frame is missing");
        _lastStack = stack;
        sink.OnStack(stack, distance == 0 ? 0 : stack - (int)distance, (int)frame);
    }

    private void PlayMilestone(Block block, int index)
    {
        var milestone = Take(block.Milestone, index);
        var timeNs = Take(block.MilestoneTimeNs, index);
        // One that a newer version has a name for is left out.
        if (milestone <= (uint)Milestone.HandlerReady)
            sink.OnMilestone((Milestone)milestone, timeNs);
    }

    private void PlayInvocation(Wire.Invocation message)
    {
        var invocation = WireConversion.FromWire(message);
        RecordingException.ThrowIf(invocation.Number < 1 || invocation.EndNs < invocation.BeginNs, "an invocation ends before it begins");
        sink.OnInvocation(invocation);
    }

    private void PlayThread(Wire.Thread message)
    {
        RecordingException.ThrowIf(message.Id > (uint)_sampleOfThread.Count, "a thread is missing");
        if (message.Id == _sampleOfThread.Count)
            _sampleOfThread.Add(0);
        sink.OnThread(new ThreadInfo((int)message.Id, message.NativeId, message.Name, message.IsMain, message.InterpreterId));
    }

    private void PlayModule(Module message)
    {
        var kind = message.Origin is >= ModuleOrigin.Unknown and <= ModuleOrigin.Namespace ? (ModuleKind)message.Origin : ModuleKind.Unknown;
        sink.OnModule(new ModuleInfo(Text(message.Name), Text(message.File), kind, message.Order, message.SeenNs, message.BeforeRecording, Texts(message.SearchPath))
        {
            InterpreterId = message.InterpreterId,
        });
    }

    private void PlayDistribution(Distribution message) =>
        sink.OnDistribution(new DistributionInfo(message.Name, message.Version, message.Location, message.Editable, Texts(message.Module)));

    private void PlaySample(Block block, ref Cursor at, bool changed)
    {
        var timeNs = (Int128)at.TimeNs + block.IntervalNs + Take(block.TimeDelta, at.Time++);
        RecordingException.ThrowIf(timeNs < _timeNs || timeNs > long.MaxValue, "time goes back");
        at.TimeNs = _timeNs = _sampleTimeNs = (long)timeNs;
        if (changed)
            ReadLook(block.Look, ref at.Look);
        RecordingException.ThrowIf(!changed && at.Look == 0, "a sample refers to none before it");
        sink.OnSample(_timeNs, _stacks.AsSpan(0, _stackCount));
    }

    private void PlayProcessorTime(Block block, int index)
    {
        var timeNs = Take(block.ProcessorTimeNs, index);
        var usedNs = Take(block.ProcessorUsedNs, index);
        RecordingException.ThrowIf(timeNs is < -RecordingFormat.LatestNs or > RecordingFormat.LatestNs || usedNs is < 0 or > RecordingFormat.LatestNs, "a reading of processor time is of no time");
        sink.OnProcessorTime(timeNs, usedNs);
    }

    private void PlayCollection(Block block, int index)
    {
        var beginNs = Take(block.CollectionBeginNs, index);
        var endNs = beginNs + (Int128)Take(block.CollectionLengthNs, index);
        RecordingException.ThrowIf(beginNs < 0 || endNs > RecordingFormat.LatestNs, "a collection has no begin or no end");
        sink.OnCollection(beginNs, (long)endNs);
    }

    private void PlayIdle(Block block, int index)
    {
        var looks = Take(block.IdleLooks, index);
        var untilNs = _sampleTimeNs + (Int128)Take(block.IdleLengthNs, index);
        RecordingException.ThrowIf(looks is 0 or > int.MaxValue || untilNs < _timeNs || untilNs > long.MaxValue, "a rest has no looks or no end");
        _timeNs = (long)untilNs;
        sink.OnIdle(_timeNs, (long)looks);
    }

    private void ReadLook(RepeatedField<ulong> look, ref int index)
    {
        var count = Take(look, index++);
        var changes = Take(look, index++);
        RecordingException.ThrowIf(count > RecordingFormat.MaxStacksOfSample || changes > count, "a sample has too many stacks");
        if (_stacks.Length < (int)count)
            Array.Resize(ref _stacks, Math.Max((int)count, 2 * _stacks.Length));
        for (var i = _stackCount; i < (int)count; i++)
            _stacks[i] = default;
        _stackCount = (int)count;
        var place = -1L;
        for (; changes > 0; changes--)
        {
            var unchanged = Take(look, index++);
            RecordingException.ThrowIf(unchanged >= count, "a sample has too many stacks");
            place += (long)unchanged + 1;
            RecordingException.ThrowIf(place >= _stackCount, "a sample has too many stacks");
            ref var stack = ref _stacks[place];
            var thread = stack.ThreadId + (Int128)UnZigZag(Take(look, index++));
            var word = Take(look, index++);
            var id = stack.StackId + (Int128)UnZigZag(word >> 1);
            RecordingException.ThrowIf(thread < 0 || thread >= _sampleOfThread.Count || id <= 0 || id > _lastStack, "a sample's thread or stack is missing");
            stack = new ThreadStack((int)thread, (int)id, (word & 1) != 0);
        }
        _sampleCount++;
        foreach (ref readonly var stack in _stacks.AsSpan(0, _stackCount))
        {
            RecordingException.ThrowIf(stack.StackId == 0 || _sampleOfThread[stack.ThreadId] == _sampleCount, "a sample names a thread twice or leaves one out");
            _sampleOfThread[stack.ThreadId] = _sampleCount;
        }
    }

    /// <summary>How far each column of the block has been played.</summary>
    private struct Cursor
    {
        public long TimeNs;
        public int Time;
        public int Look;
        public int Function;
        public int Frame;
        public int Stack;
        public int Milestone;
        public int Thread;
        public int Module;
        public int Distribution;
        public int Statistics;
        public int Environment;
        public int Image;
        public int Python;
        public int ImageEnd;
        public int ModuleSource;
        public int ProcessorTime;
        public int Collection;
        public int Invocation;
        public int Idle;
        public int Code;
        public int Usage;
        public int NativePages;
    }
}
