using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Usage;

/// <summary>
/// In which invocations of a handler each module was at work: by samples, and by the marks of its functions, which are read between two
/// invocations. A mark that can move but once leaves it open whether a function ran again: then it counts as if it did.
/// </summary>
internal sealed class InvocationUses
{
    private readonly Dictionary<string, bool[]> _used = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<Invocation> _invocations;

    /// <summary>Goes through a profile's invocations.</summary>
    /// <param name="profile">The profile.</param>
    public InvocationUses(Profile profile)
    {
        _invocations = profile.Invocations;
        AddSamples(profile);
        AddMarks(profile);
    }

    /// <summary>In which invocations any of some modules was at work.</summary>
    /// <param name="modules">The modules.</param>
    public bool[] Of(IEnumerable<string> modules)
    {
        bool[] any = new bool[_invocations.Count];
        foreach (bool[] own in modules.Select(module => _used.GetValueOrDefault(module)).OfType<bool[]>())
        {
            for (int i = 0; i < any.Length; i++)
            {
                any[i] |= own[i];
            }
        }

        return any;
    }

    private void AddSamples(Profile profile)
    {
        var files = new ModuleFiles(profile, new ImportPathTable(profile.Stacks));
        var modules = new Dictionary<StackId, List<string>>();
        foreach (ThreadTimeline thread in profile.Threads)
        {
            long startNs = thread.StartNs;
            foreach (StackRun run in thread.Runs)
            {
                int at = At((startNs + run.EndNs) / 2);
                startNs = run.EndNs;
                if (at < 0 || run.Stack.IsNone)
                {
                    continue;
                }

                if (!modules.TryGetValue(run.Stack, out List<string>? own))
                {
                    modules[run.Stack] = own = [.. ModulesOn(run.Stack, profile.Stacks, files)];
                }

                own.ForEach(module => Mark(module, at));
            }
        }
    }

    private static HashSet<string> ModulesOn(StackId stack, StackTable stacks, ModuleFiles files)
    {
        var modules = new HashSet<string>(StringComparer.Ordinal);
        for (; !stack.IsNone; stack = stacks.Parent(stack))
        {
            if (files.ModuleOf(stack) is { } module)
            {
                modules.Add(module);
            }
        }

        return modules;
    }

    private void AddMarks(Profile profile)
    {
        Dictionary<int, string> modules = profile.Codes.ToDictionary(code => code.Id, code => code.Module);
        var before = new Dictionary<int, CodeReading>();
        foreach (UsageSnapshot usage in profile.Usage)
        {
            // The driver waits for the reading after each call: what is new was done in the call before, or in the initialisation.
            int at = LastBegunBefore(usage.BeginNs);
            foreach (CodeReading reading in usage.Readings)
            {
                bool wasKnown = before.TryGetValue(reading.CodeId, out CodeReading last) && last.Use is not (CodeUse.Unknown or CodeUse.Gone);
                before[reading.CodeId] = reading;
                if (at < 0 || reading.Use is not (CodeUse.Counted or CodeUse.Saturated) || !wasKnown || !modules.TryGetValue(reading.CodeId, out string? module))
                {
                    continue;
                }

                for (int i = at; i < (reading.Use == CodeUse.Saturated ? _invocations.Count : at + 1); i++)
                {
                    Mark(module, i);
                }
            }
        }
    }

    private int At(long timeNs)
    {
        int at = LastBegunBefore(timeNs);
        return at >= 0 && timeNs <= _invocations[at].EndNs ? at : -1;
    }

    private int LastBegunBefore(long timeNs)
    {
        int at = _invocations.Count - 1;
        while (at >= 0 && _invocations[at].BeginNs > timeNs)
        {
            at--;
        }

        return at;
    }

    private void Mark(string module, int invocation)
    {
        if (!_used.TryGetValue(module, out bool[]? own))
        {
            _used[module] = own = new bool[_invocations.Count];
        }

        own[invocation] = true;
    }
}
