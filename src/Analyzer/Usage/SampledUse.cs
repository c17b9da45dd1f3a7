using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Usage;

/// <summary>Which functions, modules and sets of modules samples saw at work after initialisation, outside of any import.</summary>
internal sealed class SampledUse
{
    private readonly Dictionary<int, long> _functions = [];
    private readonly Dictionary<string, long> _modules = new(StringComparer.Ordinal);
    private readonly List<(HashSet<string> Modules, long Samples)> _stacks = [];
    private readonly HashSet<int> _usedFunctions = [];
    private readonly HashSet<string> _usedModules = new(StringComparer.Ordinal);

    /// <summary>Samples of threads after the end of initialisation; those inside an import among them.</summary>
    public long Total { get; private set; }

    /// <summary>Samples with a frame of the module.</summary>
    public long OfModule(string module) => _modules.GetValueOrDefault(module);

    /// <summary>Samples with a frame of the function.</summary>
    public long OfFunction(int functionId) => _functions.GetValueOrDefault(functionId);

    /// <summary>Whether a sample saw the function at work, outside of any import, after the initialisation of its own module.</summary>
    public bool IsUsed(int functionId) => _usedFunctions.Contains(functionId);

    /// <summary>As <see cref="IsUsed(int)"/>, for any function of a module.</summary>
    public bool IsUsed(string module) => _usedModules.Contains(module);

    /// <summary>Samples with a frame of any of the modules.</summary>
    public long OfAny(IReadOnlySet<string> modules) => _stacks.Where(stack => stack.Modules.Overlaps(modules)).Sum(stack => stack.Samples);

    /// <summary>Goes through all samples.</summary>
    public static SampledUse Of(Profile profile, ImportTree imports, FunctionModules functions, ImportEnds ends, long? initEndNs)
    {
        var use = new SampledUse();
        var moduleEnds = new Dictionary<string, long?>(StringComparer.Ordinal);
        // The functions that are followed are the main interpreter's: that another one runs its own says nothing of them.
        foreach (ThreadTimeline timeline in profile.Threads.Where(timeline => timeline.Thread.InterpreterId == 0))
        {
            long nowNs = timeline.StartNs;
            foreach (StackRun run in timeline.Runs)
            {
                if (!run.Stack.IsNone && !imports.IsImporting(run.Stack))
                {
                    use.AddUsed(profile.Stacks, run.Stack, nowNs, functions, ends, moduleEnds);
                }

                nowNs = run.EndNs;
            }

            if (initEndNs is { } endNs)
            {
                use.CountFrom(endNs, profile, timeline, imports, functions);
            }
        }

        return use;
    }

    private void CountFrom(long endNs, Profile profile, ThreadTimeline timeline, ImportTree imports, FunctionModules functions)
    {
        foreach ((StackId stack, StackWeight weight) in StackWeights.Of(profile, timeline, endNs))
        {
            Total += weight.Samples;
            if (!imports.IsImporting(stack))
            {
                Count(profile.Stacks, stack, weight.Samples, functions);
            }
        }
    }

    private void AddUsed(StackTable stacks, StackId stack, long timeNs, FunctionModules functions, ImportEnds ends, Dictionary<string, long?> moduleEnds)
    {
        for (StackId id = stack; !id.IsNone; id = stacks.Parent(id))
        {
            int function = stacks.Leaf(id).FunctionId;
            if (stacks.Functions[function].Name == "<module>" || _usedFunctions.Contains(function) || functions.ModuleOf(function) is not { } module)
            {
                continue;
            }

            if (!moduleEnds.TryGetValue(module, out long? end))
            {
                moduleEnds[module] = end = ends.Of(module);
            }

            if (end is null || timeNs >= end || module == "__main__")
            {
                _usedFunctions.Add(function);
                _usedModules.Add(module);
            }
        }
    }

    private void Count(StackTable stacks, StackId stack, long samples, FunctionModules functions)
    {
        var modules = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<int>();
        for (StackId id = stack; !id.IsNone; id = stacks.Parent(id))
        {
            int function = stacks.Leaf(id).FunctionId;
            if (!seen.Add(function))
            {
                continue;
            }

            _functions[function] = _functions.GetValueOrDefault(function) + samples;
            if (functions.ModuleOf(function) is { } module && modules.Add(module))
            {
                _modules[module] = _modules.GetValueOrDefault(module) + samples;
            }
        }

        _stacks.Add((modules, samples));
    }
}
