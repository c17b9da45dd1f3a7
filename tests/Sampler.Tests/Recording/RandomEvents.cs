using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Tests.Recording;

/// <summary>
/// Plays a valid random sequence of events, as a sampler would make it, into a sink: definitions come before their use, numbers go up
/// by one, times never go back.
/// </summary>
internal sealed class RandomEvents(int seed)
{
    private static readonly string[] _words = ["a", "run", "<module>", "ünï", "名前", "🐍", "with space", "", "/usr/lib/python3/x.py", "importlib._bootstrap"];

    private readonly Random _random = new(seed);
    private ThreadStack[] _stacks = [];
    private int _functions;
    private int _frames;
    private int _stackCount;
    private int _threads;
    private int _modules;
    private int _codes;
    private long _timeNs;

    /// <summary>How a sample is handed on; when it returns false the sample counts as refused.</summary>
    public delegate bool SampleTaker(long timeNs, ReadOnlySpan<ThreadStack> stacks);

    public void Begin(IRecordingSink sink)
    {
        sink.OnEnvironment(new RecordingEnvironment
        {
            ToolVersion = "0.1.0",
            Verb = Word(),
            Mode = "nonblocking",
            RateHz = _random.Next(3) * 5000,
            Started = new DateTimeOffset(2026, 11, 23, 1, 2, 3, TimeSpan.Zero).AddTicks(_random.Next()),
            Platform = "linux-x64",
            Kernel = "6.1",
            Cpus = 2,
            CpuQuota = _random.Next(2) == 0 ? null : 1.5,
            Host = Word(),
        });
        Image(sink);
    }

    public void Play(IRecordingSink sink, int count, SampleTaker? take = null)
    {
        for (var i = 0; i < count; i++)
            Step(sink, take);
    }

    private void Step(IRecordingSink sink, SampleTaker? take)
    {
        switch (_random.Next(40))
        {
            case 0: sink.OnMilestone((Milestone)_random.Next(10), _timeNs); break;
            case 1: sink.OnThread(new ThreadInfo((_threads == 40 || _random.Next(4) == 0) && _threads > 0 ? _random.Next(_threads) : _threads++, _random.Next(), Word(), _random.Next(2) == 0, _random.Next(3))); break;
            case 2 or 3: sink.OnFunction(new FunctionInfo(_functions++, Word(), Word(), _random.Next(-1, 5000))); break;
            case 4 or 5 or 6 when _functions > 0: sink.OnFrame(new FrameInfo(_frames++, _random.Next(_functions), _random.Next(5000), _random.Next(3) == 0 ? Word() : null)); break;
            case 7 or 8 or 9 or 10 when _frames > 0: sink.OnStack(++_stackCount, _random.Next(_stackCount), _random.Next(_frames)); break;
            case 11: sink.OnModule(new ModuleInfo(Word() + _modules, Word(), (ModuleKind)_random.Next(7), _modules++, _timeNs, _random.Next(2) == 0, Words()) { InterpreterId = _random.Next(3) }); break;
            case 13 or 14: Memory(sink); break;
            case 12 when _random.Next(4) == 0: Rare(sink); break;
            case 20 when _functions > 0: sink.OnCode(new CodeInfo(_codes, _random.Next(_functions), Word(), _random.Next(-1, _codes++))); break;
            case 21 when _random.Next(4) == 0: Usage(sink); break;
            case 22 when _stacks.Length > 0: sink.OnIdle(_timeNs += _random.NextInt64(1, 1L << 33), _random.Next(1, 1 << 30)); break;
            default: Sample(take ?? ((timeNs, stacks) => { sink.OnSample(timeNs, stacks); return true; })); break;
        }
    }

    private void Rare(IRecordingSink sink)
    {
        switch (_random.Next(9))
        {
            case 5: sink.OnModuleSource(Source()); break;
            case 7: sink.OnCollection(_timeNs, _timeNs + _random.NextInt64(1L << 40)); break;
            case 6: sink.OnProcessorTime(_timeNs, _random.NextInt64(1L << 60)); break;
            case 0: sink.OnDistribution(new DistributionInfo(Word(), Word(), Word(), _random.Next(2) == 0, Words())); break;
            case 1: sink.OnStatistics(new SamplingStatistics { DurationNs = _timeNs, Samples = 5, Cut = 1, Missed = 2, Idle = 3, Dropped = 4, Failures = new SortedDictionary<SampleFailure, long> { [SampleFailure.Torn] = 5, [SampleFailure.Stopped] = 6 } }); break;
            case 2: sink.OnPython(new PythonInfo { Version = "3.11.2", Build = Word(), FreeThreaded = _random.Next(2) == 0, Prefix = Word(), BasePrefix = Word(), StandardLibraryPaths = Words(), SearchPath = Words(), DontWriteBytecode = _random.Next(3) switch { 0 => null, var n => n == 1 } }); break;
            case 3: sink.OnImageEnd(new ImageEnd { TimeNs = _timeNs, Replaced = true, ExitStatus = _random.Next(2) == 0 ? null : 0, CpuNs = _random.Next(2) == 0 ? null : 17, PeakRssKib = _random.Next(2) == 0 ? null : 18 }); break;
            case 4: sink.OnInvocation(new Invocation(_random.Next(1, 1000), _timeNs - _random.Next(1000), _timeNs, _random.Next(2) == 0)); break;
            default: Image(sink); break;
        }
    }

