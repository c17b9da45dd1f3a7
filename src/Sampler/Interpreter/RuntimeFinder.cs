using LibProf.CPythonLayouts;
using LibProf.Sampler.Elf;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Native;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Interpreter;

/// <summary>What one look through the modules of a process found.</summary>
/// <param name="State">The answer.</param>
/// <param name="Runtime">What was found, with <see cref="RuntimeSearchState.Found"/>.</param>
/// <param name="Failure">Why it cannot be used, with <see cref="RuntimeSearchState.Unsupported"/>.</param>
/// <param name="Error">errno, with <see cref="RuntimeSearchState.Unreadable"/>.</param>
internal readonly record struct RuntimeFinding(RuntimeSearchState State, LocatedRuntime? Runtime = null, AttachException? Failure = null, int Error = 0);

/// <summary>Looks for CPython in the modules of a process: those with a telling name first, then every other one.</summary>
internal static class RuntimeFinder
{
    /// <summary>Looks once.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="memory">Its memory.</param>
    public static RuntimeFinding Find(int pid, IRemoteMemory memory)
    {
        if (ProcessMappings.TryRead(pid, out int error) is not { } mappings)
        {
            return new RuntimeFinding(RuntimeSearchState.Unreadable, Error: error);
        }

        IReadOnlyList<MappedModule> modules = ProcessMappings.GetModules(mappings);
        string executable = FileCalls.ReadLink($"/proc/{pid}/exe", out _) ?? "";
        RuntimeFinding answer = new(mappings.Count == 0 ? RuntimeSearchState.NotYet : RuntimeSearchState.NotPython);
        foreach (bool promising in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (MappedModule module in modules)
            {
                if (IsPromising(module, executable) != promising)
                {
                    continue;
                }

                RuntimeFinding finding = Look(pid, memory, module, promising);
                if (finding.State == RuntimeSearchState.Found)
                {
                    return finding;
                }

                // A version that is not known is the answer unless another module has one that is.
                answer = answer.State == RuntimeSearchState.NotPython ? finding : answer;
            }
        }

        return answer;
    }

    /// <summary>Looks through the modules of a core file.</summary>
    public static RuntimeFinding Find(CoreDumpMemory core)
    {
        RuntimeFinding answer = new(RuntimeSearchState.NotPython);
        foreach (CoreModule module in core.Modules.Where(module => module.Size > 0))
        {
            MappedModule mapped = module.ToMappedModule();
            PythonModule? python = module.File is { } file ? PythonModule.Inspect(file, thorough: true) : InspectMemory(core, mapped);
            RuntimeFinding finding = python is null ? answer : Resolve(core, mapped, python);
            if (finding.State == RuntimeSearchState.Found)
            {
                return finding;
            }

            answer = answer.State == RuntimeSearchState.NotPython ? finding : answer;
        }

        return answer;
    }

    /// <summary>Finds the runtime of one module, when it has one.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="module">Where the module is mapped.</param>
    /// <param name="python">What its file holds.</param>
    public static RuntimeFinding Resolve(IRemoteMemory memory, MappedModule module, PythonModule python)
    {
        if (!ElfImage.TryGetLoadBias(python.Segments, module.Start, module.Mappings[0].Offset, out ulong bias))
        {
            return new RuntimeFinding(RuntimeSearchState.NotPython);
        }

        ulong runtime = python.Runtime == 0 ? 0 : python.Runtime + bias;
        CPythonVersion? version = python.Version;
        bool freeThreaded = false;
        CPythonLayout? layout = null;
        string problem = "";
        if (runtime != 0)
        {
            // From 3.13 on the runtime begins with _Py_DebugOffsets, which stands in the file's data: it is there as soon as it is mapped.
            byte[] start = new byte[Math.Max(DebugOffsets.MaxSize, DebugOffsets.PrefixSize)];
            if (!memory.TryRead(runtime, start.AsSpan(0, DebugOffsets.PrefixSize)))
            {
                return new RuntimeFinding(RuntimeSearchState.NotYet);
            }

            // Only a runtime that has them is large enough for all of them.
            if (DebugOffsets.TryReadVersion(start, out CPythonVersion own, out freeThreaded) && memory.TryRead(runtime, start))
            {
                version = own;
                DebugOffsets.TryParse(start, out layout, out problem);
            }
        }

        if (version is not { } release)
        {
            return Refuse($"{module.Path} is a CPython whose version could not be found out");
        }

        if (layout is null && problem.Length == 0 && !KnownLayouts.HasDebugOffsets(release))
        {
            KnownLayouts.TryGet(release, freeThreaded, out layout);
        }

        if (layout is null)
        {
            return Refuse(problem.Length > 0 && KnownLayouts.TryGet(release, freeThreaded, out CPythonLayout? _)
                ? $"{module.Path} is CPython {release}, but its debug offsets cannot be used: {problem}"
                : $"{module.Path} is CPython {release}{(freeThreaded ? " (free-threaded)" : "")}, which libprof does not support");
        }

        return new RuntimeFinding(RuntimeSearchState.Found, new LocatedRuntime
        {
            Version = release,
            Layout = layout,
            RuntimeAddress = runtime,
            InterpretersHeadAddress = layout.Runtime is { } fields && runtime != 0 ? runtime + (ulong)fields.InterpretersHead.Value
                : python.InterpreterHead == 0 ? 0 : python.InterpreterHead + bias,
            FinalizingAddress = python.Finalizing == 0 ? 0 : python.Finalizing + bias,
            CurrentThreadStateAddress = python.CurrentThreadState == 0 ? 0 : python.CurrentThreadState + bias,
            ModulePath = module.Path,
            LoadBias = bias,
            BuildId = python.BuildId,
        });
    }

    private static RuntimeFinding Refuse(string message) =>
        new(RuntimeSearchState.Unsupported, Failure: new AttachException(AttachFailure.UnsupportedVersion, message,
            $"Supported are the releases of CPython {KnownLayouts.SupportedVersionsText}."));

    /// <summary>Whether a look into its symbol table is worth while: the executable, python3.11, libpython3.11.so.1.0, uwsgi.</summary>
    private static bool IsPromising(MappedModule module, string executable) =>
        module.Path == executable || module.FileName.StartsWith("python", StringComparison.OrdinalIgnoreCase)
        || module.FileName.StartsWith("libpython", StringComparison.Ordinal)
        || module.FileName.Contains("uwsgi", StringComparison.OrdinalIgnoreCase);

    private static RuntimeFinding Look(int pid, IRemoteMemory memory, MappedModule module, bool thorough)
    {
        PythonModule? python;
        if (MappedFile.TryOpen(pid, module, out MappedFile? file))
        {
            using (file)
            {
                python = PythonModule.Inspect(file, thorough);
            }
        }
        else
        {
            python = InspectMemory(memory, module);
        }

        return python is null ? new RuntimeFinding(RuntimeSearchState.NotPython) : Resolve(memory, module, python);
    }

    /// <summary>Reads a module whose file is out of reach back from the memory that it is mapped into.</summary>
    private static PythonModule? InspectMemory(IRemoteMemory memory, MappedModule module) =>
        module.Mappings[0].Offset == 0
        && ElfImage.TryRead(new MappedMemory(memory, module), out ElfImage? image)
        && image.TryGetLoadBias(module.Start, 0, out ulong bias)
        && ElfImage.TryRead(new MappedMemory(memory, module), out image, relocatedBy: bias)
            ? PythonModule.Inspect(image, thorough: true) : null;
}
