namespace LibProf.Sampler.Recording;

/// <summary>What a recording was made with: one per recording, first of all.</summary>
public sealed record RecordingEnvironment
{
    /// <summary>libprof's own version.</summary>
    public required string ToolVersion { get; init; }
    /// <summary>The verb: <c>run</c> or <c>attach</c>.</summary>
    public required string Verb { get; init; }
    /// <summary>Sampling mode: <c>nonblocking</c> or <c>blocking</c>.</summary>
    public required string Mode { get; init; }
    /// <summary>Looks asked for per second; 0 means as many as possible.</summary>
    public required double RateHz { get; init; }
    /// <summary>Wall-clock time at the zero of all times in the recording.</summary>
    public required DateTimeOffset Started { get; init; }
    /// <summary>For example <c>linux-x64</c>.</summary>
    public required string Platform { get; init; }
    /// <summary>Kernel release.</summary>
    public required string Kernel { get; init; }
    /// <summary>Processors the target may run on.</summary>
    public required int Cpus { get; init; }
    /// <summary>The cgroup's processor quota in processors; null when unlimited or unknown.</summary>
    public double? CpuQuota { get; init; }
    /// <summary>Host name; empty when unknown.</summary>
    public string Host { get; init; } = "";
}

/// <summary>A process image: begins with a launch, an attach, or an exec of another program in the same process.</summary>
public sealed record ProcessImage
{
    /// <summary>Process id as libprof sees it.</summary>
    public required int Pid { get; init; }
    /// <summary>Nanoseconds on the recording's clock at which the image began (its exec; with attach: the attach).</summary>
    public required long StartNs { get; init; }
    /// <summary>Whether the image was there before the recording began (attach).</summary>
    public required bool Attached { get; init; }
    /// <summary>Arguments of the image, as in <c>/proc/PID/cmdline</c>.</summary>
    public required IReadOnlyList<string> CommandLine { get; init; }
    /// <summary>Path of the executable, as the target sees it.</summary>
    public required string Executable { get; init; }
    /// <summary>Working directory, as the target sees it; empty when unknown.</summary>
    public string WorkingDirectory { get; init; } = "";
    /// <summary>The serverless handler that libprof's driver runs in it; null when it is a program of its own.</summary>
    public HandlerInfo? Handler { get; init; }
}

/// <summary>A serverless handler.</summary>
/// <param name="Directory">Of its code; empty for the image's working directory.</param>
/// <param name="Module">The module that the driver imports.</param>
public sealed record HandlerInfo(string Directory, string Module)
{
    /// <summary>What stands for the file name in the driver's own code objects: none of its time is the application's.</summary>
    public const string DriverFile = "<libprof handler driver>";
}

/// <summary>The Python interpreter found in the newest image.</summary>
public sealed record PythonInfo
{
    /// <summary>For example <c>3.11.2</c>.</summary>
    public required string Version { get; init; }
    /// <summary><c>sys.version</c> whole; empty when not read.</summary>
    public string Build { get; init; } = "";
    /// <summary>Whether it is a free-threaded build.</summary>
    public bool FreeThreaded { get; init; }
    /// <summary><c>sys.prefix</c>; empty when not read, like the following.</summary>
    public string Prefix { get; init; } = "";
    /// <summary><c>sys.base_prefix</c>: where the standard library is installed.</summary>
    public string BasePrefix { get; init; } = "";
    /// <summary>Directories of the standard library (its own and <c>lib-dynload</c>).</summary>
    public IReadOnlyList<string> StandardLibraryPaths { get; init; } = [];
    /// <summary><c>sys.path</c> when last read.</summary>
    public IReadOnlyList<string> SearchPath { get; init; } = [];
    /// <summary><c>sys.dont_write_bytecode</c>; null when not read.</summary>
    public bool? DontWriteBytecode { get; init; }
}

