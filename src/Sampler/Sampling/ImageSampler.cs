using LibProf.Sampler.Executions;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sources;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Samples the interpreter of one process image, from the moment it was located to its end: stacks at every look, and beside
/// them what changes more slowly (modules, thread names, the runtime's flags).
/// </summary>
internal sealed class ImageSampler
{
    // Modules come in bursts: while they do, the table is asked often. The first change is taken up at once, since it may be the last one of
    // the program; those that follow soon wait a moment, to be read together.
    private const long ShortestSurveyNs = 200_000;
    private const long LongestSurveyNs = 500_000;
    private const long LongestAttachedSurveyNs = 20_000_000;
    private const long GatherNs = 500_000;
    private const long CompletionIntervalNs = 2_000_000;
    private const long MarkIntervalNs = 250_000;
    private const long NamingIntervalNs = 50_000_000;
    private const long VerifyIntervalNs = 10_000_000;
    private const long LongestHoldNs = 200_000_000;
    private const int MostHeldStacks = 16384;

    private readonly LiveProcessMemory _memory;
    private readonly LocatedRuntime _runtime;
    private readonly RecordingPump _pump;
    private readonly SampleCounter _counter;
    private readonly StackInterner _interner;
    private readonly PythonObjects _objects;
    private readonly InterpreterReader _reader;
    private readonly ModuleTable _modules;
    private readonly Subinterpreters _others;
    private readonly Func<ulong, bool> _knowsThread;
    private readonly ThreadDirectory _threads;
    private readonly HeldSamples _held = new();
    private readonly List<Doubt> _doubtful = [];
    private readonly bool _attached;
    private ExecutionFollower? _executions;
    private readonly ulong _finalizingAddress;
    private readonly CollectorWatch _collector;
    private ulong _interpreter;
    private long _nextSurvey;
    private long _surveyInterval = ShortestSurveyNs;
    private long _lastUpdate = -GatherNs;
    private bool _isUpdateDue;
    private bool _isLast;
    private long _nextNaming;
    private long _nextCompletion;
    private long _lastVerified;
    private bool _sawFrames;
    private bool _mainIdle = true;
    private bool _sawModules;
    private bool _sawOthers;
    private bool _infoRead;
    private bool _isMarkAsked;
    private int _lastImport;
    private readonly ProgramStart _program;

    /// <summary>Begins with an image whose runtime was located.</summary>
    public ImageSampler(LiveProcessMemory memory, LocatedRuntime runtime, int namespacePid, RecordingPump pump, StackInterner interner, SampleCounter counter, bool attached)
    {
        _memory = memory;
        _runtime = runtime;
        _pump = pump;
        _collector = new CollectorWatch(pump);
        _counter = counter;
        _interner = interner;
        _program = new ProgramStart(interner);
        _attached = attached;
        _objects = new PythonObjects(memory, runtime.Layout);
        _modules = new ModuleTable(_objects, pump);
        _others = new Subinterpreters(_objects, pump);
        _threads = new ThreadDirectory(_objects, pump, $"/proc/{memory.Pid}", namespacePid);
        _reader = new InterpreterReader(_objects, runtime, interner, _threads.Add);
        _knowsThread = address => _reader.ThreadAt(address) >= 0;
        _finalizingAddress = runtime.RuntimeAddress != 0 && runtime.Layout.Runtime is { } layout
            ? runtime.RuntimeAddress + (ulong)layout.Finalizing.Value : runtime.FinalizingAddress;
        Info = new PythonInfo { Version = runtime.Version.ToString(), FreeThreaded = runtime.FreeThreaded };
    }

    /// <summary>Follows from now on which functions run, where the version lets that be known.</summary>
    /// <param name="clock">The recording's clock.</param>
    /// <param name="firstCodeId">The next number for a code object in the recording.</param>
    public void FollowExecutions(SamplerClock clock, int firstCodeId) =>
        _executions = ExecutionFollower.TryMake(_objects, _modules, _interner, _pump, firstCodeId, () => clock.NowNs, _attached);

    /// <summary>What is known of the interpreter.</summary>
    public PythonInfo Info { get; private set; }

    /// <summary>Follows which functions run; null when that is not asked for, or not possible with this version.</summary>
    public ExecutionFollower? Executions => _executions;

    /// <summary>The modules seen so far, each name once: those of the main interpreter, then what others have beyond them.</summary>
    public IEnumerable<ModuleInfo> Modules => _modules.Modules.Concat(_others.Modules).DistinctBy(module => module.Name, StringComparer.Ordinal);

    /// <summary>Whether the runtime's finalizing flag was seen.</summary>
    public bool IsFinalizing { get; private set; }

    /// <summary>Whether the main thread has returned from its program: the end is near, and worth a closer watch.</summary>
    public bool IsEnding => _sawFrames && _mainIdle;

    /// <summary>Whether some look found a Python frame.</summary>
    public bool SawFrames => _sawFrames;

