using System.Text;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>Which program a process runs. Read anew after an exec.</summary>
/// <param name="Pid">Process id as libprof sees it.</param>
/// <param name="NamespacePid">Process id as the process itself sees it: another one in a container.</param>
/// <param name="ParentPid">Process id of its parent, 0 when that is outside of libprof's PID namespace.</param>
/// <param name="Name">The command's name, at most 15 bytes.</param>
/// <param name="CommandLine">Its arguments, the program's name first; empty when it has overwritten them.</param>
/// <param name="Executable">Path of the executable as the target names it; empty when it may not be read.</param>
/// <param name="WorkingDirectory">Its working directory; empty when it may not be read.</param>
/// <param name="Uid">Its effective user id.</param>
public sealed record ProcessIdentity(int Pid, int NamespacePid, int ParentPid, string Name, IReadOnlyList<string> CommandLine,
    string Executable, string WorkingDirectory, uint Uid)
{
    private const string DeletedMark = " (deleted)";

    /// <summary>Reads it.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <returns>Null when there is no such process.</returns>
    public static ProcessIdentity? TryRead(int pid)
    {
        if (ProcessStatus.TryRead(pid) is not { } status)
        {
            return null;
        }

        string executable = FileCalls.ReadLink($"/proc/{pid}/exe", out _) ?? "";
        return new ProcessIdentity(
            pid,
            status.NamespaceIds.Count > 0 ? status.NamespaceIds[^1] : pid,
            status.ParentId,
            status.Name,
            SplitStrings(FileCalls.ReadAll($"/proc/{pid}/cmdline", out _)),
            executable.EndsWith(DeletedMark, StringComparison.Ordinal) ? executable[..^DeletedMark.Length] : executable,
            WorkingDirectoryOf(pid),
            status.User.Effective);
    }

    // As the process sees it: the kernel tells it from our root directory, which a chroot is a part of.
    private static string WorkingDirectoryOf(int pid)
    {
        string directory = FileCalls.ReadLink($"/proc/{pid}/cwd", out _) ?? "";
        return FileCalls.ReadLink($"/proc/{pid}/root", out _) is { Length: > 1 } root && directory.StartsWith(root + "/", StringComparison.Ordinal)
            ? directory[root.Length..] : directory;
    }

    /// <summary>Reads one environment variable that the process had at its exec.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="name">The variable's name.</param>
    /// <returns>Null when it has none of that name or may not be read.</returns>
    public static string? TryReadEnvironmentVariable(int pid, string name)
    {
        string start = name + "=";
        return SplitStrings(FileCalls.ReadAll($"/proc/{pid}/environ", out _))
            .FirstOrDefault(entry => entry.StartsWith(start, StringComparison.Ordinal))?[start.Length..];
    }

    /// <summary>Splits strings that each end with a NUL; the last one may lack it.</summary>
    internal static IReadOnlyList<string> SplitStrings(ReadOnlySpan<byte> text)
    {
        List<string> strings = [];
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)0);
            strings.Add(Encoding.UTF8.GetString(end < 0 ? text : text[..end]));
            text = end < 0 ? default : text[(end + 1)..];
        }

        return strings;
    }
}

/// <summary>What a process has used so far.</summary>
/// <param name="State">State letter of proc_pid_stat(5): R, S, D, T, t, Z.</param>
/// <param name="Cpu">CPU time of all its threads, also those that have ended.</param>
/// <param name="ResidentKiB">Resident memory in KiB; null for a zombie.</param>
/// <param name="PeakResidentKiB">Peak of that since the exec; null for a zombie.</param>
/// <param name="Threads">Number of threads.</param>
public readonly record struct ProcessUsage(char State, TimeSpan Cpu, long? ResidentKiB, long? PeakResidentKiB, int Threads)
{
    /// <summary>Reads it; false when there is no such process.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="usage">What it has used.</param>
    public static bool TryRead(int pid, out ProcessUsage usage)
    {
        usage = default;
        if (ProcessStatus.TryRead(pid) is not { } status || !ProcessClock.TryRead(pid, out long nanoseconds))
        {
            return false;
        }

        usage = new ProcessUsage(status.State, TimeSpan.FromTicks(nanoseconds / 100), status.ResidentKiB, status.PeakResidentKiB, status.Threads);
        return true;
    }
}
