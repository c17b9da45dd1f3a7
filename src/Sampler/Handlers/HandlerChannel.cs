using System.Text;
using LibProf.Sampler.Native;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Handlers;

/// <summary>
/// The connection to the driver of a serverless handler, a small Python script in the target: it gets its job through this, tells the
/// begin and end of each call, and waits after each until it is let go on. When libprof ends, however it ends, the driver goes on alone.
/// </summary>
/// <remarks>
/// The driver is our own file <c>driver.py</c>. It reaches the interpreter through an inherited socket and a line of <c>-c</c>: nothing is
/// written to a disk, nothing is added to the environment, and the target's streams are its own.
/// </remarks>
public sealed class HandlerChannel : IDisposable
{
    /// <summary>Above the numbers that a program's own files get.</summary>
    private const int LowestDescriptor = 100;

    private const int LargestMessage = 65_536;

    /// <summary>A sampling thread that is held up must not hold up the target for good.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private readonly HandlerJob _job;
    private readonly int _descriptor;
    private readonly AutoResetEvent _goOn = new(false);
    private int _inherited;
    private HandlerBoundary _boundary;
    private volatile bool _isWaiting;
    private volatile bool _letGo;

    private HandlerChannel(HandlerJob job, int descriptor, int inherited)
    {
        _job = job;
        _descriptor = descriptor;
        _inherited = inherited;
    }

    /// <summary>Whether the driver has been heard: the command was a Python that ran it, and the handler's module could be imported.</summary>
    public bool WasReady { get; private set; }

    /// <summary>Makes a channel; the next program that is launched inherits its other end.</summary>
    /// <exception cref="IOException">The kernel gives no sockets.</exception>
    public static HandlerChannel Open(HandlerJob job)
    {
        int error = SocketCalls.Open(LowestDescriptor, out int ours, out int inherited);
        return error == 0
            ? new HandlerChannel(job, ours, inherited)
            : throw new IOException($"no socket pair: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>What is run, for the recording.</summary>
    public HandlerInfo Info => new(_job.Directory, _job.Module);

    /// <summary>What the interpreter must be given after its own options.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        "-c",
        $"import marshal, posix; exec(*marshal.loads(b''.join(iter(lambda: posix.read({_inherited}, {LargestMessage}), b''))))",
    ];

    /// <summary>To be called when the program has been launched.</summary>
    public void Start()
    {
        byte[] payload = Payload();
        WaitCalls.Close(_inherited);
        _inherited = -1;
        new Thread(() => Serve(payload), 256 * 1024) { IsBackground = true, Name = "libprof handler" }.Start();
    }

    /// <summary>
    /// The moment at which the driver waits, if it does; to be followed by <see cref="GoOn"/>. For one thread, and cheap enough to be asked at every look.
    /// </summary>
    public bool TryTake(out HandlerBoundary boundary)
    {
        boundary = _isWaiting ? _boundary : default;
        return _isWaiting;
    }

    /// <summary>Lets the driver go on.</summary>
    public void GoOn()
    {
        _isWaiting = false;
        _goOn.Set();
    }

    /// <summary>From now on the driver waits for nobody.</summary>
    public void LetGo()
    {
        _letGo = true;
        GoOn();
    }

    /// <summary>Closes what the launched program would have inherited; for when there is none.</summary>
    public void Dispose()
    {
        if (_inherited >= 0)
        {
            WaitCalls.Close(_inherited);
            WaitCalls.Close(_descriptor);
            _inherited = -1;
        }
    }

    /// <summary>The driver's message about a boundary: six whole numbers. False for anything else.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> message, int invocations, out HandlerBoundary boundary)
    {
        boundary = default;
        Span<long> numbers = stackalloc long[6];
        int count = 0;
        foreach (Range range in message.TrimEnd((byte)'\n').Split((byte)' '))
        {
            if (count == numbers.Length || !long.TryParse(message[range], System.Globalization.CultureInfo.InvariantCulture, out numbers[count++]))
            {
                return false;
            }
        }

        if (count != numbers.Length || numbers[0] < 0 || numbers[0] > invocations || numbers[3] < numbers[1])
        {
            return false;
        }

        bool failed = numbers[5] != 0;
        boundary = new HandlerBoundary((int)numbers[0], failed || numbers[0] == invocations, numbers[1], numbers[3], numbers[2], numbers[4], failed);
        return true;
    }

    /// <summary>Source and globals for exec: the driver, compiled under a name of its own.</summary>
    private byte[] Payload()
    {
        using Stream resource = typeof(HandlerChannel).Assembly.GetManifestResourceStream("driver.py")
            ?? throw new InvalidOperationException("the driver is missing");
        using StreamReader driver = new(resource, Encoding.UTF8);
        MarshalWriter writer = new();
        writer.BeginTuple(2);
        writer.Write("exec(compile(source, file, 'exec'))");
        writer.BeginDictionary();
        writer.Write("source");
        writer.Write(driver.ReadToEnd());
        writer.Write("file");
        writer.Write(HandlerInfo.DriverFile);
        writer.Write("job");
        writer.BeginDictionary();
        writer.Write("channel");
        writer.WriteWhole(_inherited);
        writer.Write("directory");
        writer.Write(_job.Directory);
        writer.Write("module");
        writer.Write(_job.Module);
        writer.Write("functions");
        writer.Write(_job.Functions);
        writer.Write("event");
        writer.Write(_job.Event.AsSpan());
        writer.Write("invocations");
        writer.WriteWhole(_job.Invocations);
        writer.EndDictionary();
        writer.EndDictionary();
        return writer.ToArray();
    }

    private void Serve(byte[] payload)
    {
        for (int sent = 0; sent < payload.Length; sent += LargestMessage)
        {
            if (!SocketCalls.TrySend(_descriptor, payload.AsSpan(sent, Math.Min(LargestMessage, payload.Length - sent))))
            {
                break;
            }
        }

        _ = SocketCalls.TrySend(_descriptor, []);
        Span<byte> message = stackalloc byte[256];
        int length;
        while ((length = SocketCalls.Receive(_descriptor, message)) > 0)
        {
            if (TryParse(message[..length], _job.Invocations, out HandlerBoundary boundary))
            {
                WasReady = true;
                _boundary = boundary;
                _isWaiting = true;
                if (!_letGo)
                {
                    _ = _goOn.WaitOne(_patience);
                }

                _isWaiting = false;
            }

            _ = SocketCalls.TrySend(_descriptor, "."u8);
        }

        WaitCalls.Close(_descriptor);
    }
}
