using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Sampling;

/// <summary>What <c>libprof attach</c> did to a target in so many seconds: its samples, and the calls that read the target, or the memory it took.</summary>
/// <param name="Samples">Samples in the recording.</param>
/// <param name="Reads">Calls that read the target's memory or files; 0 where they were not counted.</param>
/// <param name="PeakKib">The most memory that was ever resident; 0 where it was not asked for.</param>
internal sealed partial record AttachedRun(long Samples, long Reads, long PeakKib)
{
    /// <summary>The calls that read a target: its memory, and files of /proc. Opening a recording or a library takes some as well, at the begin.</summary>
    private const string ReadCalls = "process_vm_readv,preadv,pread64,readv,read";

    private static readonly Lazy<string?> s_noStrace = new(TryStrace);

    /// <summary>Skips the calling test where strace cannot trace.</summary>
    public static void RequireStrace() => Assert.SkipWhen(s_noStrace.Value is not null, $"no strace: {s_noStrace.Value}");

    /// <summary>Samples as fast as it goes, under strace.</summary>
    public static AttachedRun Traced(TargetProcess target, double seconds)
    {
        using TemporaryDirectory directory = new();
        string calls = directory["calls"];
        using TargetProcess strace = TargetProcess.Launch(
            ["strace", "-f", "--seccomp-bpf", "-c", "-U", "name,calls", "-e", "trace=" + ReadCalls, "-o", calls,
                LibProfProgram.Binary, "attach", "-q", "-r", "max", "-d", seconds.ToString(CultureInfo.InvariantCulture), "-o", directory["a.libprof"], $"{target.Pid}"]);
        Assert.True(strace.WaitForExit() == 0, strace.Errors);
        long reads = CallCount().Matches(File.ReadAllText(calls))
            .Where(match => match.Groups["name"].Value != "total")
            .Sum(match => long.Parse(match.Groups["calls"].ValueSpan, CultureInfo.InvariantCulture));
        return new AttachedRun(CountSamples(directory["a.libprof"]), reads, PeakKib: 0);
    }

    /// <summary>Samples at a rate, and notes the most memory that was resident (VmHWM of proc_pid_status(5)) until just before the end.</summary>
    public static AttachedRun Watched(TargetProcess target, int rateHz, int seconds)
    {
        using TemporaryDirectory directory = new();
        using TargetProcess libprof = LibProfProgram.Start(
            ["attach", "-q", "-r", $"{rateHz}", "-d", $"{seconds}", "-o", directory["a.libprof"], $"{target.Pid}"]);
        long peak = 0;
        WaitUntil.True(
            () =>
            {
                peak = Math.Max(peak, ReadPeakKib(libprof.Pid));
                return libprof.HasExited;
            },
            "libprof has ended");
        Assert.True(libprof.WaitForExit() == 0, libprof.Errors);
        return new AttachedRun(CountSamples(directory["a.libprof"]), Reads: 0, peak);
    }

    private static long ReadPeakKib(int pid)
    {
        try
        {
            Match match = PeakLine().Match(File.ReadAllText($"/proc/{pid}/status"));
            return match.Success ? long.Parse(match.Groups["kib"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        }
        catch (IOException)
        {
            return 0; // It is gone.
        }
    }

    private static long CountSamples(string recording)
    {
        LibProfResult report = LibProfProgram.Run("report", "-f", "json", recording);
        Assert.True(report.Status == 0, report.Errors);
        return (long)JsonNode.Parse(report.Output)!["sampling"]!["samples"]!;
    }

    private static string? TryStrace()
    {
        try
        {
            using TargetProcess strace = TargetProcess.Launch(["strace", "-f", "--seccomp-bpf", "-c", "-U", "name,calls", "-e", "trace=read", "true"]);
            string errors = strace.ReadErrorsToEnd();
            return strace.WaitForExit() == 0 ? null : errors;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }

    [GeneratedRegex(@"^(?<name>\w+)\s+(?<calls>\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex CallCount();

    [GeneratedRegex(@"^VmHWM:\s+(?<kib>\d+) kB$", RegexOptions.Multiline)]
    private static partial Regex PeakLine();
}
