using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace LibProf.Sampler.Recording;

/// <summary>
/// Carries events from the sampling thread to a draining thread that hands them to a sink, in their order. The sampling thread never
/// waits for the sink: a sample for which there is no room is refused, other events always find room.
/// </summary>
/// <remarks>
/// The members of <see cref="IRecordingSink"/> and <see cref="TrySample"/> are for one thread at a time, the producer, and allocate
/// nothing for a sample. The draining thread looks a few times a second, and is woken when much has gathered.
/// </remarks>
public sealed class RecordingPump : IRecordingSink, IDisposable
{
    /// <summary>Words in the ring of samples unless told: 512 KiB, several seconds at 10,000 looks a second of one thread.</summary>
    public const int DefaultCapacityWords = 1 << 16;

    // A burst of new stacks is handed over before the queue's pieces pile up.
    private const int ManyEvents = 2048;
    private const int ShortestWaitMs = 25;
    private const int LongestWaitMs = 200;
    // Enough for the sink's compression and a sink that builds a profile; the default of 8 MiB is address space only, but counts against limits.
    private const int StackBytes = 512 * 1024;

    private readonly IRecordingSink _sink;
    private readonly IPeriodicSink? _periodic;
    private readonly SampleRing _ring;
    private readonly EventQueue _events = new();
    private readonly AutoResetEvent _wake = new(false);
    private Thread? _thread;
    private ExceptionDispatchInfo? _sinkFailure;
    private bool _completed;
    private volatile bool _completing;
    private volatile bool _wakeSent;

    /// <summary>Makes a pump; nothing is handed on before <see cref="Start"/> or <see cref="Complete"/>.</summary>
    /// <param name="sink">Where the events go. When it is an <see cref="IPeriodicSink"/>, it is told of time passing.</param>
    /// <param name="capacityWords">Size of the ring of samples in 8-byte words, a power of two: a look that shows what the one before showed takes one, another one two and one for each thread.</param>
    public RecordingPump(IRecordingSink sink, int capacityWords = DefaultCapacityWords)
    {
        _sink = sink;
        _periodic = sink as IPeriodicSink;
        _ring = new SampleRing(capacityWords);
    }

    /// <summary>Samples refused so far because there was no room. For the producer.</summary>
    public long Dropped { get; private set; }

