using System.Globalization;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// Under the JIT, where the runtime starts threads before any code of ours: blocks the relayed signals and executes the same command
/// line again, whose threads inherit that. What the first image knew about the signals goes to the second in an unnamed file.
/// The published binary has no need of it (EntrySignals.c).
/// </summary>
public static class SignalHandover
{
    private const string FileName = "libprof-signals";

    /// <summary>To be called first of all by a verb that relays signals. Returns in the second image, or where there is no need or no way.</summary>
    public static void Ensure()
    {
        SignalEntryState entry = SignalEntryState.Current;
        if (SignalEntryState.BlockedFromStart || TryTakeOver())
        {
            return;
        }

        int descriptor = DescriptorCalls.CreateMemoryFile(FileName);
        if (descriptor < 0)
        {
            return;
        }

        DescriptorCalls.WriteAll(descriptor, [.. BitConverter.GetBytes(entry.Ignored), .. BitConverter.GetBytes(entry.Blocked)]);
        ulong before = SignalCalls.ChangeMask(SignalCalls.SIG_SETMASK, SignalSets.Relayed);
        _ = SpawnCalls.ExecSelf(LaunchArguments.OfThisProcess());
        _ = SignalCalls.ChangeMask(SignalCalls.SIG_SETMASK, before);
        WaitCalls.Close(descriptor);
    }

    private static bool TryTakeOver()
    {
        foreach (FileInfo entry in new DirectoryInfo("/proc/self/fd").EnumerateFiles())
        {
            if (entry.LinkTarget?.StartsWith("/memfd:" + FileName, StringComparison.Ordinal) != true)
            {
                continue;
            }

            byte[] state = File.ReadAllBytes(entry.FullName);
            WaitCalls.Close(int.Parse(entry.Name, CultureInfo.InvariantCulture));
            if (state.Length == 16)
            {
                SignalEntryState.Adopt(new(BitConverter.ToUInt64(state, 0), BitConverter.ToUInt64(state, 8)));
                return true;
            }
        }

        return false;
    }
}
