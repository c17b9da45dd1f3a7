using System.Runtime.InteropServices;
using LibProf.Sampler.Handlers;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Native;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sources;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Follows a process from its launch (or an attach) to its end, through any execs, and samples every CPython on the way.
/// Runs on one thread of its own; writes nothing itself: everything goes through the pump.
/// </summary>
public sealed class SamplingSession
{
    private const long LongestBoundaryNs = 1_000_000_000;
    private const int MostBoundaries = 64;
    private const long SearchIntervalNs = 100_000;
    private const long SlowSearchIntervalNs = 5_000_000;
    private const long RestedNs = 200_000;
    private const long EndingIntervalNs = 100_000;
    private const long EndingWatchNs = 20_000_000;
    private const long ImageCheckIntervalNs = 500_000;
    private const long StatisticsIntervalNs = 1_000_000_000;
    private const long LongestStepNs = 60_000;
    private const long StarvedNs = 2_000_000;
    private const long PeakIntervalNs = 50_000_000;
    private const int LongestIdleWaitMs = 50;

    private readonly SamplingOptions _options;
    private readonly SamplingTarget _target;
    private readonly RecordingPump _pump;
    private readonly SamplerClock _clock;
    private readonly LiveProcessMemory _memory;
    private readonly HandlerFollower _handler;
    private readonly SampleCounter _counter = new();
    private readonly StackInterner _interner;
    private readonly TargetPause? _pause;
    private readonly IdleWatch? _idle;
    private LocatedRuntime? _sampledRuntime;
    private ImageSampler? _sampler;
    private TargetRoot? _root;
    private LastMemory? _last;
    private long? _nativeSinceNs;
    private bool _sawPython;
    private AttachException? _failure;
    private int _images;
    private bool _imageOpen;
    private bool _stop;
    private long _missed;
    private long _imageStartNs;
    private long? _watchedFromNs;
    private long? _watchedUntilNs;
    private long _nextStatistics;
    private readonly ProcessorWatch _processor;
    private readonly PeakMemory _peak;
    private readonly Func<bool> _hasEnded; // made once: a wait for each look must not make another
    private ProcessImage? _image;
    private long _nextPeak;
    private long _lastStep;
    private int _nextCodeId;
    private long _lastSameImage;
    private long? _peakRssKib;

    /// <summary>Makes a session; the pump must have been started.</summary>
    public SamplingSession(SamplingOptions options, SamplingTarget target, RecordingPump pump)
    {
        _options = options;
        _target = target;
        _pump = pump;
        _clock = new SamplerClock(target.ZeroNs);
        _memory = new LiveProcessMemory(target.Pid);
        _interner = new StackInterner(pump);
        _handler = new HandlerFollower(target.Handler, pump, _clock);
        _processor = new ProcessorWatch(target.Pid, pump);
        _peak = new PeakMemory(target.Pid);
        _hasEnded = HasEnded;
        _pause = options.Blocking ? new TargetPause(target.Pid, target.Reaped) : null;
        // To stop a process is to wake it; and who wants to be told of every look gets every look.
        _idle = options.Blocking || options.RateHz <= 0 || options.Observer is not null ? null : new IdleWatch(target.Pid);
    }

    /// <summary>Asks the session to end soon; from any thread.</summary>
    public void Stop() => Volatile.Write(ref _stop, true);

    private bool IsOver => Volatile.Read(ref _stop) || (_options.Duration is { } duration && _clock.NowNs >= duration.Ticks * 100);

