namespace LibProf.Analyzer.Model;

/// <summary>A reading of the process's clock of processor time.</summary>
/// <param name="TimeNs">When, on the recording's clock.</param>
/// <param name="CpuNs">User and system time of all threads so far, in nanoseconds.</param>
public readonly record struct ProcessorTime(long TimeNs, long CpuNs);
