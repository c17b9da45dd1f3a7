using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Usage;

/// <summary>When the initialisation of the program and of each module ended, as far as looks at the process tell.</summary>
internal sealed class ImportEnds
{
    // What the program does between two imports of its own is no initialisation when it takes more than this, and this part of the time.
    private const long SomeWorkNs = 2_000_000;
    private const double SomeWorkShare = 0.05;

    private readonly Profile _profile;
    private readonly ImportTree _imports;
    private readonly Dictionary<int, List<ImportSpan>> _outermost;
    private readonly Dictionary<string, ModuleInfo> _modules;

    /// <summary>Works out when initialisation ended.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="imports">Its imports.</param>
    public ImportEnds(Profile profile, ImportTree imports)
    {
        _profile = profile;
        _imports = imports;
        _outermost = imports.Spans.Where(span => span.Depth == 1).GroupBy(span => span.ThreadId).ToDictionary(group => group.Key, group => group.ToList());
        _modules = profile.Modules.ToDictionary(module => module.Name, StringComparer.Ordinal);
        UncertaintyNs = profile.Environment is { RateHz: > 0 and var rate } ? (long)(1e9 / rate) : 1_000_000;
    }

    /// <summary>By how much the begin or end of an import may be off.</summary>
    public long UncertaintyNs { get; }

    /// <summary>When a module was first seen to be imported, or there; null when it was not.</summary>
    public long? BeginOf(string module) => _imports.Find(module)?.StartNs ?? _modules.GetValueOrDefault(module)?.SeenNs;

    /// <summary>The end of the outermost import that loaded a module; null when it is not known, so that all that ran may have run later.</summary>
    public long? Of(string module)
    {
        if (_modules.GetValueOrDefault(module) is { BeforeRecording: true })
        {
            return _profile.StartNs;
        }

        if (_imports.Find(module) is { } import)
        {
            return EndOfOutermost(import.ThreadId, import.StartNs) ?? import.StartNs + import.InclusiveNs;
        }

        if (_modules.GetValueOrDefault(module) is not { } info)
        {
            return null;
        }

        // Quicker than the distance of two looks: it is in the table since then, and an import that went on around it is its own or contains it.
        return (_profile.MainThread is { } main ? EndOfOutermost(main.Thread.Id, info.SeenNs) : null) ?? info.SeenNs;
    }

    private long? EndOfOutermost(int threadId, long timeNs)
    {
        foreach (ImportSpan span in _outermost.GetValueOrDefault(threadId) ?? [])
        {
            if (span.StartNs <= timeNs && timeNs < span.EndNs)
            {
                return span.EndNs;
            }
        }

        return null;
    }

    /// <summary>
    /// When the program's initialisation ended: a handler's first call began, or the last import was over that the main module's own body made
    /// before it went to work. Null when no part of the program was seen.
    /// </summary>
    public long? OfProgram()
    {
        if (_profile.Invocations.Count > 0)
        {
            return _profile.Invocations[0].BeginNs;
        }

        if (_profile.Attached || _profile.MainThread is not { } main)
        {
            return null;
        }

        StackTable stacks = _profile.Stacks;
        long? beganNs = null;
        long? endNs = null;
        long workNs = 0;
        long nowNs = main.StartNs;
        foreach (StackRun run in main.Runs)
        {
            long lastsNs = run.EndNs - nowNs;
            switch (run.Stack.IsNone ? Doing.Nothing : WhatIsDone(stacks, run.Stack))
            {
                case Doing.OwnImport:
                    beganNs ??= nowNs;
                    endNs = run.EndNs;
                    break;
                case Doing.OwnBody:
                    beganNs ??= nowNs;
                    endNs ??= nowNs;
                    break;
                case Doing.Work:
                    beganNs ??= nowNs;
                    endNs ??= nowNs;
                    workNs += lastsNs;
                    break;
            }

            if (endNs is not null && workNs > Math.Max(SomeWorkNs, SomeWorkShare * (nowNs - beganNs!.Value)))
            {
                return endNs;
            }

            nowNs = run.EndNs;
        }

        return endNs;
    }

    private enum Doing
    {
        Nothing,
        OwnImport,
        OwnBody,
        Work,
    }

    private Doing WhatIsDone(StackTable stacks, StackId stack)
    {
        // From the root on: frames of runpy, the body of the program, and what it called.
        bool inProgram = false;
        foreach (FrameId frame in stacks.FramesFromRoot(stack))
        {
            FrameInfo info = stacks.Frames[frame.Value];
            FunctionInfo function = stacks.Functions[info.FunctionId];
            if (info.Importing is not null)
            {
                return inProgram ? Doing.OwnImport : Doing.Nothing;
            }

            if (inProgram)
            {
                // The statement calls importlib's __import__ or importlib.import_module on its way.
                if (function.File.Contains("importlib", StringComparison.Ordinal))
                {
                    continue;
                }

                return Doing.Work;
            }

            inProgram = function.Name == "<module>" && function.File == _imports.MainFile;
        }

        return inProgram ? Doing.OwnBody : Doing.Nothing;
    }
}