    /// <summary>Where the program itself began.</summary>
    public ProgramBoundary Program => _program.Boundary;

    /// <summary>Files whose code was seen to run as a module's body, in that order.</summary>
    public IReadOnlyCollection<string> Bodies => _interner.Bodies;

    /// <summary>Told of each look, to follow resident memory; null when that is not wanted.</summary>
    public MemoryWatch? MemoryWatch { get; init; }

    /// <summary>Told of each look, to find out what threads did at it; null when nobody wants to know.</summary>
    public ThreadWatch? ThreadWatch { get; init; }

    /// <summary>Takes one look at every thread; false when the interpreter is gone or not there yet.</summary>
    public bool Look(SamplerClock clock)
    {
        long now = clock.NowNs;
        bool isSurveyed = AskRiders(now);
        LookResult result = _reader.Look(now);
        TakeMark(now);
        IsWhole = result == LookResult.Sample && !_reader.IsCut;
        switch (result)
        {
            case LookResult.Sample:
                if (!_sawFrames)
                {
                    _sawFrames = true;
                    _pump.OnMilestone(Milestone.FirstFrame, now);
                }

                if (!_attached && _program.IsFirstWithoutImport(now, _reader.Stacks))
                {
                    _nextSurvey = now;
                    _lastUpdate = long.MinValue / 2;
                }

                _executions?.Note(_reader.Stacks, _reader.IsCut);
                ThreadWatch?.Observe(now, _reader, _threads);
                _held.Add(now, _reader.Stacks, _reader.IsCut);
                break;
            case LookResult.NoFrames:
                _counter.Idle++;
                _executions?.Note([], isCut: false);
                break;
            case LookResult.Failed:
                // After the end of the program the interpreter's memory comes apart: a phase, not a loss.
                if (IsFinalizing)
                {
                    _counter.Idle++;
                }
                else
                {
                    _counter.Fail(_reader.Failure);
                }

                break;
        }

        _collector.Observe(now, _reader.IsCollecting);
        IsImporting = FindsImport();
        int import = _reader.StackCount == 1 ? _interner.ImportOf(_reader.Stacks[0].StackId) : 0;
        (GoesOn, _lastImport) = (import != 0 && import == _lastImport, import);
        _reader.CollectingAddress = _interpreter != 0 && IsImporting ? _runtime.CollectingAddress(_interpreter) : 0;
        if (result is LookResult.Sample or LookResult.NoFrames)
        {
            MemoryWatch?.Observe(now, result == LookResult.Sample ? _reader.Stacks : [], _interner, _threads);
        }

        if (result != LookResult.Gone && _reader.IsMainIdle != _mainIdle)
        {
            _mainIdle = _reader.IsMainIdle;
            if (_mainIdle)
            {
                _pump.OnMilestone(Milestone.MainReturned, now);
                // The search path as the program (or site) left it.
                _infoRead = false;
                // What is in sys.modules now is there for some ten microseconds more.
                _nextSurvey = now;
                isSurveyed = false;
            }
        }

        ReleaseWhenDue(now);
        if (now >= _nextSurvey)
        {
            Survey(now, isSurveyed && _reader.Riders.IsWhole);
            _nextSurvey = now + (IsEnding ? 0 : _surveyInterval);
        }

        return result != LookResult.Gone && _reader.ThreadCount > 0;
    }

    // The look brings along what a survey and the image's mark take, when they are due. True when the survey is among it.
    private bool AskRiders(long now)
    {
        ReadBatch riders = _reader.Riders;
        riders.Clear();
        bool isSurveyed = now >= _nextSurvey && _interpreter != 0 && !IsEnding;
        if (isSurveyed)
        {
            _modules.Ask(riders, _interpreter, _finalizingAddress, _runtime.InterpretersHeadAddress);
        }

        _isMarkAsked = Mark is not null && now - SameImageNs >= MarkIntervalNs;
        if (_isMarkAsked)
        {
            Mark!.Ask(riders);
        }

        return isSurveyed;
    }

    private void TakeMark(long now)
    {
        if (_isMarkAsked && _reader.Riders.IsWhole && Mark!.IsIn(_reader.Riders.Bytes))
        {
            SameImageNs = now;
        }
    }