    /// <summary>Starts the draining thread.</summary>
    public void Start()
    {
        if (_thread is not null || _completed)
            throw new InvalidOperationException("a pump starts once");
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = "recording" };
        _thread.Start();
    }

    /// <summary>Adds a sample if there is room for it. Allocates nothing and never waits.</summary>
    /// <param name="timeNs">When it was taken, on the recording's clock.</param>
    /// <param name="stacks">Its stacks; copied.</param>
    /// <returns>False when there was no room: the sample is not in the recording, and counted in <see cref="Dropped"/>.</returns>
    public bool TrySample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        ThrowIfCompleted();
        var written = _ring.TryWrite(timeNs, stacks);
        if (!written)
            Dropped++;
        if (!_wakeSent && (!written || _ring.IsHalfFull))
            Wake();
        return written;
    }

    /// <summary>
    /// Hands everything to the sink and ends the draining thread. Nothing can be added afterwards. Called again, it does nothing.
    /// </summary>
    /// <remarks>An exception that the sink threw is thrown here; the sink has seen nothing after it.</remarks>
    public void Complete()
    {
        if (_completed)
            return;
        _completed = true;
        _completing = true;
        if (_thread is null)
        {
            Run();
        }
        else
        {
            _wake.Set();
            _thread.Join();
        }
        _wake.Dispose();
        _sinkFailure?.Throw();
    }

    /// <summary>The same as <see cref="Complete"/>.</summary>
    public void Dispose() => Complete();

    /// <inheritdoc/>
    public void OnEnvironment(RecordingEnvironment environment) => Add(environment);

    /// <inheritdoc/>
    public void OnImage(ProcessImage image) => Add(image);

    /// <inheritdoc/>
    public void OnPython(PythonInfo python) => Add(python);

    /// <inheritdoc/>
    public void OnMilestone(Milestone milestone, long timeNs) =>
        Add(new EventQueue.Event { Kind = QueuedKind.Milestone, A = (int)milestone, TimeNs = timeNs });

    /// <inheritdoc/>
    public void OnThread(ThreadInfo thread) => Add(thread);

    /// <inheritdoc/>
    public void OnFunction(in FunctionInfo function) =>
        Add(new EventQueue.Event { Kind = QueuedKind.Function, A = function.Id, B = function.FirstLine, First = function.Name, Second = function.File });

    /// <inheritdoc/>
    public void OnFrame(in FrameInfo frame) =>
        Add(new EventQueue.Event { Kind = QueuedKind.Frame, A = frame.Id, B = frame.FunctionId, C = frame.Line, First = frame.Importing });

    /// <inheritdoc/>
    public void OnStack(int stackId, int parentStackId, int frameId) =>
        Add(new EventQueue.Event { Kind = QueuedKind.Stack, A = stackId, B = parentStackId, C = frameId });

    /// <inheritdoc/>
    public void OnModule(ModuleInfo module) => Add(module);

    /// <inheritdoc/>
    public void OnDistribution(DistributionInfo distribution) => Add(distribution);

    /// <inheritdoc/>
    public void OnInvocation(in Invocation invocation) => Add((object)invocation);

    /// <summary>As <see cref="TrySample"/>.</summary>
    void IRecordingSink.OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks) => TrySample(timeNs, stacks);

    /// <inheritdoc/>
    public void OnIdle(long untilNs, long looks) =>
        Add(new EventQueue.Event { Kind = QueuedKind.Idle, TimeNs = untilNs, A = (int)(looks >> 32), B = (int)looks });

    /// <summary>Adds a reading; allocates nothing when the queue has room. Over 2 TiB counts as that.</summary>
    public void OnMemory(in MemoryReading reading) => Add(new EventQueue.Event
    {
        Kind = QueuedKind.Memory,
        TimeNs = reading.TimeNs,
        A = (int)Math.Min(reading.AnonymousKib, int.MaxValue),
        B = (int)Math.Min(reading.FileKib, int.MaxValue),
        C = (int)reading.Source,
        First = reading.Faults,
    });

    /// <inheritdoc/>
    public void OnStatistics(SamplingStatistics statistics) => Add(statistics);

    /// <inheritdoc/>
    public void OnModuleSource(ModuleSource source) => Add(source);

    /// <summary>Adds a reading; allocates nothing when the queue has room.</summary>
    public void OnProcessorTime(long timeNs, long cpuNs) =>
        Add(new EventQueue.Event { Kind = QueuedKind.ProcessorTime, TimeNs = timeNs, A = (int)(cpuNs >> 32), B = (int)cpuNs });

    /// <summary>Adds an event; allocates nothing when the queue has room.</summary>
    public void OnCollection(long beginNs, long endNs) =>
        Add(new EventQueue.Event { Kind = QueuedKind.Collection, TimeNs = beginNs, A = (int)((endNs - beginNs) >> 32), B = (int)(endNs - beginNs) });

    /// <inheritdoc/>
    public void OnCode(in CodeInfo code) =>
        Add(new EventQueue.Event { Kind = QueuedKind.Code, A = code.Id, B = code.FunctionId, C = code.ParentId, First = code.Module });

    /// <inheritdoc/>
    public void OnUsage(UsageSnapshot usage) => Add(usage);

    /// <inheritdoc/>
    public void OnNativePages(NativePagesReading pages) => Add(pages);

    /// <inheritdoc/>
    public void OnImageEnd(ImageEnd end) => Add(end);

    private void Add(object payload) => Add(new EventQueue.Event { Kind = QueuedKind.Object, First = payload });

    private void Add(EventQueue.Event e)
    {
        ThrowIfCompleted();
        e.Position = _ring.End;
        _events.Write(e);
        if (!_wakeSent && _events.Waiting > ManyEvents)
            Wake();
    }

    private void ThrowIfCompleted()
    {
        if (_completed)
            throw new InvalidOperationException("the pump has been completed");
    }

    private void Wake()
    {
        if (_thread is null)
            return;
        _wakeSent = true;
        _wake.Set();
    }

    private void Run()
    {
        var waitMs = ShortestWaitMs;
        while (true)
        {
            _wakeSent = false;
            // Read before draining: what was added before completing is then seen by this round.
            var last = _completing;
            var any = false;
            try
            {
                any = Drain();
                if (_sinkFailure is null)
                    _periodic?.Tick(Stopwatch.GetElapsedTime(0).Ticks * TimeSpan.NanosecondsPerTick);
            }
            catch (Exception e)
            {
                // A fault of the sink's must not reach the sampling thread: the rest is thrown away, and Complete tells.
                _sinkFailure ??= ExceptionDispatchInfo.Capture(e);
            }
            if (last && !any)
                return;
            if (last)
                continue;
            waitMs = any ? ShortestWaitMs : Math.Min(2 * waitMs, LongestWaitMs);
            _wake.WaitOne(waitMs);
        }
    }

    private bool Drain()
    {
        var any = false;
        while (true)
        {
            // The order matters: events that belong before a visible sample were published before it.
            var end = _ring.VisibleEnd;
            while (_events.TryRead(_ring.Begin, out var e))
            {
                any = true;
                if (_sinkFailure is null)
                    Deliver(e);
            }
            if (_ring.Begin == end)
                return any;
            any = true;
            var stacks = _ring.Read(out var timeNs);
            if (_sinkFailure is null)
                _sink.OnSample(timeNs, stacks);
        }
    }

    private void Deliver(in EventQueue.Event e)
    {
        switch (e.Kind)
        {
            case QueuedKind.Function: _sink.OnFunction(new FunctionInfo(e.A, (string)e.First!, (string)e.Second!, e.B)); break;
            case QueuedKind.Frame: _sink.OnFrame(new FrameInfo(e.A, e.B, e.C, (string?)e.First)); break;
            case QueuedKind.Stack: _sink.OnStack(e.A, e.B, e.C); break;
            case QueuedKind.Milestone: _sink.OnMilestone((Milestone)e.A, e.TimeNs); break;
            case QueuedKind.Memory: _sink.OnMemory(new MemoryReading(e.TimeNs, e.A, e.B, (MemorySource)e.C, (MemoryFaults?)e.First)); break;
            case QueuedKind.Collection: _sink.OnCollection(e.TimeNs, e.TimeNs + (((long)e.A << 32) | (uint)e.B)); break;
            case QueuedKind.ProcessorTime: _sink.OnProcessorTime(e.TimeNs, ((long)e.A << 32) | (uint)e.B); break;
            case QueuedKind.Idle: _sink.OnIdle(e.TimeNs, ((long)e.A << 32) | (uint)e.B); break;
            case QueuedKind.Code: _sink.OnCode(new CodeInfo(e.A, e.B, (string)e.First!, e.C)); break;
            default: DeliverObject(e.First!); break;
        }
    }

    private void DeliverObject(object payload)
    {
        switch (payload)
        {
            case ModuleInfo module: _sink.OnModule(module); break;
            case ThreadInfo thread: _sink.OnThread(thread); break;
            case SamplingStatistics statistics: _sink.OnStatistics(statistics); break;
            case RecordingEnvironment environment: _sink.OnEnvironment(environment); break;
            case ProcessImage image: _sink.OnImage(image); break;
            case PythonInfo python: _sink.OnPython(python); break;
            case DistributionInfo distribution: _sink.OnDistribution(distribution); break;
            case UsageSnapshot usage: _sink.OnUsage(usage); break;
            case NativePagesReading pages: _sink.OnNativePages(pages); break;
            case ImageEnd end: _sink.OnImageEnd(end); break;
            case ModuleSource source: _sink.OnModuleSource(source); break;
            case Invocation invocation: _sink.OnInvocation(invocation); break;
        }
    }
}
