using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Notes when the interpreter collects garbage while something is being imported. A collection begins when so and so many objects
/// have been made since the last one, in whichever module that happens to be: the module did not cause it, and leaving it out moves it.
/// </summary>
internal sealed class CollectorWatch(IRecordingSink sink)
{
    private const long None = -1;

    private long _lastLookNs = None;
    private long _beginNs = None;

    /// <summary>Told of each look.</summary>
    /// <param name="nowNs">When it was.</param>
    /// <param name="isCollecting">Whether the interpreter was collecting; null when that was not asked.</param>
    public void Observe(long nowNs, bool? isCollecting)
    {
        long boundaryNs = _lastLookNs == None ? nowNs : _lastLookNs + ((nowNs - _lastLookNs) / 2);
        _lastLookNs = nowNs;
        if (isCollecting == true)
        {
            _beginNs = _beginNs == None ? boundaryNs : _beginNs;
        }
        else
        {
            Close(boundaryNs);
        }
    }

    /// <summary>A collection that is not over is over then.</summary>
    /// <param name="endNs">No later look is expected.</param>
    public void Close(long endNs)
    {
        if (_beginNs != None)
        {
            sink.OnCollection(_beginNs, endNs);
            _beginNs = None;
        }
    }
}
