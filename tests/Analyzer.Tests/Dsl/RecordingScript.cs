using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Dsl;

/// <summary>
/// Writes a recording event by event, times in milliseconds, and gives the profile. Functions, frames and stacks are announced
/// as they come up, as the sampler does it.
/// </summary>
public sealed class RecordingScript
{
    private readonly ProfileBuilder _sink = new();
    private readonly Dictionary<(string, string), int> _functions = [];
    private readonly Dictionary<FrameSpec, int> _frames = [];
    private readonly Dictionary<(int, int), int> _stacks = [];
    private readonly HashSet<int> _threads = [];
    private int _modules;

    /// <summary>A script that runs under Python from 0 on, sampled each millisecond.</summary>
    public static RecordingScript Run(double rateHz = 1000, string version = "3.11.2") => new RecordingScript()
        .Environment(rateHz)
        .Image(0, ["python3", "app.py"])
        .Python(version)
        .Thread(0, main: true);

    public RecordingScript Environment(double rateHz = 1000)
    {
        _sink.OnEnvironment(new RecordingEnvironment
        {
            ToolVersion = "0.1.0",
            Verb = "run",
            Mode = "nonblocking",
            RateHz = rateHz,
            Started = DateTimeOffset.UnixEpoch,
            Platform = "linux-x64",
            Kernel = "6.1",
            Cpus = 2,
        });
        return this;
    }

    public RecordingScript Image(double startMs, string[] commandLine, bool attached = false, string directory = "/app")
    {
        _sink.OnImage(new ProcessImage
        {
            Pid = 4711,
            StartNs = Ns(startMs),
            Attached = attached,
            CommandLine = commandLine,
            Executable = "/usr/bin/" + commandLine[0],
            WorkingDirectory = directory,
        });
        return this;
    }

    public RecordingScript Python(string version = "3.11.2")
    {
        _sink.OnPython(new PythonInfo
        {
            Version = version,
            Prefix = "/usr",
            BasePrefix = "/usr",
            StandardLibraryPaths = ["/usr/lib/python3.11", "/usr/lib/python3.11/lib-dynload"],
            DontWriteBytecode = false,
        });
        return this;
    }

    public RecordingScript Thread(int id, bool main = false, string name = "", long interpreter = 0)
    {
        _threads.Add(id);
        _sink.OnThread(new ThreadInfo(id, 4711 + id, name.Length > 0 ? name : main ? "MainThread" : $"Thread-{id}", main, interpreter));
        return this;
    }

    public RecordingScript Milestone(Milestone milestone, double ms)
    {
        _sink.OnMilestone(milestone, Ns(ms));
        return this;
    }

    public RecordingScript Processor(double ms, double cpuMs)
    {
        _sink.OnProcessorTime(Ns(ms), Ns(cpuMs));
        return this;
    }

    /// <summary>The interpreter collected garbage.</summary>
    public RecordingScript Collection(double beginMs, double endMs)
    {
        _sink.OnCollection(Ns(beginMs), Ns(endMs));
        return this;
    }

    /// <summary>Looks that were left out since nothing ran; the last of them was due then.</summary>
    public RecordingScript Idle(double untilMs, long looks)
    {
        _sink.OnIdle(Ns(untilMs), looks);
        return this;
    }

    /// <summary>What a module's file says.</summary>
    public RecordingScript Source(string module, string file, params SourceImport[] imports) => Source(module, file, imports, []);

    public RecordingScript Source(string module, string file, SourceImport[] imports, string[] handed)
    {
        _sink.OnModuleSource(new ModuleSource { Module = module, File = file, Imports = imports, Handed = handed });
        return this;
    }

    public RecordingScript Invocation(int number, double beginMs, double endMs, bool failed = false)
    {
        _sink.OnInvocation(new Invocation(number, Ns(beginMs), Ns(endMs), failed));
        return this;
    }

    /// <summary>A reading of resident memory, in KiB.</summary>
    public RecordingScript Memory(
        double ms, long anonymous, long file = 0, MemorySource source = MemorySource.Counters, MemoryFaults? faults = null)
    {
        _sink.OnMemory(new MemoryReading(Ns(ms), anonymous, file, source, faults));
        return this;
    }

