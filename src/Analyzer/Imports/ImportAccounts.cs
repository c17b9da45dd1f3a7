using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Imports;

/// <summary>Adds up the stays of imports by module and thread, and chooses for each module the thread that loaded it.</summary>
internal static class ImportAccounts
{
    /// <summary>The accounts of all modules by name.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="intervals">Its imports' stays.</param>
    /// <param name="paths">Its imports.</param>
    /// <param name="causes">Finds the statements.</param>
    public static Dictionary<string, ModuleImport> Of(Profile profile, ImportIntervals intervals, ImportPathTable paths, CauseFinder causes)
    {
        var accounts = new Dictionary<(string Name, int ThreadId), Account>();
        foreach (ImportInterval interval in intervals.Intervals)
        {
            var key = (interval.Path.Name, interval.ThreadId);
            if (interval.Path.Outermost && !accounts.ContainsKey(key))
            {
                accounts[key] = new Account(interval.Path, interval.ThreadId, interval.StartNs);
            }
        }

        foreach ((ImportLeaf leaf, long ns) in intervals.LeafNs)
        {
            Bill(accounts, leaf, ns, paths);
        }

        var kinds = profile.Modules.ToDictionary(module => module.Name, module => module.Kind, StringComparer.Ordinal);
        var modules = new Dictionary<string, ModuleImport>(StringComparer.Ordinal);
        foreach (IGrouping<string, Account> threads in accounts.Values.GroupBy(account => account.First.Name))
        {
            // The others wait for the module's lock, or find it already there.
            Account loader = threads.OrderByDescending(account => account.InclusiveNs - account.WaitNs).ThenBy(account => account.StartNs).First();
            ModuleKind kind = kinds.GetValueOrDefault(threads.Key, ModuleKind.Unknown);
            modules[threads.Key] = loader.ToModuleImport(kind, paths, causes, threads.Count() - 1);
        }

        return modules;
    }

    /// <summary>Bills time at a leaf to every outermost import on the stack, and to the innermost alone as its own.</summary>
    private static void Bill(Dictionary<(string Name, int ThreadId), Account> accounts, ImportLeaf leaf, long ns, ImportPathTable paths)
    {
        ImportPath innermost = paths.Paths[leaf.PathId];
        if (accounts.TryGetValue((innermost.Name, leaf.ThreadId), out Account? own))
        {
            own.ExclusiveNs += ns;
        }

        ImportPhase phase = LoadSteps.Phase(leaf.Step);
        for (ImportPath path = innermost; path.Id != 0; path = paths.Paths[path.Parent])
        {
            if (path.Outermost && accounts.TryGetValue((path.Name, leaf.ThreadId), out Account? account))
            {
                account.InclusiveNs += ns;
                account.Phases = account.Phases.Add(phase, ns);
                account.WaitNs += path.Id == leaf.PathId && leaf.Step == LoadStep.Waiting ? ns : 0;
            }

            phase = path.PhaseInParent;
        }
    }

    private sealed class Account(ImportPath first, int threadId, long startNs)
    {
        public ImportPath First => first;

        public long StartNs => startNs;

        public long InclusiveNs { get; set; }

        public long ExclusiveNs { get; set; }

        public long WaitNs { get; set; }

        public ImportPhaseTimes Phases { get; set; }

        public ModuleImport ToModuleImport(ModuleKind kind, ImportPathTable paths, CauseFinder causes, int otherThreads) => new()
        {
            Name = first.Name,
            ThreadId = threadId,
            StartNs = startNs,
            InclusiveNs = InclusiveNs,
            ExclusiveNs = ExclusiveNs,
            Phases = Settle(kind),
            Cause = causes.Of(first),
            Within = first.Parent == 0 ? null : paths.Paths[first.Parent].Name,
            Sought = paths.SoughtBelow(first),
            OtherThreads = otherThreads,
        };

        /// <summary>Without qualified names a loader's C call may be either kind's; a module known to be code has nothing to load.</summary>
        private ImportPhaseTimes Settle(ModuleKind kind) => kind is ModuleKind.Source or ModuleKind.Bytecode or ModuleKind.Frozen
            ? Phases with { LoadNs = 0, ExecuteNs = Phases.ExecuteNs + Phases.LoadNs }
            : Phases;
    }
}
