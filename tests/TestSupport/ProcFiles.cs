using System.Globalization;
using System.Runtime.InteropServices;

namespace LibProf.TestSupport;

/// <summary>What tests look up in /proc (proc_pid_stat(5)).</summary>
public static class ProcFiles
{
    /// <summary>The state letter of a process or thread: R, S, D, T (stopped), t (traced), Z (zombie); null if there is none.</summary>
    public static char? State(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2]; // The name before it may hold anything, parentheses too.
        }
        catch (IOException)
        {
            return null; // Gone, before or while it was read.
        }
    }

    /// <summary>Whether a thread of the process is blocked in read(0, ...).</summary>
    internal static bool IsReadingInput(int pid)
    {
        string start = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "63 0x0 " : "0 0x0 ";
        foreach (int thread in ThreadIds(pid))
        {
            try
            {
                if (File.ReadAllText($"/proc/{pid}/task/{thread}/syscall").StartsWith(start, StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (IOException)
            {
                // This thread ended meanwhile.
            }
        }

        return false;
    }

    /// <summary>The ids of its threads; empty if there is no such process.</summary>
    public static IReadOnlyList<int> ThreadIds(int pid)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{pid}/task")
                .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
                .Order()];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