    public RecordingScript Module(string name, string file = "", ModuleKind kind = ModuleKind.Source, double seenMs = 0, bool before = false, params string[] path)
    {
        _sink.OnModule(new ModuleInfo(name, file, kind, _modules++, Ns(seenMs), before, path));
        return this;
    }

    /// <summary>An entry in the <c>sys.modules</c> of another interpreter than the main one.</summary>
    public RecordingScript ModuleOf(long interpreter, string name, string file = "", double seenMs = 0)
    {
        _sink.OnModule(new ModuleInfo(name, file, ModuleKind.Source, _modules++, Ns(seenMs), false, []) { InterpreterId = interpreter });
        return this;
    }

    public RecordingScript Distribution(string name, string version, params string[] modules)
    {
        _sink.OnDistribution(new DistributionInfo(name, version, "/usr/lib/python3/dist-packages", false, modules));
        return this;
    }

    /// <summary>A look that found one stack, the main thread's.</summary>
    public RecordingScript Look(double ms, params FrameSpec[] stack) => Look(ms, (0, stack, false));

    /// <summary>A look that lost the leaf side of the main thread's stack.</summary>
    public RecordingScript CutLook(double ms, params FrameSpec[] stack) => Look(ms, (0, stack, true));

    /// <summary>A look at several threads.</summary>
    public RecordingScript Look(double ms, params (int Thread, FrameSpec[] Stack, bool Cut)[] threads)
    {
        var stacks = new List<ThreadStack>();
        foreach ((int thread, FrameSpec[] stack, bool cut) in threads)
        {
            if (!_threads.Contains(thread))
            {
                Thread(thread, main: thread == 0);
            }

            if (stack.Length > 0)
            {
                stacks.Add(new ThreadStack(thread, Stack(stack), cut));
            }
        }

        _sink.OnSample(Ns(ms), stacks.ToArray());
        return this;
    }

    /// <summary>Looks each millisecond from one time up to before another, all with the same stack.</summary>
    public RecordingScript Looks(double fromMs, double toMs, params FrameSpec[] stack)
    {
        for (double ms = fromMs; ms < toMs; ms++)
        {
            Look(ms, stack);
        }

        return this;
    }

    public RecordingScript Statistics(SamplingStatistics statistics)
    {
        _sink.OnStatistics(statistics);
        return this;
    }

    public RecordingScript End(double ms, int? status = 0, bool replaced = false)
    {
        _sink.OnImageEnd(new ImageEnd
        {
            TimeNs = Ns(ms),
            ExitStatus = replaced ? null : status,
            Replaced = replaced,
            CpuNs = replaced ? null : Ns(ms / 2),
            PeakRssKib = replaced ? null : 20_480,
        });
        return this;
    }

    public Profile Profile()
    {
        Assert.True(_sink.TryBuild(out Profile? profile));
        return profile;
    }

    public ReportModel Report() => ReportModel.Of(Profile());

    public static long Ns(double ms) => (long)Math.Round(ms * 1e6);

    private int Stack(FrameSpec[] frames)
    {
        int stack = 0;
        foreach (FrameSpec frame in frames)
        {
            int frameId = Frame(frame);
            if (!_stacks.TryGetValue((stack, frameId), out int next))
            {
                _stacks[(stack, frameId)] = next = _stacks.Count + 1;
                _sink.OnStack(next, stack, frameId);
            }

            stack = next;
        }

        return stack;
    }

    private int Frame(FrameSpec frame)
    {
        if (!_functions.TryGetValue((frame.File, frame.Name), out int function))
        {
            _functions[(frame.File, frame.Name)] = function = _functions.Count;
            _sink.OnFunction(new FunctionInfo(function, frame.Name, frame.File, 1));
        }

        if (!_frames.TryGetValue(frame, out int id))
        {
            _frames[frame] = id = _frames.Count;
            _sink.OnFrame(new FrameInfo(id, function, frame.Line, frame.Importing));
        }

        return id;
    }
}
