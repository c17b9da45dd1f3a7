using System.Globalization;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Completion;

/// <summary>The Python processes that the user may look at, for completion: by the executable's name, or by a libpython among the mapped files.</summary>
internal static class PythonProcesses
{
    private const int MostColumns = 60;

    /// <summary>Process ids with what each runs, the latest first.</summary>
    public static IEnumerable<(int Pid, string Command)> List()
    {
        List<int> pids = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid != Environment.ProcessId)
            {
                pids.Add(pid);
            }
        }

        foreach (int pid in pids.OrderDescending())
        {
            if (IsPython(pid))
            {
                string command = string.Join(' ', ProcessIdentity.TryRead(pid)?.CommandLine ?? []);
                yield return (pid, SafeText.KeepStart(SafeText.Clean(command), MostColumns));
            }
        }
    }

    private static bool IsPython(int pid)
    {
        try
        {
            string? executable = new FileInfo($"/proc/{pid}/exe").LinkTarget;
            return executable is not null
                && (Path.GetFileName(executable).StartsWith("python", StringComparison.Ordinal)
                    || File.ReadLines($"/proc/{pid}/maps").Any(line => line.Contains("/libpython", StringComparison.Ordinal)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return false;
        }
    }
}
