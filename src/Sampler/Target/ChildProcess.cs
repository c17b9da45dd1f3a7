using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// A program that libprof started, in libprof's own process group and with everything it inherited. A thread waits for it,
/// passes signals on and follows job control; of what wait(2) tells it takes away the exit and nothing else, so that
/// another thread may trace the same child (see <see cref="TracerReaped"/>).
/// libprof's end, however it comes, does not touch the program.
/// </summary>
public sealed class ChildProcess
{
    /// <summary>How long to look away from SIGCHLD after one that a ptrace stop caused: a tracer makes thousands of them a second.</summary>
    private const int TraceQuietMs = 20;

    private readonly ManualResetEvent _exited = new(false);
    private readonly SignalInbox? _inbox;
    private readonly SignalRelay? _relay;
    private readonly int _exitDescriptor;
    private readonly CancellationTokenSource _hurry = new();
    private long _peakBeforeKib;
    private int _tracerStatus = -1;

    private ChildProcess(int pid, long spawnedAtNs, SignalInbox? signals)
    {
        Pid = pid;
        SpawnedAtNs = spawnedAtNs;
        _inbox = signals;
        _exitDescriptor = WaitCalls.OpenPidDescriptor(pid);
        _relay = signals is null ? null : new(pid, _exitDescriptor, signals, Stops);
        new Thread(Watch, 256 * 1024) { IsBackground = true, Name = "libprof wait" }.Start();
    }

    /// <summary>Process id.</summary>
    public int Pid { get; }

    /// <summary>CLOCK_MONOTONIC in nanoseconds just before the process was created.</summary>
    public long SpawnedAtNs { get; }

    /// <summary>CLOCK_MONOTONIC in nanoseconds when its end was seen; 0 before.</summary>
    public long ExitedAtNs { get; private set; }

    /// <summary>libprof's own stops, with this process when that is stopped by job control.</summary>
    public OwnStops Stops { get; } = new();

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _exited.WaitOne(0);

    /// <summary>Set when it has ended.</summary>
    public WaitHandle Exited => _exited;

    /// <summary>Its exit status, 128 + N for a death by signal N; null before its end, and if another took its status away.</summary>
    public int? ExitStatus { get; private set; }

    /// <summary>The signal that ended it; null when none did.</summary>
    public int? DeathSignal { get; private set; }

    /// <summary>Processor time of the process and of all its threads, without its children, in nanoseconds; null before its end and when not known.</summary>
    public long? CpuNs { get; private set; }

    /// <summary>Processor time of the process and of those of its children that it waited for, in nanoseconds; null before its end and when not known.</summary>
    public long? CpuWithChildrenNs { get; private set; }

    /// <summary>
    /// Peak resident memory in KiB, of the process or of that of its children that it waited for whose is larger; null before its end, and
    /// when it is not above libprof's own at the launch: the kernel counts that as the new process's until its exec.
    /// </summary>
    public long? PeakKib { get; private set; }

    /// <summary>Cancelled by the first SIGINT, SIGQUIT, SIGTERM or SIGHUP after the process has ended: libprof should come to an end. The second one ends libprof.</summary>
    public CancellationToken Hurry => _hurry.Token;

    /// <summary>Starts a program and returns when its exec has happened.</summary>
    /// <param name="arguments">Its arguments from the zeroth on, which is looked for in PATH as a shell does; at least one.</param>
    /// <param name="signals">libprof's signals, passed on to the program; null when libprof's own are to be left alone.</param>
    /// <exception cref="LaunchException">There is no such program, or it cannot be executed.</exception>
    public static ChildProcess Launch(IReadOnlyList<byte[]> arguments, SignalInbox? signals = null)
    {
        (int pid, long spawnedAtNs) = LaunchSpawner.Spawn(arguments);
        return new(pid, spawnedAtNs, signals);
    }

    /// <summary>Sends it a signal; false when it is gone.</summary>
    /// <param name="number">The signal.</param>
    public bool Signal(int number) => !HasExited && SignalCalls.Send(Pid, number);

    /// <summary>Waits for its end.</summary>
    public void WaitForExit() => _exited.WaitOne();

    /// <summary>Waits for its end or for a time; true when it has ended.</summary>
    public bool WaitForExit(TimeSpan time) => _exited.WaitOne(time);