/// <summary>A thread of the target that has or had Python state.</summary>
/// <param name="Id">Number in this recording: from 0, each new one is one more.</param>
/// <param name="NativeId">Kernel thread id as libprof sees it; 0 when unknown.</param>
/// <param name="Name">Python's name of the thread, else the kernel's; empty when unknown. May be reported again when it becomes known.</param>
/// <param name="IsMain">Whether it is the process's main thread.</param>
/// <param name="InterpreterId">Number of the interpreter it belongs to, 0 the main one.</param>
public sealed record ThreadInfo(int Id, int NativeId, string Name, bool IsMain, long InterpreterId);

/// <summary>A Python function: a code object by its content, not by its address.</summary>
/// <param name="Id">Number in this recording: from 0, each new one is one more.</param>
/// <param name="Name">Qualified name from 3.11 on, name before.</param>
/// <param name="File">co_filename.</param>
/// <param name="FirstLine">co_firstlineno.</param>
public readonly record struct FunctionInfo(int Id, string Name, string File, int FirstLine);

/// <summary>A place in a function, and for a frame of the import machinery the module that it is importing.</summary>
/// <param name="Id">Number in this recording: from 0, each new one is one more.</param>
/// <param name="FunctionId">The function.</param>
/// <param name="Line">Line being executed; 0 when the instruction has none or it could not be read.</param>
/// <param name="Importing">For a frame of <c>importlib._bootstrap._find_and_load</c>: its argument <c>name</c>, the absolute name of the module; else null.</param>
public readonly record struct FrameInfo(int Id, int FunctionId, int Line, string? Importing);

/// <summary>One thread's stack in a sample.</summary>
/// <param name="ThreadId">The thread.</param>
/// <param name="StackId">Its stack; never 0 (a thread without Python frames is left out of the sample).</param>
/// <param name="Cut">Whether the leaf side was lost to a change during the look.</param>
public readonly record struct ThreadStack(int ThreadId, int StackId, bool Cut);

/// <summary>How a module came to be, as far as its loader and file tell.</summary>
public enum ModuleKind
{
    /// <summary>Not known.</summary>
    Unknown,
    /// <summary>A source file (compiled file beside it or not).</summary>
    Source,
    /// <summary>A compiled file without source.</summary>
    Bytecode,
    /// <summary>A shared library.</summary>
    Extension,
    /// <summary>Built into the interpreter.</summary>
    Builtin,
    /// <summary>Frozen into the interpreter.</summary>
    Frozen,
    /// <summary>A namespace package: no file of its own.</summary>
    Namespace,
}

/// <summary>An entry of <c>sys.modules</c>.</summary>
/// <param name="Name">Its key.</param>
/// <param name="File"><c>__file__</c>; empty when it has none.</param>
/// <param name="Kind">From its loader.</param>
/// <param name="Order">Position in the order of insertion.</param>
/// <param name="SeenNs">When it was first seen, on the recording's clock.</param>
/// <param name="BeforeRecording">Whether it was there when an attach began: no time of its can be known.</param>
/// <param name="SearchPath"><c>__path__</c> of a package, for namespace packages; empty otherwise.</param>
public sealed record ModuleInfo(string Name, string File, ModuleKind Kind, int Order, long SeenNs, bool BeforeRecording, IReadOnlyList<string> SearchPath)
{
    /// <summary>Number of the interpreter whose <c>sys.modules</c> it is in, 0 the main one.</summary>
    public long InterpreterId { get; init; }
}

/// <summary>An installed distribution to which at least one module of the recording belongs.</summary>
/// <param name="Name">From its metadata, for example <c>scikit-learn</c>.</param>
/// <param name="Version">From its metadata; empty when it has none.</param>
/// <param name="Location">The directory that its metadata stands in.</param>
/// <param name="Editable">Whether it is installed in place, its files elsewhere.</param>
/// <param name="Modules">Names of the recording's modules that belong to it.</param>
public sealed record DistributionInfo(string Name, string Version, string Location, bool Editable, IReadOnlyList<string> Modules);

