using System.Diagnostics;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// Finds CPython in a running process: the executable or a library, at fixed or random addresses, by its dynamic symbols, its
/// <c>.PyRuntime</c> section or its symbol table, in the target's own root directory. The version is taken from the binary itself.
/// For a process that is being started see <see cref="RuntimeSearch"/>.
/// </summary>
public static class RuntimeLocator
{
    /// <summary>How long a process that is just starting is waited for.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>Finds it.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="memory">Its memory.</param>
    /// <returns>The runtime; its interpreter may not exist yet when the process has only just begun.</returns>
    /// <exception cref="AttachException">There is none, or it cannot be read or is not supported.</exception>
    public static LocatedRuntime Locate(int pid, IRemoteMemory memory)
    {
        if (pid <= 0 || ProcessStatus.TryRead(pid) is not { HasEnded: false, IsKernelThread: false } status)
        {
            throw AttachDiagnosis.Explain(pid, 0);
        }

        using RuntimeSearch search = new(pid, memory);
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            switch (search.Poll())
            {
                case RuntimeSearchState.Found:
                    return search.Runtime!;
                case RuntimeSearchState.Unsupported or RuntimeSearchState.Unreadable:
                    throw search.Failure!;
                case RuntimeSearchState.Ended:
                    throw AttachDiagnosis.Explain(pid, 0, seenBefore: true);
                case RuntimeSearchState.NotPython:
                    throw new AttachException(AttachFailure.NotPython, $"process {pid} ({status.Name}) runs no CPython",
                        "If it starts one as a child, attach to that; libprof run follows a wrapper that execs Python.");
            }

            if (Stopwatch.GetElapsedTime(start) > s_patience)
            {
                throw new AttachException(AttachFailure.NotPython,
                    $"process {pid} ({status.Name}) is still loading its program{(status.State is 'T' or 't' ? " and is stopped" : "")}",
                    "Attach when it runs.");
            }

            // A loader needs a millisecond or so; this is not the sampling loop.
            Thread.Sleep(1);
        }
    }

    /// <summary>Finds it in a core file.</summary>
    /// <param name="core">The core file.</param>
    /// <returns>The runtime.</returns>
    /// <exception cref="AttachException">There is none, or it is not supported.</exception>
    public static LocatedRuntime Locate(CoreDumpMemory core)
    {
        RuntimeFinding finding = RuntimeFinder.Find(core);
        string[] missing = [.. core.Modules.Where(module => module.Size > 0 && module.File is null).Select(module => module.FileName)];
        string hint = missing.Length == 0 ? "" : $"Not here, or not the same as then: {string.Join(", ", missing)}";
        return finding.Runtime ?? throw new AttachException(
            finding.Failure?.Reason ?? AttachFailure.NotPython,
            finding.Failure?.Message ?? $"{core.Path} is of {(core.Executable.Length > 0 ? core.Executable : "a program")} without a CPython that can be found",
            hint.Length > 0 ? hint : finding.Failure?.Hint ?? "");
    }
}