    /// <summary>
    /// To be called by a tracer whose wait(2) took the end of this process away (a thread's wait also covers what another thread of
    /// the same process launched), with the status as wait(2) encodes it. A tracer that waits with WNOWAIT need not.
    /// </summary>
    public void TracerReaped(int waitStatus) => Volatile.Write(ref _tracerStatus, waitStatus);

    private void Watch()
    {
        // After the launch, so as not to delay it: our peak then cannot have been more.
        _peakBeforeKib = ProcessStatus.TryReadOwn()?.PeakResidentKiB ?? long.MaxValue;
        Span<int> descriptors = stackalloc int[3];
        bool traced = false;
        bool pending = false; // the kernel shows the end already, but a foreign tracer must let go first
        do
        {
            descriptors[0] = pending ? -1 : _exitDescriptor;
            descriptors[1] = _inbox?.Descriptor ?? -1;
            descriptors[2] = traced ? -1 : _inbox?.ChildDescriptor ?? -1;
            int timeout = _exitDescriptor < 0 || pending ? 5 : traced ? TraceQuietMs : -1;
            pending |= (WaitCalls.WaitReadable(descriptors, timeout) & 1) != 0;
            if (_inbox is not null && _relay is not null)
            {
                // A stop that came while the child was traced shows once the tracer has let go, without another SIGCHLD.
                bool signalled = _inbox.TakeChildSignals();
                bool stopped = (signalled || traced) && TryFollowStop(_relay);
                _relay.PassAll();
                while (_relay.TakeChanged())
                {
                    stopped = TryFollowStop(_relay);
                    _relay.PassAll();
                }

                traced = signalled && !stopped;
            }
        }
        while (!TryFinish());

        _exited.Set();
        ServeAfterExit();
    }

    private bool TryFollowStop(SignalRelay relay)
    {
        const int Look = WaitCalls.WSTOPPED | WaitCalls.WNOHANG | WaitCalls.WNOWAIT;
        if (!WaitCalls.TryWait(Pid, Look, out ChildEvent stop, out _) || stop.Code != WaitCalls.CLD_STOPPED)
        {
            return false;
        }

        // Left where it is: taking it could take a ptrace stop that came in between from under a tracer, and SIGCONT clears it anyway.
        relay.FollowStop(stop.Status);
        return true;
    }

    private bool TryFinish()
    {
        const int Look = WaitCalls.WEXITED | WaitCalls.WNOHANG | WaitCalls.WNOWAIT;
        bool ours = WaitCalls.TryWait(Pid, Look, out ChildEvent end, out int error);
        if (ours && end.Code is not (WaitCalls.CLD_EXITED or WaitCalls.CLD_KILLED or WaitCalls.CLD_DUMPED))
        {
            return false;
        }

        ExitedAtNs = WaitCalls.MonotonicNs();
        long? cpu = WaitCalls.TryGetProcessCpuNs(Pid, out long cpuNs) ? cpuNs : null;
        int status = -1;
        if (ours && WaitCalls.TryReap(Pid, out int taken, out long withChildrenNs, out long peakKib))
        {
            CpuWithChildrenNs = withChildrenNs;
            PeakKib = peakKib > _peakBeforeKib ? peakKib : null;
            status = taken;
            cpu ??= withChildrenNs;
        }
        else if (error == WaitCalls.ECHILD || ours)
        {
            // Another thread took it between our two calls or before them; it says so within a moment.
            status = SpinWait.SpinUntil(() => Volatile.Read(ref _tracerStatus) >= 0, 100) ? _tracerStatus : -1;
        }

        if (status >= 0)
        {
            int signal = status & 0x7f;
            DeathSignal = signal == 0 ? null : signal;
            ExitStatus = signal == 0 ? (status >> 8) & 0xff : 128 + signal;
        }

        CpuNs = cpu;
        return true;
    }

    /// <summary>The target is gone, so signals are for libprof itself: the first asks it to be quick, the second ends it with the target's status.</summary>
    private void ServeAfterExit()
    {
        WaitCalls.Close(_exitDescriptor);
        while (_inbox is not null)
        {
            _ = WaitCalls.WaitReadable([_inbox.Descriptor], -1);
            while (_inbox.TryTake(out SignalEvent signal))
            {
                if (signal.Number is not (1 or SignalSets.SIGINT or 3 or 15))
                {
                    continue;
                }

                if (_hurry.IsCancellationRequested)
                {
                    DescriptorCalls.Exit(ExitStatus ?? 125);
                }

                _hurry.Cancel();
            }
        }
    }
}
