using System.Globalization;
using System.Text;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>What a process has to run on.</summary>
/// <param name="Cpus">How many CPUs it may run on (its affinity).</param>
/// <param name="CpuQuota">How many CPUs' time its control groups grant; null without a limit.</param>
/// <param name="Kernel">The kernel's release, for example 6.1.0-18-amd64.</param>
public sealed record ProcessSurroundings(int Cpus, double? CpuQuota, string Kernel)
{
    /// <summary>Reads those of a live process; what cannot be read is taken from libprof itself or left out.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    public static ProcessSurroundings Read(int pid)
    {
        int cpus = ProcessStatus.TryRead(pid) is { AllowedCpus: > 0 } status ? status.AllowedCpus : Environment.ProcessorCount;
        double? quota = ReadQuota(ReadText($"/proc/{pid}/cgroup"), ReadText("/proc/self/mountinfo"), path => ReadText(path));
        return new ProcessSurroundings(cpus, quota, ReadText("/proc/sys/kernel/osrelease").Trim());
    }

    /// <summary>The tightest CPU limit of the control groups from the process's own up to the root (cgroups(7)).</summary>
    /// <param name="groups">Text of <c>/proc/PID/cgroup</c>.</param>
    /// <param name="mounts">Text of <c>/proc/self/mountinfo</c>, which says where the hierarchies can be seen.</param>
    /// <param name="read">Reads a file; empty when it is not there.</param>
    /// <returns>A number of CPUs, or null.</returns>
    internal static double? ReadQuota(string groups, string mounts, Func<string, string> read)
    {
        double? tightest = null;
        foreach (string line in groups.Split('\n'))
        {
            // id:controllers:path; version 2 has id 0 and no controllers.
            string[] fields = line.Split(':', 3);
            bool unified = fields.Length == 3 && fields[0] == "0" && fields[1].Length == 0;
            if (fields.Length != 3 || (!unified && !fields[1].Split(',').Contains("cpu"))
                || FindMount(mounts, unified) is not { } mount)
            {
                continue;
            }

            // Seen from another cgroup namespace the path may climb out of the mount: then only the mount's own limit is known.
            string path = mount.Root != "/" && fields[2].StartsWith(mount.Root, StringComparison.Ordinal) ? fields[2][mount.Root.Length..] : fields[2];
            path = path.Contains("..", StringComparison.Ordinal) ? "" : path.TrimEnd('/');
            while (true)
            {
                string directory = mount.Point + path;
                double? quota = unified ? ParsePair(read(directory + "/cpu.max"))
                    : ParsePair(read(directory + "/cpu.cfs_quota_us").Trim() + " " + read(directory + "/cpu.cfs_period_us"));
                tightest = quota is { } found && (tightest is null || found < tightest) ? found : tightest;
                if (path.Length == 0)
                {
                    break;
                }

                path = path[..Math.Max(path.LastIndexOf('/'), 0)];
            }
        }

        return tightest;
    }

    /// <summary>Where a hierarchy is mounted: fields 4 and 5 of its line in mountinfo, its type and options behind the dash.</summary>
    private static (string Root, string Point)? FindMount(string mounts, bool unified)
    {
        foreach (string line in mounts.Split('\n'))
        {
            int dash = line.IndexOf(" - ", StringComparison.Ordinal);
            if (dash < 0)
            {
                continue;
            }

            string[] front = line[..dash].Split(' ');
            string[] back = line[(dash + 3)..].Split(' ');
            if (front.Length > 4 && back.Length > 2
                && (unified ? back[0] == "cgroup2" : back[0] == "cgroup" && back[2].Split(',').Contains("cpu")))
            {
                return (front[3], front[4]);
            }
        }

        return null;
    }

    /// <summary>Quota and period in microseconds; <c>max</c> or -1 is no limit.</summary>
    private static double? ParsePair(string text)
    {
        string[] parts = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long quota) && quota > 0
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long period) && period > 0
            ? (double)quota / period : null;
    }

    private static string ReadText(string path) => FileCalls.ReadAll(path, out _) is { } text ? Encoding.UTF8.GetString(text) : "";
}