    /// <summary>Samples until the target ends, the duration is over, or <see cref="Stop"/>.</summary>
    /// <exception cref="AttachException">With attach: the process cannot be profiled.</exception>
    public SamplingOutcome Run()
    {
        ClockCalls.WaitPrecisely();
        if (_options.RateHz > 0)
        {
            SchedulerCalls.AskForShortTurns();
        }

        ProcessSurroundings surroundings = ProcessSurroundings.Read(_target.Pid);
        _pump.OnEnvironment(new RecordingEnvironment
        {
            ToolVersion = _options.ToolVersion,
            Verb = _options.Verb,
            Mode = _options.Blocking ? "blocking" : "nonblocking",
            RateHz = _options.RateHz,
            Started = DateTimeOffset.UtcNow - TimeSpan.FromTicks(_clock.NowNs / 100),
            Platform = $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}",
            Kernel = surroundings.Kernel,
            Cpus = surroundings.Cpus,
            CpuQuota = surroundings.CpuQuota,
            Host = Environment.MachineName,
        });
        using RuntimeSearch search = new(_target.Pid, _memory);
        if (_target.Attached)
        {
            LocatedRuntime runtime = RuntimeLocator.Locate(_target.Pid, _memory);
            BeginImage(search, 0);
            SampleImage(search, runtime);
        }
        else
        {
            _pump.OnMilestone(Milestone.Spawned, 0);
        }

        FollowImages(search);
        bool ended = _target.HasEnded();
        if (_images == 0 && !_imageOpen && !_target.Attached)
        {
            // Over before the first look. It ran all the same.
            BeginImage(search, 0);
        }

        if (!ended)
        {
            _pump.OnMilestone(Milestone.SamplingStopped, _clock.NowNs);
        }