    private ModuleSource Source() => new()
    {
        Module = Word(),
        File = Word(),
        Imports = [.. Enumerable.Range(0, _random.Next(3)).Select(_ => new SourceImport
        {
            Line = _random.Next(100),
            EndLine = _random.Next(100),
            Target = Word(),
            Name = _random.Next(2) == 0 ? null : Word() + "x",
            Bound = Word(),
            Function = Word(),
            Conditions = (ImportConditions)_random.Next(64),
            EagerUses = (EagerUses)_random.Next(128),
            UsedBy = Words(),
            Definitions = Words(),
            Branches = [.. Words().Select(word => new SourceBranch(word, Words()))],
        })],
        Effects = [.. Words().Select(word => new SourceEffect(_random.Next(100), word))],
        References = Words(),
    };
    private void Usage(IRecordingSink sink)
    {
        sink.OnUsage(new UsageSnapshot
        {
            BeginNs = _timeNs,
            EndNs = _timeNs + _random.Next(1000),
            Moment = (UsageMoment)_random.Next(5),
            IsComplete = _random.Next(2) == 0,
            Readings = [.. Enumerable.Range(0, _codes == 0 ? 0 : _random.Next(9)).Select(_ => new CodeReading(_random.Next(_codes), (CodeUse)_random.Next(5), _random.Next(2000)))],
            Walked = Words(),
        });
        sink.OnNativePages(new NativePagesReading { SinceNs = _timeNs, TimeNs = _timeNs + 5, Libraries = [.. Words().Select(word => new NativeLibraryPages(word, _random.Next(100)))] });
    }

    private void Memory(IRecordingSink sink)
    {
        var threads = _random.Next(3) == 0 ? Math.Min(_threads, _random.Next(4)) : 0;
        var faults = threads == 0 ? null : new MemoryFaults(_random.Next(), [.. Enumerable.Range(0, threads).Select(i => new ThreadFaults(i, _random.Next()))]);
        sink.OnMemory(new MemoryReading(_timeNs + _random.Next(100_000), _random.Next(1 << 20), _random.Next(1 << 20), (MemorySource)_random.Next(3), faults));
    }

    private void Image(IRecordingSink sink) => sink.OnImage(new ProcessImage
    {
        Pid = _random.Next(),
        StartNs = _timeNs,
        Attached = _random.Next(2) == 0,
        CommandLine = Words(),
        Executable = Word(),
        WorkingDirectory = Word(),
        Handler = _random.Next(2) == 0 ? null : new HandlerInfo(Word(), Word()),
    });

    private void Sample(SampleTaker take)
    {
        if (_threads == 0 || _stackCount == 0)
            return;
        // As often as not the same stacks as before; else some of them changed, came or went.
        var next = _stacks;
        if (next.Length == 0 || _random.Next(2) == 0)
        {
            next = [.. next];
            for (var changes = _random.Next(3); changes > 0 && next.Length > 0; changes--)
            {
                var place = _random.Next(next.Length);
                next[place] = new ThreadStack(next[place].ThreadId, _random.Next(_stackCount) + 1, _random.Next(5) == 0);
            }
            if (_random.Next(6) == 0 && next.Length > 0)
                next = [.. next.Where((_, i) => i != next.Length / 2)];
            var thread = _random.Next(_threads);
            if (next.All(s => s.ThreadId != thread))
                next = [.. next, new ThreadStack(thread, _random.Next(_stackCount) + 1, false)];
        }
        _timeNs += _random.Next(4) == 0 ? _random.NextInt64(1L << 40) : 100_000 + _random.Next(-5000, 5000);
        _stacks = next;
        take(_timeNs, next);
    }

    private string Word() => _words[_random.Next(_words.Length)] + (_random.Next(3) == 0 ? _random.Next(1000).ToString(System.Globalization.CultureInfo.InvariantCulture) : "");

    private string[] Words() => [.. Enumerable.Range(0, _random.Next(4)).Select(_ => Word())];
}
