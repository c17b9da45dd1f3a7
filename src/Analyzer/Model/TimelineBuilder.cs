using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Model;

/// <summary>
/// Turns the looks at one thread into runs. Equal neighbours are merged, so memory grows with changes, not with looks.
/// A look stands for the time from midway to the look before to midway to the look after.
/// </summary>
internal sealed class TimelineBuilder(ThreadInfo thread)
{
    private readonly List<StackRun> _runs = [];
    private long _startNs;
    private bool _started;
    private int _stack;
    private bool _cut;
    private int _samples;
    private long _lastLook;

    /// <summary>The thread; replaced when more of it becomes known.</summary>
    public ThreadInfo Thread { get; set; } = thread;

    /// <summary>Whether the last look had a stack of this thread.</summary>
    public bool Active => _samples > 0;

    /// <summary>Number of the last look that had a stack of this thread.</summary>
    public long LastLook => _lastLook;

    /// <summary>A look gave a stack.</summary>
    /// <param name="look">The look's number.</param>
    /// <param name="boundaryNs">Midway between the look before and this one.</param>
    /// <param name="stack">What it gave.</param>
    public void Observe(long look, long boundaryNs, in ThreadStack stack)
    {
        _lastLook = look;
        if (_samples > 0 && _stack == stack.StackId && _cut == stack.Cut)
        {
            _samples++;
            return;
        }

        if (!_started)
        {
            _started = true;
            _startNs = boundaryNs;
        }
        else if (_samples > 0)
        {
            Close(boundaryNs);
        }
        else if (_runs.Count > 0 && _runs[^1].EndNs < boundaryNs)
        {
            // The thread was away for some looks.
            _runs.Add(new StackRun(StackId.None, false, 0, boundaryNs));
        }

        _stack = stack.StackId;
        _cut = stack.Cut;
        _samples = 1;
    }

    /// <summary>Looks were left out, since the thread cannot have run.</summary>
    /// <param name="looks">How many.</param>
    public void Rest(long looks) => _samples = (int)Math.Min(int.MaxValue, _samples + looks);

    /// <summary>The running run, if any, ends.</summary>
    public void Close(long boundaryNs)
    {
        if (_samples > 0)
        {
            _runs.Add(new StackRun(new StackId(_stack), _cut, _samples, boundaryNs));
            _samples = 0;
        }
    }

    /// <summary>The runs so far; the running one ends at <paramref name="endNs"/>.</summary>
    public ThreadTimeline Build(long endNs)
    {
        List<StackRun> runs = [.. _runs];
        if (_samples > 0)
        {
            runs.Add(new StackRun(new StackId(_stack), _cut, _samples, endNs));
        }

        return new ThreadTimeline(Thread, _startNs, runs);
    }
}
