using LibProf.Sampler.Recording;

namespace LibProf.Cli.Recordings;

/// <summary>
/// How far a recording has come, followed from its events. They come on the thread that drains them, never on the sampling thread;
/// the figures may be read from any other.
/// </summary>
internal sealed class RecordingProgress : IRecordingSink
{
    private readonly List<string?> _importOfFrame = [];
    private int[] _importOfStack = new int[1024]; // number of the innermost frame that imports, plus 1; 0 where there is none
    private readonly List<string> _imports = [];
    private long _samples;
    private long _idle;
    private string? _importing;
    private SamplingStatistics? _statistics;
    private volatile bool _isPython;

    /// <summary>Samples recorded so far.</summary>
    public long Samples => Volatile.Read(ref _samples);

    /// <summary>Looks left out so far since the process did not run.</summary>
    public long Idle => Volatile.Read(ref _idle);

    /// <summary>The innermost module that the thread seen first was importing at the last sample; null when nothing was.</summary>
    public string? Importing => Volatile.Read(ref _importing);

    /// <summary>Whether the newest image is known to be a Python.</summary>
    public bool IsPython => _isPython;

    /// <summary>Share of the looks that gave whole stacks, from 0 to 1; null when that is not known yet.</summary>
    public double? Quality => Volatile.Read(ref _statistics) is { } s && s.Samples + s.Failed + s.Missed + s.Dropped is > 0 and var looks
        ? (double)(s.Samples - s.Cut) / looks : null;

    /// <inheritdoc/>
    public void OnImage(ProcessImage image)
    {
        _isPython = false;
        Volatile.Write(ref _importing, null);
    }

    /// <inheritdoc/>
    public void OnPython(PythonInfo python) => _isPython = true;

    /// <inheritdoc/>
    public void OnFrame(in FrameInfo frame) => _importOfFrame.Add(frame.Importing);

    /// <inheritdoc/>
    public void OnStack(int stackId, int parentStackId, int frameId)
    {
        if (stackId >= _importOfStack.Length)
        {
            Array.Resize(ref _importOfStack, Math.Max(stackId + 1, 2 * _importOfStack.Length));
        }

        if (_importOfFrame[frameId] is not { } name)
        {
            _importOfStack[stackId] = _importOfStack[parentStackId];
            return;
        }

        _imports.Add(name);
        _importOfStack[stackId] = _imports.Count;
    }

    /// <inheritdoc/>
    public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        int import = 0;
        int thread = int.MaxValue;
        foreach (ThreadStack stack in stacks)
        {
            if (stack.ThreadId < thread && _importOfStack[stack.StackId] is not 0 and var found)
            {
                (import, thread) = (found, stack.ThreadId);
            }
        }

        Volatile.Write(ref _importing, import == 0 ? null : _imports[import - 1]);
        Volatile.Write(ref _samples, _samples + 1);
    }

    /// <inheritdoc/>
    public void OnIdle(long untilNs, long looks) => Volatile.Write(ref _idle, _idle + looks);

    /// <inheritdoc/>
    public void OnStatistics(SamplingStatistics statistics) => Volatile.Write(ref _statistics, statistics);

    /// <inheritdoc/>
    public void OnEnvironment(RecordingEnvironment environment)
    {
    }

    /// <inheritdoc/>
    public void OnMilestone(Milestone milestone, long timeNs)
    {
    }

    /// <inheritdoc/>
    public void OnThread(ThreadInfo thread)
    {
    }

    /// <inheritdoc/>
    public void OnFunction(in FunctionInfo function)
    {
    }

    /// <inheritdoc/>
    public void OnModule(ModuleInfo module)
    {
    }

    /// <inheritdoc/>
    public void OnDistribution(DistributionInfo distribution)
    {
    }

    /// <inheritdoc/>
    public void OnImageEnd(ImageEnd end)
    {
    }
}
