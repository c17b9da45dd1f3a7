using LibProf.Sampler.Native;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Target;

/// <summary>
/// The root directory of a process, held open so that its files can be read also after its end: a container's files are not
/// at the same paths for libprof.
/// </summary>
public sealed class TargetRoot : IDisposable
{
    private readonly SafeFileHandle? _directory;

    private TargetRoot(SafeFileHandle? directory) => _directory = directory;

    /// <summary>What is to be put before a path of the target's; empty when it has the same root as libprof.</summary>
    public string Prefix => _directory is { IsInvalid: false } ? $"/proc/self/fd/{_directory.DangerousGetHandle()}" : "";

    /// <summary>Opens the root of a process; the same root as libprof's when it may not be opened.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    public static TargetRoot Open(int pid)
    {
        bool same = FileCalls.ReadLink($"/proc/{pid}/ns/mnt", out _) == FileCalls.ReadLink("/proc/self/ns/mnt", out _)
            && FileCalls.ReadLink($"/proc/{pid}/root", out _) == FileCalls.ReadLink("/proc/self/root", out _);
        return new TargetRoot(same ? null : FileCalls.Open($"/proc/{pid}/root", out _));
    }

    /// <inheritdoc/>
    public void Dispose() => _directory?.Dispose();
}