/// <summary>Moments in the life of the target's newest image.</summary>
public enum Milestone
{
    /// <summary>libprof asked the kernel to start the command (before its exec).</summary>
    Spawned,
    /// <summary>The image's executable or libpython is mapped and its runtime structure located.</summary>
    RuntimeFound,
    /// <summary>The main interpreter exists.</summary>
    InterpreterCreated,
    /// <summary>The first Python frame was seen.</summary>
    FirstFrame,
    /// <summary>The main thread has no Python frame left: the program is over, finalization begins.</summary>
    MainReturned,
    /// <summary>The runtime's finalizing flag was seen set.</summary>
    Finalizing,
    /// <summary>The interpreter's memory is gone or no longer valid.</summary>
    RuntimeGone,
    /// <summary>The image was replaced by another exec, or the process ended.</summary>
    ImageEnded,
    /// <summary>Sampling stopped (duration over, or asked to) while the target goes on.</summary>
    SamplingStopped,
    /// <summary>
    /// A serverless handler's module is imported and its function found: its initialisation is over. The driver's own clock, exact.
    /// The first call comes next; the driver waits in between until libprof has looked.
    /// </summary>
    HandlerReady,
}

/// <summary>A call of a serverless handler by libprof's driver: from just before the function is entered until just after it is left.</summary>
/// <param name="Number">From 1.</param>
/// <param name="BeginNs">On the recording's clock, like the end; read by the driver itself, so that also a call of microseconds is exact.</param>
/// <param name="EndNs">When it was over.</param>
/// <param name="Failed">Whether an exception ended it.</param>
public readonly record struct Invocation(int Number, long BeginNs, long EndNs, bool Failed);

/// <summary>Why a look gave no usable stack.</summary>
public enum SampleFailure
{
    /// <summary>The target changed under the look, and did so again when it was repeated.</summary>
    Torn,
    /// <summary>Memory that should be there could not be read.</summary>
    Unreadable,
    /// <summary>What was read cannot be an interpreter's state.</summary>
    Invalid,
    /// <summary>The target was stopped by another tracer and could not be read.</summary>
    Stopped,
}

/// <summary>The quality of the sampling: written from time to time and at the end; the last one counts.</summary>
public sealed record SamplingStatistics
{
    /// <summary>Time watched, in nanoseconds: from the Python image's exec (or the attach) to its end or the end of sampling.</summary>
    public long DurationNs { get; init; }
    /// <summary>Looks with at least one usable stack.</summary>
    public long Samples { get; init; }
    /// <summary>Looks without one (though Python frames were expected).</summary>
    public long Failed => Failures.Values.Sum();
    /// <summary>Samples of which some stack lost its leaf side.</summary>
    public long Cut { get; init; }
    /// <summary>Looks that were due but not taken.</summary>
    public long Missed { get; init; }
    /// <summary>Looks at a target none of whose threads had a Python frame (starting, ending) or that had not run since the look before.</summary>
    public long Idle { get; init; }
    /// <summary>Samples that the writer could not keep up with and that are not in the recording.</summary>
    public long Dropped { get; init; }
    /// <summary>Failed looks by reason.</summary>
    public IReadOnlyDictionary<SampleFailure, long> Failures { get; init; } = new Dictionary<SampleFailure, long>();
}

/// <summary>How a process image ended, as far as libprof saw it.</summary>
public sealed record ImageEnd
{
    /// <summary>On the recording's clock.</summary>
    public required long TimeNs { get; init; }
    /// <summary>Whether another exec replaced it (the process goes on).</summary>
    public bool Replaced { get; init; }
    /// <summary>Exit status of the process, 128 + N for a death by signal N; null when it did not end or is not known.</summary>
    public int? ExitStatus { get; init; }
    /// <summary>Processor time of the process, user and system, in nanoseconds; null when unknown.</summary>
    public long? CpuNs { get; init; }
    /// <summary>Peak resident memory (VmHWM) in KiB; null when unknown.</summary>
    public long? PeakRssKib { get; init; }
}
