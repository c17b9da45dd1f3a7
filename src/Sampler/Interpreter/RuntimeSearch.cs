using System.Diagnostics;
using System.Globalization;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Interpreter;

/// <summary>How far the search for CPython in a starting process is.</summary>
public enum RuntimeSearchState
{
    /// <summary>The program is still being loaded: CPython may still come.</summary>
    NotYet,

    /// <summary>The program is loaded and has no CPython. It may still exec one or load one as a library: ask again.</summary>
    NotPython,

    /// <summary>Found. Its interpreter may not exist yet.</summary>
    Found,

    /// <summary>A CPython is there that libprof does not know.</summary>
    Unsupported,

    /// <summary>The process may not be read (a set-user-ID program, for instance).</summary>
    Unreadable,

    /// <summary>The process has ended.</summary>
    Ended,
}

/// <summary>
/// Follows a process from its exec on until it runs CPython, through any number of execs (a shell wrapper, <c>env</c>). Made to be
/// asked again and again: while nothing has changed, an answer costs a few system calls of about a microsecond, no exception, and it
/// never touches the target. One thread at a time.
/// </summary>
/// <param name="pid">Process id as libprof sees it.</param>
/// <param name="memory">Its memory.</param>
public sealed class RuntimeSearch(int pid, IRemoteMemory memory) : IDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(128);

    private ProcessImageWatch? _image;
    private DynamicLoader? _loader;
    private RuntimeSearchState _state = RuntimeSearchState.NotYet;
    private TimeSpan _pause;
    private long _nextLook;

    /// <summary>Process id as libprof sees it.</summary>
    public int Pid => pid;

    /// <summary>What was found; null unless the last answer was <see cref="RuntimeSearchState.Found"/>.</summary>
    public LocatedRuntime? Runtime { get; private set; }

    /// <summary>
    /// Why not, after <see cref="RuntimeSearchState.Unsupported"/> or <see cref="RuntimeSearchState.Unreadable"/>; else null.
    /// </summary>
    public AttachException? Failure { get; private set; }

    /// <summary>How many program images were seen: 1 at the first answer, one more with each exec that was noticed.</summary>
    public int Images { get; private set; }

    /// <summary>Looks again. After an exec the search begins anew by itself, also when CPython had been found.</summary>
    /// <returns>The state now.</returns>
    public RuntimeSearchState Poll()
    {
        if (_image is null || !_image.IsSame)
        {
            if (!TryBegin())
            {
                return _state;
            }
        }
        else if (_state is RuntimeSearchState.Found or RuntimeSearchState.Unsupported)
        {
            return _state;
        }

        if (!IsLookDue())
        {
            return _state;
        }

        RuntimeFinding finding = RuntimeFinder.Find(pid, memory);
        if (finding.State is RuntimeSearchState.Unreadable)
        {
            return _state = finding.Error is 2 or 3 ? EndOrNotYet() : Refuse(finding.Error);
        }

        // No library of CPython as long as the dynamic linker is at work says nothing.
        bool loading = finding.State == RuntimeSearchState.NotPython && (_loader is null || _loader.Progress == LoaderProgress.Loading);
        _state = loading ? RuntimeSearchState.NotYet : finding.State;
        Runtime = finding.Runtime;
        Failure = finding.Failure;
        return _state;
    }

    /// <inheritdoc/>
    public void Dispose() => _image?.Dispose();

    /// <summary>Begins with a new program image; false when there is none to look at.</summary>
    private bool TryBegin()
    {
        _image?.Dispose();
        Runtime = null;
        Failure = null;
        _loader = null;
        _pause = s_firstPause;
        _nextLook = 0;
        _image = ProcessImageWatch.TryOpen(pid, out int error);
        if (_image is null)
        {
            _state = error is 2 or 3 ? EndOrNotYet() : Refuse(error);
            return false;
        }

        if (!_image.IsSame || _image.IsOwn)
        {
            // No memory: it has ended, or is between two images. Our own memory: it was made by vfork and has not yet exec'ed.
            _image.Dispose();
            _image = null;
            _state = EndOrNotYet();
            return false;
        }

        Images++;
        _state = RuntimeSearchState.NotYet;
        return true;
    }

    /// <summary>
    /// Whether the modules are worth a look: at once when the dynamic linker is done or has added a library, and now and then in case
    /// that it leaves no record.
    /// </summary>
    private bool IsLookDue()
    {
        long now = Stopwatch.GetTimestamp();
        if (_loader is null)
        {
            if (!AuxiliaryVector.TryRead(pid.ToString(CultureInfo.InvariantCulture), out AuxiliaryVector vector)
                || (_loader = DynamicLoader.TryCreate(memory, vector)) is null)
            {
                // The kernel is still putting the image together, or reading is not allowed: the look will tell.
                return Pace(now);
            }
        }

        bool due = _state == RuntimeSearchState.NotYet ? _loader.Progress == LoaderProgress.Settled : _loader.HasGrown();
        if (due)
        {
            _loader.HasGrown(); // the libraries so far are looked at now
            _nextLook = now + (long)(_pause.TotalSeconds * Stopwatch.Frequency);
        }

        return due || Pace(now);
    }

    private bool Pace(long now)
    {
        if (now < _nextLook)
        {
            return false;
        }

        bool first = _nextLook == 0;
        _nextLook = now + (long)(_pause.TotalSeconds * Stopwatch.Frequency);
        _pause = first || _pause >= s_longestPause ? _pause : _pause * 2;
        return !first;
    }

    private RuntimeSearchState Refuse(int error)
    {
        Failure = AttachDiagnosis.Explain(pid, error, seenBefore: true);
        return RuntimeSearchState.Unreadable;
    }

    private RuntimeSearchState EndOrNotYet() =>
        ProcessStatus.TryRead(pid) is { HasEnded: false } ? RuntimeSearchState.NotYet : RuntimeSearchState.Ended;
}
