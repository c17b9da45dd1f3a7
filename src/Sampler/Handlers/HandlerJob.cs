namespace LibProf.Sampler.Handlers;

/// <summary>A serverless handler to run: what the driver is told.</summary>
public sealed record HandlerJob
{
    /// <summary>The directory of its code, to be the working directory and first on the search path; empty for the present one.</summary>
    public string Directory { get; init; } = "";

    /// <summary>The module to import.</summary>
    public required string Module { get; init; }

    /// <summary>Names of its function; the first that the module has is called.</summary>
    public required IReadOnlyList<string> Functions { get; init; }

    /// <summary>The event as <see cref="MarshalWriter"/> writes it; every call gets a copy of its own.</summary>
    public required byte[] Event { get; init; }

    /// <summary>How often it is called.</summary>
    public int Invocations { get; init; } = 1;
}

/// <summary>
/// A moment at which the driver waits for libprof, all of the application standing still between two calls: the place for exact readings.
/// </summary>
/// <param name="Number">0: the initialisation is over and the first call comes next; N: call N is over.</param>
/// <param name="IsLast">Whether no call follows: the program ends next.</param>
/// <param name="BeginNs">CLOCK_MONOTONIC in nanoseconds at the begin of the import of the handler's module, or of the call.</param>
/// <param name="EndNs">And at its end.</param>
/// <param name="BeginCpuNs">Processor time of the process at the begin, as the driver read it.</param>
/// <param name="EndCpuNs">And at the end.</param>
/// <param name="Failed">Whether an exception ended it.</param>
public readonly record struct HandlerBoundary(int Number, bool IsLast, long BeginNs, long EndNs, long BeginCpuNs, long EndCpuNs, bool Failed);
