using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Memory;

/// <summary>
/// The resident memory of a profile, attributed: what importing each module took, and where that of the process comes from.
/// A change between two readings is billed to the imports that were on the stacks then; how it is split where they changed says
/// <c>docs/how-it-works.md</c>.
/// </summary>
public sealed class ImportMemory
{
    /// <summary>What counters may lack that the kernel does not add up: 64 pages of 4 KiB.</summary>
    private const double LagKib = 256;

    private readonly Dictionary<string, ModuleMemory> _modules = new(StringComparer.Ordinal);

    private ImportMemory(ProcessMemory process) => Process = process;

    /// <summary>The whole process.</summary>
    public ProcessMemory Process { get; }

    /// <summary>What importing a module took; null when its import was not measured.</summary>
    /// <param name="module">Absolute name.</param>
    public ModuleMemory? Find(string module) => _modules.GetValueOrDefault(module);

    /// <summary>Attributes the memory of a profile; null when none was recorded.</summary>
    internal static ImportMemory? Of(Profile profile, ImportIntervals intervals, ImportPathTable paths)
    {
        if (profile.Memory.Count == 0)
        {
            return null;
        }

        var curve = new MemoryCurve(profile.Memory);
        long firstImportNs = intervals.Intervals.Count == 0 ? long.MaxValue : intervals.Intervals.Min(interval => interval.StartNs);
        var accounts = new MemoryAccounts(paths, firstImportNs);
        new GrowthBilling(curve, ImportStates.Of(profile, paths), accounts, Period(profile)).Bill(ProgramEnd(profile));

        MemoryAmount start = MemoryCurve.Of(curve.Readings[0]) + accounts.Before.Exclusive;
        MemoryAmount imports = default;
        foreach (MemoryAccount account in accounts.Modules.Values)
        {
            imports += account.Exclusive;
        }

        long peak = Math.Max(profile.Image.End?.PeakRssKib ?? 0, profile.Memory.Max(reading => reading.ResidentKib));
        var memory = new ImportMemory(new ProcessMemory(
            Round(start.Total), Round(start.File), Round(imports.Total), Round(imports.File), Round(accounts.Program.Exclusive.Total), peak));
        memory.AddModules(accounts, intervals, curve);
        return memory;
    }

    private void AddModules(MemoryAccounts accounts, ImportIntervals intervals, MemoryCurve curve)
    {
        double lag = curve.Readings.Any(reading => reading.Source == MemorySource.LaggingCounters) ? LagKib : 0;
        // What these had taken by the first reading is among what was there then.
        var begun = intervals.Intervals.Where(interval => interval.StartNs < curve.Readings[0].TimeNs).Select(interval => interval.Path.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string name in intervals.Intervals.Select(interval => interval.Path.Name).Distinct())
        {
            MemoryAccount account = accounts.Modules.GetValueOrDefault(name) ?? new MemoryAccount();
            double error = Math.Sqrt(Math.Max(account.InclusiveError, account.ExclusiveError)) + lag + (begun.Contains(name) ? MemoryCurve.Of(curve.Readings[0]).Total : 0);
            _modules[name] = new ModuleMemory(
                Round(account.Inclusive.Total),
                Round(account.Exclusive.Total),
                (long)Math.Ceiling(error),
                Round(account.Peak),
                Round(account.Inclusive.File),
                Round(account.Exclusive.File));
        }
    }

    /// <summary>From here on the interpreter gives back what it has: nobody's growth.</summary>
    private static long ProgramEnd(Profile profile) => Math.Min(
        profile.Image.At(Milestone.MainReturned) ?? long.MaxValue, profile.Image.At(Milestone.Finalizing) ?? long.MaxValue);

    private static long Period(Profile profile) =>
        Math.Max(profile.Environment is { RateHz: >= 1 } environment ? (long)(1e9 / environment.RateHz) : 0, GrowthBilling.ShortestPeriodNs);

    private static long Round(double kib) => (long)Math.Round(kib);
}