        FinishImage(search, ended);
        _root?.Dispose();
        _peak.Dispose();
        _idle?.Dispose();
        SamplingStatistics statistics = Statistics();
        _pump.OnStatistics(statistics);
        return new SamplingOutcome { SawPython = _sawPython, Failure = _failure, Statistics = statistics, Reads = _memory.Calls };
    }

    private SamplingStatistics Statistics() => _counter.ToStatistics(
        _watchedFromNs is { } from ? (_watchedUntilNs ?? _clock.NowNs) - from : 0, _missed, _pump.Dropped);

    // Searches image after image for a CPython, and samples it when there is one.
    private void FollowImages(RuntimeSearch search)
    {
        long lastPoll = 0;
        long imageSince = 0;
        while (!IsOver && !_target.HasEnded())
        {
            RuntimeSearchState state = search.Poll();
            long now = _clock.NowNs;
            if (search.Images > _images)
            {
                // The exec happened somewhere between the last look and this one.
                FinishImage(search, ended: false);
                int seen = search.Images;
                BeginImage(search, _images == 0 ? 0 : (Math.Max(lastPoll, _lastSameImage) + now) / 2);
                _images = seen;
                imageSince = now;
            }

            lastPoll = now;
            switch (state)
            {
                case RuntimeSearchState.Found when _sampledRuntime != search.Runtime:
                    SampleImage(search, search.Runtime!);
                    continue;
                case RuntimeSearchState.Unsupported or RuntimeSearchState.Unreadable:
                    _failure = search.Failure ?? _failure;
                    break;
                case RuntimeSearchState.Ended:
                    // Not reaped yet, or not noticed yet.
                    break;
            }

            // Nobody else lets a driver go on whose interpreter cannot be read.
            _handler.Serve();
            // A program that runs for long without a CPython is not watched as closely as one that starts.
            long interval = now - imageSince < 2_000_000_000 ? SearchIntervalNs : SlowSearchIntervalNs;
            _clock.SleepUntil(now + interval);
        }
    }

    private int NamespacePid() =>
        ProcessStatus.TryRead(_target.Pid) is { NamespaceIds: { Count: > 0 } ids } ? ids[^1] : _target.Pid;

    private void BeginImage(RuntimeSearch search, long startNs)
    {
        _imageStartNs = startNs;
        int seen = search.Images;
        ProcessIdentity? identity = ExecIdentity.Read(_target, _clock);
        if (!_target.Attached && search.Poll() != RuntimeSearchState.Ended && search.Images > seen)
        {
            // An exec came in between: what was read may be the next image's.
            identity = null;
        }

        _root?.Dispose();
        _root = TargetRoot.Open(_target.Pid);
        _image = new ProcessImage
        {
            Pid = _target.Pid,
            StartNs = startNs,
            Attached = _target.Attached,
            CommandLine = identity is { CommandLine.Count: > 0 } ? identity.CommandLine : _images == 0 ? _target.CommandLine : [],
            Executable = identity?.Executable ?? "",
            WorkingDirectory = identity?.WorkingDirectory ?? "",
            Handler = _target.Handler?.Info,
        };
        _pump.OnImage(_image);
        _imageOpen = true;
        _sampledRuntime = null; // the same program at the same addresses is another runtime in another image
        _peakRssKib = null;
    }

    // From the runtime's discovery to its end, the image's end, or the session's.
    private void SampleImage(RuntimeSearch search, LocatedRuntime runtime)
    {
        _sampledRuntime = runtime;
        _sawPython = true;
        _failure = null;
        long found = _clock.NowNs;
        _watchedFromNs = _target.Attached ? found : _imageStartNs;
        _watchedUntilNs = null;
        _pump.OnMilestone(Milestone.RuntimeFound, found);
        using ResidentMemory? resident = _options.Memory ? new ResidentMemory(_target.Pid) : null;
        using ThreadWatch? threads = _options.Observer is { } observer ? new ThreadWatch(_target.Pid, _memory, runtime, observer) : null;
        ImageSampler sampler = new(_memory, runtime, NamespacePid(), _pump, _interner, _counter, _target.Attached)
        {
            ThreadWatch = threads,
            MemoryWatch = resident is null ? null : new MemoryWatch(resident, _pump, () => _clock.NowNs),
        };
        if (_options.FollowUse)
        {
            sampler.FollowExecutions(_clock, _nextCodeId);
            _handler.Reached = boundary => ReadAtBoundary(sampler, boundary);
        }

        _sampler = sampler;
        _pump.OnPython(sampler.Info);

        ulong interpreter = 0;
        while (interpreter == 0)
        {
            if (IsOver || !runtime.TryReadFirstInterpreter(_memory, out interpreter) || IsReplaced(search))
            {
                return;
            }

            if (interpreter == 0)
            {
                _clock.SleepUntil(_clock.NowNs + SearchIntervalNs);
            }
        }

        _pump.OnMilestone(Milestone.InterpreterCreated, _clock.NowNs);
        using LastMemory? last = sampler.Executions is null ? null : LastMemory.TryKeep(_memory, _target.Stops, runtime);
        _last = last;
        ImageMark? mark = last is null ? null : ImageMark.TryRead(_target.Pid, _memory);
        sampler.Mark = mark;
        Loop(search, sampler, mark);
        if (!sampler.IsFinalizing && (_target.HasEnded() || mark is { IsThere: false } || IsReplaced(search) || !runtime.TryReadFirstInterpreter(_memory, out _)))
        {
            last?.TakeOver();
        }

        FinishExecutions(sampler);
        sampler.Finish(_clock);
        if (!IsOver)
        {
            _pump.OnMilestone(Milestone.RuntimeGone, _clock.NowNs);
        }
    }

    private bool IsReplaced(RuntimeSearch search)
    {
        RuntimeSearchState state = search.Poll();
        return (search.Images > _images && _images > 0) || state is RuntimeSearchState.Ended;
    }

    private void Loop(RuntimeSearch search, ImageSampler sampler, ImageMark? mark)
    {
        long interval = _options.RateHz > 0 ? (long)(1e9 / _options.RateHz) : 0;
        Schedule schedule = new(_clock, interval);
        MapRest? rest = _target.Attached || interval == 0 || _pause is not null ? null : new MapRest(interval);
        Schedule ending = new(_clock, Math.Min(interval, EndingIntervalNs));
        long endingSince = 0;
        bool wasEnding = false;
        if (_target.Attached)
        {
            // A process that runs already has an inventory to be read; what is due meanwhile is not asked of the schedule.
            LookOnce(sampler);
            schedule.Restart();
        }

        while (!IsOver)
        {
            rest?.Begin(sampler.IsImporting);
            bool alive = LookOnce(sampler);
            rest?.End(sampler.GoesOn);
            if (sampler.IsFinalizing)
            {
                FinishExecutions(sampler);
            }

            _handler.Serve();
            long now = _clock.NowNs;
            if (!alive && (sampler.SawFrames || _target.HasEnded() || IsReplaced(search)))
            {
                break;
            }

            // A program at fixed addresses that execs itself looks the same again soon: looks need not fail in between.
            _lastSameImage = Math.Max(_lastSameImage, sampler.SameImageNs);
            if (!_target.Attached && now - _lastSameImage >= ImageCheckIntervalNs)
            {
                _ = search.Poll();
                if (search.Images > _images || mark is { IsThere: false })
                {
                    break;
                }

                _lastSameImage = now;
            }

            Housekeep(now);
            // Between the program's end and the interpreter's only a moment is left to see its last modules.
            bool isEnding = sampler.IsEnding && !sampler.IsFinalizing && !_target.Attached;
            if (isEnding != wasEnding)
            {
                wasEnding = isEnding;
                endingSince = now;
                (isEnding ? ending : schedule).Restart();
            }

            if (_idle is { } idle && idle.IsAsleep(now) && sampler is { IsWhole: true, Executions: not { HasWork: true } } && !isEnding)
            {
                WaitWhileAsleep(sampler, schedule, idle);
                continue;
            }

            bool isClose = isEnding && now - endingSince < EndingWatchNs;
            if (isClose)
            {
                StepExecutions(sampler, ending);
                ending.Wait(ref _stop, _target.HasEnded);
                continue;
            }

            if (rest is { Ns: > 0 })
            {
                Rest(now + rest.Ns);
            }
            else
            {
                StepExecutions(sampler, schedule);
            }

            schedule.Wait(ref _stop, _hasEnded);
        }

        _missed += schedule.Missed;
    }

    // A driver may wait for an answer meanwhile.
    private void Rest(long untilNs)
    {
        long now;
        while ((now = _clock.NowNs) < untilNs && !IsOver && !HasEnded())
        {
            _clock.SleepUntil(Math.Min(untilNs, now + RestedNs));
        }
    }

    // What the last look saw goes on until something of the process runs.
    private void WaitWhileAsleep(ImageSampler sampler, Schedule schedule, IdleWatch idle)
    {
        sampler.ReleaseAll(_clock.NowNs);
        long reported = _clock.NowNs;
        long last = 0;
        long looks = 0;
        while (!IsOver && !HasEnded() && !idle.Wait(IdleWaitMs))
        {
            looks += schedule.LeaveOut(out last);
            long now = _clock.NowNs;
            if (looks > 0 && now - reported > StatisticsIntervalNs)
            {
                ReportIdle(last, looks);
                (reported, looks) = (now, 0);
            }

            Housekeep(now);
        }

        looks += schedule.LeaveOut(out last);
        ReportIdle(last, looks);
        idle.Disarm();
        _ = schedule.Wait(ref _stop, _hasEnded);
    }

    // Not past the end of the session, by less than a millisecond.
    private int IdleWaitMs => _options.Duration is { } duration
        ? (int)Math.Clamp(((duration.Ticks * 100) - _clock.NowNs + 999_999) / 1_000_000, 0, LongestIdleWaitMs) : LongestIdleWaitMs;

    private void ReportIdle(long untilNs, long looks)
    {
        if (looks > 0)
        {
            _counter.Idle += looks;
            _pump.OnIdle(untilNs, looks);
        }
    }

    // As much as fits in before the next look; where looks leave no time, a step now and then.
    private void StepExecutions(ImageSampler sampler, Schedule schedule)
    {
        if (sampler.Executions is not { } executions)
        {
            return;
        }

        long now = _clock.NowNs;
        while (executions.HasWork && (now + LongestStepNs < schedule.NextNs || now - _lastStep > StarvedNs))
        {
            executions.Step();
            now = _lastStep = _clock.NowNs;
        }
    }

    // Before the interpreter tears down, the target stands still for the last reading; when sampling ends before that, it need not.
    // Where the initialisation ends and where a call has ended, all of the handler's functions are known and read: nothing runs meanwhile.
    // After many calls that is not done for each.
    private void ReadAtBoundary(ImageSampler sampler, in HandlerBoundary boundary)
    {
        if (boundary.Number < MostBoundaries || boundary.IsLast)
        {
            if (boundary.IsLast && _nativeSinceNs is { } sinceNs && NativePages.TryRead(_target.Pid) is { } libraries)
            {
                _pump.OnNativePages(new NativePagesReading { SinceNs = sinceNs, TimeNs = _clock.NowNs, Libraries = libraries });
            }

            long until = _clock.NowNs + LongestBoundaryNs;
            do
            {
                // Looks list the modules that came last; not each look does.
                _ = sampler.Look(_clock);
            }
            while (sampler.Executions is { KnowsAllModules: false } && _clock.NowNs < until && !_target.HasEnded());
            sampler.Executions?.CatchUp(until);
            if (boundary.Number == 0 || boundary.IsLast)
            {
                _nativeSinceNs = boundary is { Number: 0, IsLast: false } && NativePages.TryClear(_target.Pid) ? _clock.NowNs : null;
            }
        }
    }

    private void FinishExecutions(ImageSampler sampler)
    {
        if (sampler.Executions is not { } executions)
        {
            return;
        }

        if (sampler.IsFinalizing)
        {
            executions.Finish(UsageMoment.Final, new TargetPause(_target.Pid, _target.Reaped, mainThreadOnly: true));
            _last?.Dispose();
        }
        else if (_last is { IsTaken: true })
        {
            executions.Finish(UsageMoment.Final, pause: null);
        }
        else if (!_target.HasEnded())
        {
            executions.Finish(UsageMoment.Stopped, pause: null);
        }

        _nextCodeId = executions.NextCodeId;
    }

    // Also asked while a slow schedule waits, when a driver must not.
    private bool HasEnded()
    {
        _handler.Serve();
        return _target.HasEnded();
    }

    private bool LookOnce(ImageSampler sampler)
    {
        if (_pause is null)
        {
            return sampler.Look(_clock);
        }

        try
        {
            if (!_pause.TryPause())
            {
                if (ProcessStatus.TryRead(_target.Pid) is not { HasEnded: false })
                {
                    return false;
                }

                _counter.Fail(SampleFailure.Stopped);
                return !_target.HasEnded();
            }

            return sampler.Look(_clock);
        }
        finally
        {
            _pause.Resume();
        }
    }

    private void Housekeep(long now)
    {
        _processor.Look(now);
        if (now >= _nextPeak)
        {
            _nextPeak = now + PeakIntervalNs;
            _peakRssKib = _peak.TryRead() ?? _peakRssKib;
        }

        if (now >= _nextStatistics)
        {
            _nextStatistics = now + StatisticsIntervalNs;
            _pump.OnStatistics(Statistics());
        }
    }

    private void FinishImage(RuntimeSearch search, bool ended)
    {
        if (!_imageOpen)
        {
            return;
        }

        _imageOpen = false;
        long end = ended && _target.EndedAtNs?.Invoke() is > 0 and long at ? _clock.FromMonotonic(at) : _clock.NowNs;
        _peakRssKib = _peak.TryRead() ?? _peakRssKib;
        if (_sampler is { } sampler)
        {
            _watchedUntilNs = end;
            foreach (DistributionInfo distribution in DistributionCatalog.Find(_root?.Prefix ?? "", sampler.Info.SearchPath, [.. sampler.Modules]))
            {
                _pump.OnDistribution(distribution);
            }
        }

        (int? status, long? cpu) = ended && _target.End is { } ending ? ending() : (null, null);
        _pump.OnImageEnd(new ImageEnd
        {
            TimeNs = end,
            Replaced = !ended && search.Images > _images,
            ExitStatus = status,
            CpuNs = cpu,
            PeakRssKib = _peakRssKib,
        });
        FinishSources();
    }

    // Last: it takes a while when much was imported, and the end of the image is in the recording by then.
    private void FinishSources()
    {
        if (_sampler is { } sampler && _image is { } image)
        {
            foreach (ModuleSource source in SourceCatalog.Find(_root?.Prefix ?? "", image, [.. sampler.Modules], sampler.Program, sampler.Bodies))
            {
                _pump.OnModuleSource(source);
            }
        }

        _sampler = null;
    }
}
