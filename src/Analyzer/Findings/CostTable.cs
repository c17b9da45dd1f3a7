using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Findings;

/// <summary>Time that would vanish, on the wall and at work.</summary>
/// <param name="WallNs">As it was seen, in nanoseconds.</param>
/// <param name="CpuNs">Processor time in that time, in nanoseconds; null when the recording has none.</param>
public readonly record struct SavedTime(long WallNs, long? CpuNs);

/// <summary>
/// Where the time went, by the modules that had a part in it: the module being imported, and the modules whose functions ran in its
/// import (or outside of any). What vanishes with some modules is the time that any of these had a part in, unless another module
/// that stays was being imported within. What collecting garbage took is nobody's: it is shared out by the time of the imports.
/// </summary>
internal sealed class CostTable
{
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, List<Entry>> _byModule = new(StringComparer.Ordinal);
    private readonly long? _finalizeNs;
    private readonly long _importNs;
    private readonly double _finalizeBusy;

    /// <summary>Adds up a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="imports">Its imports.</param>
    /// <param name="finalizeNs">From the program's return to the process's end; null when not seen.</param>
    public CostTable(Profile profile, ImportTree imports, long? finalizeNs)
    {
        var paths = new ImportPathTable(profile.Stacks);
        var files = new ModuleFiles(profile, paths);
        var clock = new ProcessorClock(profile);
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        var keys = new Dictionary<StackId, Entry>();
        double collectedNs = 0;
        double collectedCpuNs = 0;
        foreach (ThreadTimeline thread in profile.Threads)
        {
            long nowNs = thread.StartNs;
            foreach (StackRun run in thread.Runs)
            {
                if (!run.Stack.IsNone && run.EndNs > nowNs)
                {
                    if (!keys.TryGetValue(run.Stack, out Entry? entry))
                    {
                        keys[run.Stack] = entry = Find(run.Stack, profile.Stacks, paths, files, entries);
                    }

                    // Other threads wait while one collects; each waits in whatever it was at.
                    double others = entry.Importing.Length > 0 ? TimeSpanNs.Within(profile.Collections, nowNs, run.EndNs) : 0;
                    double cpuNs = clock.Between(nowNs, run.EndNs);
                    double othersCpu = cpuNs * others / (run.EndNs - nowNs);
                    entry.WallNs += run.EndNs - nowNs - others;
                    entry.CpuNs += cpuNs - othersCpu;
                    (collectedNs, collectedCpuNs) = (collectedNs + others, collectedCpuNs + othersCpu);
                }

                nowNs = run.EndNs;
            }
        }

        _entries.AddRange(entries.Values);
        ShareOut(collectedNs, collectedCpuNs);
        foreach (Entry entry in _entries)
        {
            foreach (string module in entry.Running.Append(entry.Importing).Distinct(StringComparer.Ordinal))
            {
                if (!_byModule.TryGetValue(module, out List<Entry>? own))
                {
                    _byModule[module] = own = [];
                }

                own.Add(entry);
            }
        }

        _importNs = Math.Max(1, imports.Modules.Sum(module => module.ExclusiveNs));
        HasCpu = clock.IsKnown;
        BusyShare = profile.DurationNs > 0 ? (double)clock.Between(profile.StartNs, profile.EndNs) / profile.DurationNs : 1;
        _finalizeNs = finalizeNs;
        _finalizeBusy = finalizeNs is > 0 and var ns ? Math.Min(1, (double)clock.Between(profile.EndNs - ns, profile.EndNs) / ns) : 1;
    }

    /// <summary>Whether processor time is known.</summary>
    public bool HasCpu { get; }

    /// <summary>Processor time as a share of wall time, over the whole run.</summary>
    public double BusyShare { get; }

    /// <summary>What vanishes when some modules are not loaded; at the interpreter's end their share of what that takes.</summary>
    /// <param name="gone">The modules.</param>
    public SavedTime Without(IReadOnlySet<string> gone)
    {
        double wallNs = 0;
        double cpuNs = 0;
        var counted = new HashSet<Entry>();
        foreach (Entry entry in gone.SelectMany(module => _byModule.TryGetValue(module, out List<Entry>? entries) ? entries : []))
        {
            if (counted.Add(entry))
            {
                wallNs += entry.WallNs;
                cpuNs += entry.CpuNs;
            }
        }

        double endNs = (_finalizeNs ?? 0) * Math.Min(1, wallNs / _importNs);
        return new SavedTime((long)(wallNs + endNs), HasCpu ? (long)(cpuNs + (endNs * _finalizeBusy)) : null);
    }

    /// <summary>Time in which functions of some modules ran, outside of their imports.</summary>
    /// <param name="modules">The modules.</param>
    public long RunningNs(IReadOnlySet<string> modules) =>
        _entries.Where(entry => entry.Importing.Length == 0 && entry.Running.Exists(modules.Contains)).Sum(entry => (long)entry.WallNs);

    private void ShareOut(double collectedNs, double collectedCpuNs)
    {
        List<Entry> imports = _entries.FindAll(entry => entry.Importing.Length > 0);
        double importNs = Math.Max(1, imports.Sum(entry => entry.WallNs));
        foreach (Entry entry in imports)
        {
            entry.CpuNs += collectedCpuNs * entry.WallNs / importNs;
            entry.WallNs += collectedNs * entry.WallNs / importNs;
        }
    }

    private static Entry Find(StackId stack, StackTable stacks, ImportPathTable paths, ModuleFiles files, Dictionary<string, Entry> entries)
    {
        string importing = "";
        var running = new SortedSet<string>(StringComparer.Ordinal);
        for (; !stack.IsNone; stack = stacks.Parent(stack))
        {
            if (stacks.Leaf(stack).Importing is { } name)
            {
                importing = name;
                break;
            }

            // The import system works in every import: that is no part of its own modules in them.
            if (!paths.Functions[stacks.Leaf(stack).FunctionId].IsMachinery && files.ModuleOf(stack) is { } module)
            {
                running.Add(module);
            }
        }

        string key = importing + "|" + string.Join('|', running);
        if (!entries.TryGetValue(key, out Entry? entry))
        {
            entries[key] = entry = new Entry(importing, [.. running]);
        }

        return entry;
    }

    private sealed class Entry(string importing, List<string> running)
    {
        public string Importing => importing;
        public List<string> Running => running;
        public double WallNs { get; set; }
        public double CpuNs { get; set; }
    }
}
