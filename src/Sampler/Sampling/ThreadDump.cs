using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sampling;

/// <summary>A frame of a dump.</summary>
/// <param name="Function">Its function.</param>
/// <param name="Line">Line being executed; 0 when unknown.</param>
/// <param name="Importing">The module that it is importing, for a frame of the import machinery; else null.</param>
public readonly record struct DumpFrame(FunctionInfo Function, int Line, string? Importing);

/// <summary>A thread of a dump.</summary>
/// <param name="Thread">The thread.</param>
/// <param name="Frames">Its frames, the most recent call first; empty when it runs no Python, or, if it is cut, when none could be read.</param>
/// <param name="IsCut">Whether the most recent calls could not be read for sure.</param>
public sealed record DumpThread(ThreadInfo Thread, IReadOnlyList<DumpFrame> Frames, bool IsCut);

/// <summary>Every thread's stack at one moment.</summary>
/// <param name="Python">The interpreter.</param>
/// <param name="Threads">Its threads, the oldest first.</param>
public sealed record ThreadDump(PythonInfo Python, IReadOnlyList<DumpThread> Threads)
{
    private const int MaxLooks = 200;

    /// <summary>Dumps a running process.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="blocking">Whether to stop the process for each look.</param>
    /// <exception cref="AttachException">The process cannot be read.</exception>
    public static ThreadDump OfProcess(int pid, bool blocking)
    {
        LiveProcessMemory memory = new(pid);
        LocatedRuntime runtime = RuntimeLocator.Locate(pid, memory);
        TargetPause? pause = blocking ? new TargetPause(pid) : null;
        int namespacePid = ProcessStatus.TryRead(pid) is { NamespaceIds: { Count: > 0 } ids } ? ids[^1] : pid;
        ThreadDump? dump = Take(memory, runtime, $"/proc/{pid}", namespacePid, pause);
        if (pause is { IsRefused: true })
        {
            throw AttachDiagnosis.Explain(pid, 1);
        }

        return dump ?? throw AttachDiagnosis.Explain(pid, memory.LastError == 0 ? 3 : memory.LastError, seenBefore: true);
    }

    /// <summary>Dumps the process that a core file was made of.</summary>
    /// <param name="core">The core file.</param>
    /// <exception cref="AttachException">It has no supported CPython, or one that cannot be read.</exception>
    public static ThreadDump OfCore(CoreDumpMemory core)
    {
        LocatedRuntime runtime = RuntimeLocator.Locate(core);
        return Take(core, runtime, "", core.Pid, pause: null)
            ?? throw new AttachException(AttachFailure.Inconsistent, $"the interpreter in {core.Path} cannot be read",
                "Is the core whole? It may have been cut by a limit (ulimit -c) or a full disk.");
    }

    /// <summary>Dumps whatever memory an interpreter stands in; null when it cannot be read.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="runtime">Where the interpreter stands in it.</param>
    /// <param name="processDirectory">For example <c>/proc/1234</c>; empty for a core file.</param>
    /// <param name="pid">The process id in the target's own PID namespace.</param>
    /// <param name="pause">Stops the process for each look; null for none.</param>
    public static ThreadDump? Take(IRemoteMemory memory, LocatedRuntime runtime, string processDirectory, int pid, TargetPause? pause)
    {
        DefinitionTable table = new();
        PythonObjects objects = new(memory, runtime.Layout);
        ThreadDirectory threads = new(objects, table, processDirectory, pid, (memory as CoreDumpMemory)?.ThreadIds);
        InterpreterReader reader = new(objects, runtime, new StackInterner(table), threads.Add);
        ModuleTable modules = new(objects, table);
        LookResult result = LookResult.Failed;
        // A whole stack of every thread at one moment; a target that changes faster than that is shown as far as it was sure.
        for (int look = 0; look < MaxLooks && (result == LookResult.Failed || reader.IsCut); look++)
        {
            try
            {
                bool stands = pause?.TryPause() ?? true;
                if (pause is { IsRefused: true })
                {
                    break;
                }

                result = stands ? reader.Look(SamplerClock.MonotonicNs) : LookResult.Failed;
            }
            finally
            {
                pause?.Resume();
            }

            if (result == LookResult.Gone)
            {
                return null;
            }
        }

        if (InterpreterList.TryFindMain(memory, runtime, out ulong interpreter))
        {
            modules.Update(modules.Survey(interpreter, finalizing: 0), 0, beforeRecording: true);
            threads.NameThreads(modules.AddressOf("threading"));
        }

        Dictionary<int, ThreadStack> stacks = [];
        foreach (ThreadStack stack in reader.Stacks)
        {
            stacks[stack.ThreadId] = stack;
        }

        PythonInfo info = new() { Version = runtime.Version.ToString(), FreeThreaded = runtime.FreeThreaded };
        return new ThreadDump(info, [.. threads.Threads
            .OrderByDescending(thread => thread.IsMain)
            .ThenBy(thread => thread.NativeId)
            .Select(thread => stacks.TryGetValue(thread.Id, out ThreadStack stack)
                ? new DumpThread(thread, table.Frames(stack.StackId), stack.Cut)
                : new DumpThread(thread, [], reader.IsLost(thread.Id)))]);
    }

    // Keeps the definitions of the few stacks of a dump.
    private sealed class DefinitionTable : IRecordingSink
    {
        private readonly List<FunctionInfo> _functions = [];
        private readonly List<FrameInfo> _frames = [];
        private readonly List<(int Parent, int Frame)> _stacks = [(0, 0)];

        public List<DumpFrame> Frames(int stackId)
        {
            List<DumpFrame> frames = [];
            for (int id = stackId; id != 0; id = _stacks[id].Parent)
            {
                FrameInfo frame = _frames[_stacks[id].Frame];
                frames.Add(new DumpFrame(_functions[frame.FunctionId], frame.Line, frame.Importing));
            }

            return frames;
        }

        public void OnFunction(in FunctionInfo function) => _functions.Add(function);

        public void OnFrame(in FrameInfo frame) => _frames.Add(frame);

        public void OnStack(int stackId, int parentStackId, int frameId) => _stacks.Add((parentStackId, frameId));

        public void OnEnvironment(RecordingEnvironment environment)
        {
        }

        public void OnImage(ProcessImage image)
        {
        }

        public void OnPython(PythonInfo python)
        {
        }

        public void OnMilestone(Milestone milestone, long timeNs)
        {
        }

        public void OnThread(ThreadInfo thread)
        {
        }

        public void OnModule(ModuleInfo module)
        {
        }

        public void OnDistribution(DistributionInfo distribution)
        {
        }

        public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
        {
        }

        public void OnStatistics(SamplingStatistics statistics)
        {
        }

        public void OnImageEnd(ImageEnd end)
        {
        }

        public void OnInvocation(in Invocation invocation)
        {
        }
    }
}
