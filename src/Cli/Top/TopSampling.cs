using System.Diagnostics;
using LibProf.Analyzer.Live;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Top;

/// <summary>Samples a running process into a live profile, on threads of its own. It never stops the process and never writes to it.</summary>
internal sealed class TopSampling
{
    private readonly SamplingSession _session;
    private readonly RecordingPump _pump;
    private readonly SamplerClock _clock;
    private readonly int _pid;
    private Thread? _thread;
    private volatile bool _isOver;

    /// <summary>Makes it; <see cref="Start"/> begins.</summary>
    public TopSampling(int pid, double rateHz, TimeSpan? duration, TimeSpan recent)
    {
        _pid = pid;
        long zero = Stopwatch.GetTimestamp();
        _clock = new SamplerClock(zero);
        Profile = new LiveProfile(recent);
        _pump = new RecordingPump(Profile, RecordingPump.DefaultCapacityWords / 4);
        _session = new SamplingSession(
            new SamplingOptions
            {
                Verb = "top",
                ToolVersion = Program.Version,
                RateHz = rateHz,
                Memory = false,
                FollowUse = false,
                Observer = Profile,
                Duration = duration,
            },
            new SamplingTarget { Pid = pid, ZeroNs = zero, Attached = true, HasEnded = HasEnded },
            _pump);
    }

    /// <summary>What was seen so far.</summary>
    public LiveProfile Profile { get; }

    /// <summary>The present on the recording's clock.</summary>
    public long NowNs => _clock.NowNs;

    /// <summary>Whether sampling is over: the time is, the process has ended, or it failed.</summary>
    public bool IsOver => _isOver || HasEnded();

    /// <summary>What made it fail; null when nothing did.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether the process has ended.</summary>
    public bool HasEnded() => ProcessStatus.TryRead(_pid) is not { HasEnded: false };

    /// <summary>Begins. Nobody has to wait for the end: nothing is written then.</summary>
    public void Start()
    {
        _pump.Start();
        _thread = new Thread(Run) { IsBackground = true, Name = "sampling" };
        _thread.Start();
    }

    /// <summary>Waits until it is over and everything is counted.</summary>
    public void Finish()
    {
        _thread?.Join();
        _pump.Complete();
    }

    private void Run()
    {
        try
        {
            _ = _session.Run();
        }
        catch (Exception exception)
        {
            // Told by whoever owns the terminal, once it is given back.
            Failure = exception;
        }

        _isOver = true;
    }
}
