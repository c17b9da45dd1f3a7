using LibProf.Sampler.Recording.Wire;

namespace LibProf.Sampler.Recording;

/// <summary>Records of the event contract to messages of <c>recording.proto</c> and back.</summary>
internal static class WireConversion
{
    /// <summary>To the message.</summary>
    public static Wire.Environment ToWire(RecordingEnvironment environment)
    {
        var message = new Wire.Environment
        {
            ToolVersion = environment.ToolVersion,
            Verb = environment.Verb,
            Mode = environment.Mode,
            RateHz = environment.RateHz,
            StartedTicks = environment.Started.UtcTicks - DateTime.UnixEpoch.Ticks,
            StartedOffsetMinutes = environment.Started.TotalOffsetMinutes,
            Platform = environment.Platform,
            Kernel = environment.Kernel,
            Cpus = environment.Cpus,
            Host = environment.Host,
        };
        if (environment.CpuQuota is { } quota)
            message.CpuQuota = quota;
        return message;
    }

    /// <summary>From the message.</summary>
    /// <exception cref="RecordingException">Its date does not exist.</exception>
    public static RecordingEnvironment FromWire(Wire.Environment message)
    {
        var ticks = (Int128)message.StartedTicks + DateTime.UnixEpoch.Ticks;
        var offset = (Int128)message.StartedOffsetMinutes * TimeSpan.TicksPerMinute;
        RecordingException.ThrowIf(
            ticks < 0 || ticks > DateTime.MaxValue.Ticks || Math.Abs((long)message.StartedOffsetMinutes) > 14 * 60
            || ticks + offset < 0 || ticks + offset > DateTime.MaxValue.Ticks,
            "its date does not exist");
        return new RecordingEnvironment
        {
            ToolVersion = message.ToolVersion,
            Verb = message.Verb,
            Mode = message.Mode,
            RateHz = message.RateHz,
            Started = new DateTimeOffset((long)ticks, TimeSpan.Zero).ToOffset(TimeSpan.FromMinutes(message.StartedOffsetMinutes)),
            Platform = message.Platform,
            Kernel = message.Kernel,
            Cpus = message.Cpus,
            CpuQuota = message.HasCpuQuota ? message.CpuQuota : null,
            Host = message.Host,
        };
    }

    /// <summary>To the message.</summary>
    public static Image ToWire(ProcessImage image)
    {
        var message = new Image
        {
            Pid = image.Pid,
            StartNs = image.StartNs,
            Attached = image.Attached,
            Executable = image.Executable,
            WorkingDirectory = image.WorkingDirectory,
        };
        message.CommandLine.AddRange(image.CommandLine);
        if (image.Handler is { } handler)
            message.Handler = new Handler { Directory = handler.Directory, Module = handler.Module };
        return message;
    }

    /// <summary>From the message.</summary>
    public static ProcessImage FromWire(Image message) => new()
    {
        Pid = message.Pid,
        StartNs = message.StartNs,
        Attached = message.Attached,
        CommandLine = [.. message.CommandLine],
        Executable = message.Executable,
        WorkingDirectory = message.WorkingDirectory,
        Handler = message.Handler is { } handler ? new HandlerInfo(handler.Directory, handler.Module) : null,
    };

    /// <summary>To the message.</summary>
    public static Python ToWire(PythonInfo python)
    {
        var message = new Python
        {
            Version = python.Version,
            Build = python.Build,
            FreeThreaded = python.FreeThreaded,
            Prefix = python.Prefix,
            BasePrefix = python.BasePrefix,
        };
        message.StandardLibraryPath.AddRange(python.StandardLibraryPaths);
        message.SearchPath.AddRange(python.SearchPath);
        if (python.DontWriteBytecode is { } value)
            message.DontWriteBytecode = value;
        return message;
    }

    /// <summary>From the message.</summary>
    public static PythonInfo FromWire(Python message) => new()
    {
        Version = message.Version,
        Build = message.Build,
        FreeThreaded = message.FreeThreaded,
        Prefix = message.Prefix,
        BasePrefix = message.BasePrefix,
        StandardLibraryPaths = [.. message.StandardLibraryPath],
        SearchPath = [.. message.SearchPath],
        DontWriteBytecode = message.HasDontWriteBytecode ? message.DontWriteBytecode : null,
    };

    /// <summary>To the message.</summary>
    public static Statistics ToWire(SamplingStatistics statistics)
    {
        var message = new Statistics
        {
            DurationNs = statistics.DurationNs,
            Samples = statistics.Samples,
            Cut = statistics.Cut,
            Missed = statistics.Missed,
            Idle = statistics.Idle,
            Dropped = statistics.Dropped,
        };
        foreach (var (reason, count) in statistics.Failures)
        {
            message.Failure.Add((uint)reason);
            message.FailureCount.Add(count);
        }
        return message;
    }

    /// <summary>From the message. Reasons that this version has no name for keep their number.</summary>
    /// <exception cref="RecordingException">Reasons and counts do not go together.</exception>
    public static SamplingStatistics FromWire(Statistics message)
    {
        RecordingException.ThrowIf(message.Failure.Count != message.FailureCount.Count || message.Failure.Count > 256, "its counts of failures do not match");
        var failures = new Dictionary<SampleFailure, long>();
        for (var i = 0; i < message.Failure.Count; i++)
            failures[(SampleFailure)message.Failure[i]] = message.FailureCount[i];
        return new SamplingStatistics
        {
            DurationNs = message.DurationNs,
            Samples = message.Samples,
            Cut = message.Cut,
            Missed = message.Missed,
            Idle = message.Idle,
            Dropped = message.Dropped,
            Failures = failures,
        };
    }

    /// <summary>To the message.</summary>
    public static Wire.Invocation ToWire(in Invocation invocation) => new()
    {
        Number = invocation.Number,
        BeginNs = invocation.BeginNs,
        EndNs = invocation.EndNs,
        Failed = invocation.Failed,
    };

    /// <summary>From the message.</summary>
    public static Invocation FromWire(Wire.Invocation message) => new(message.Number, message.BeginNs, message.EndNs, message.Failed);

    /// <summary>To the message.</summary>
    public static Wire.ImageEnd ToWire(ImageEnd end)
    {
        var message = new Wire.ImageEnd { TimeNs = end.TimeNs, Replaced = end.Replaced };
        if (end.ExitStatus is { } status)
            message.ExitStatus = status;
        if (end.CpuNs is { } cpu)
            message.CpuNs = cpu;
        if (end.PeakRssKib is { } peak)
            message.PeakRssKib = peak;
        return message;
    }

    /// <summary>From the message.</summary>
    public static ImageEnd FromWire(Wire.ImageEnd message) => new()
    {
        TimeNs = message.TimeNs,
        Replaced = message.Replaced,
        ExitStatus = message.HasExitStatus ? message.ExitStatus : null,
        CpuNs = message.HasCpuNs ? message.CpuNs : null,
        PeakRssKib = message.HasPeakRssKib ? message.PeakRssKib : null,
    };
}