    private bool FindsImport()
    {
        foreach (ref readonly ThreadStack stack in _reader.Stacks)
        {
            if (_interner.ImportOf(stack.StackId) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What tells whether the process still runs this image; null when looks are not to bring it along.</summary>
    public ImageMark? Mark { get; set; }

    /// <summary>When a look last found the <see cref="Mark"/>, on the recording's clock.</summary>
    public long SameImageNs { get; private set; } = long.MinValue / 2;

    /// <summary>Whether the last look found the only thread in the same import as the look before.</summary>
    public bool GoesOn { get; private set; }

    /// <summary>Whether the last look found an import in progress.</summary>
    public bool IsImporting { get; private set; }

    /// <summary>Whether the last look gave stacks that are whole.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Hands over what is held of samples, without waiting for more.</summary>
    public void ReleaseAll(long now)
    {
        _lastVerified = now;
        _reader.VerifyNames(now, _doubtful);
        _held.Release(_doubtful, _interner, _pump, _counter);
    }

    private void ReleaseWhenDue(long now)
    {
        long since = now - _lastVerified;
        if (_held.Count > 0
            && ((since >= VerifyIntervalNs && _held.Count >= 16) || since >= LongestHoldNs || _held.StackCount >= MostHeldStacks))
        {
            ReleaseAll(now);
        }
    }

    // What changes more slowly than stacks.
    private void Survey(long now, bool isRead)
    {
        if (_interpreter == 0 && !InterpreterList.TryFindMain(_memory, _runtime, out _interpreter))
        {
            return;
        }

        SurveyRuntime survey = isRead ? _modules.Answer(_reader.Riders.Bytes)
            : _modules.Survey(_interpreter, _finalizingAddress, _runtime.InterpretersHeadAddress);
        SurveyOthers(survey, now);
        bool isLast = IsEnding || survey.IsFinalizing;
        _surveyInterval = survey.ModulesChanged ? ShortestSurveyNs
            : Math.Min(_surveyInterval * 5 / 4, _attached ? LongestAttachedSurveyNs : LongestSurveyNs);
        _isUpdateDue = survey.ModulesChanged && now - _lastUpdate < GatherNs && _sawModules && !isLast;
        if (survey.ModulesChanged && !_isUpdateDue)
        {
            _lastUpdate = now;
            _nextCompletion = now + CompletionIntervalNs;
            _modules.Update(survey, now, _attached && !_sawModules);
            _sawModules |= _modules.Modules.Count > 0;
        }
        else if (_modules.HasIncomplete && !survey.IsFinalizing && now >= _nextCompletion)
        {
            _nextCompletion = now + CompletionIntervalNs;
            _modules.Complete();
        }

        if (isLast && !_isLast && (!survey.IsFinalizing || _modules.IsIntact()))
        {
            // Those included that were given up.
            _modules.Refresh();
        }

        _isLast = isLast;
        if (survey.IsFinalizing && !IsFinalizing)
        {
            IsFinalizing = true;
            _pump.OnMilestone(Milestone.Finalizing, now);
        }

        if (now < _nextNaming)
        {
            return;
        }

        _nextNaming = now + (_infoRead ? NamingIntervalNs : NamingIntervalNs / 25);
        if (!_infoRead && _sawFrames)
        {
            ReadInfo();
        }
        else if (_threads.HasUnnamed)
        {
            _threads.NameThreads(_modules.AddressOf("threading"));
        }
    }

    // Asked only while there are other interpreters. Their threads may come when no thread is there to tell of it by its links.
    private void SurveyOthers(in SurveyRuntime survey, long now)
    {
        if (survey.IsFinalizing || survey.FirstInterpreter == 0)
        {
            return;
        }

        bool has = survey.FirstInterpreter != _interpreter;
        if (has && _others.Survey(survey.FirstInterpreter, _interpreter, now, _attached && !_sawOthers, _knowsThread))
        {
            _reader.ForgetThreads();
        }

        // What there is of interpreters at the first survey of an attach was there before it.
        _sawOthers |= _sawModules;
    }

    /// <summary>Reads <c>sys.path</c> and the like again.</summary>
    public void ReadInfo()
    {
        string standardLibrary = _modules.Modules.FirstOrDefault(module => module.Name == "os") is { File.Length: > 0 } os
            ? Path.GetDirectoryName(os.File) ?? "" : "";
        if (_interpreter != 0 && PythonInfoReader.TryRead(_objects, _runtime, _interpreter, standardLibrary, out PythonInfo info))
        {
            // A path entry that was there once may have been imported from: none is forgotten.
            Info = info with { SearchPath = [.. Info.SearchPath.Union(info.SearchPath)] };
            _pump.OnPython(Info);
            _infoRead = true;
        }
    }

    /// <summary>Hands over what is still held and completes the inventory, as far as the target still can be read.</summary>
    public void Finish(SamplerClock clock)
    {
        MemoryWatch?.Finish();
        _collector.Close(clock.NowNs);
        _doubtful.Clear();
        // Some address that is not mapped (EFAULT, 14) says nothing of the process.
        if (!IsFinalizing && (_memory.LastError is 0 or 14))
        {
            _reader.VerifyNames(clock.NowNs, _doubtful);
            if (_isUpdateDue)
            {
                _modules.Update(_modules.Survey(_interpreter, _finalizingAddress), clock.NowNs, beforeRecording: false);
            }

            _modules.Refresh();
            ReadInfo();
        }

        _held.Release(_doubtful, _interner, _pump, _counter);
        if (_threads.HasUnnamed)
        {
            _threads.NameThreads(_modules.AddressOf("threading"));
        }
    }
}
