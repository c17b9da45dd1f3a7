using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Views;

/// <summary>Compares two recordings.</summary>
public static class DiffBuilder
{
    /// <summary>Compares.</summary>
    /// <param name="before">The earlier recording, of a Python.</param>
    /// <param name="after">The later one.</param>
    public static RecordingDiff Of(ReportModel before, ReportModel after)
    {
        var noise = DiffNoise.Of(before, after);
        return new RecordingDiff
        {
            CommandBefore = ReportViewBuilder.Command(before.Profile.Image.Image),
            CommandAfter = ReportViewBuilder.Command(after.Profile.Image.Image),
            Environment = DiffEnvironment.Of(before, after),
            Figures = DiffFigures.Of(before, after, noise),
            Libraries = Libraries(before, after, noise),
            Modules = Modules(before, after, noise),
            Noise = noise,
        };
    }

    private static List<LibraryChange> Libraries(ReportModel before, ReportModel after, DiffNoise noise)
    {
        // By name: the version is part of what may differ.
        Dictionary<(LibraryKind, string), LibraryReport> earlier = Loaded(before);
        Dictionary<(LibraryKind, string), LibraryReport> later = Loaded(after);
        var chainsBefore = new ImportChains(before);
        var chainsAfter = new ImportChains(after);
        List<LibraryChange> changes = [];
        foreach ((LibraryKind Kind, string Name) key in earlier.Keys.Concat(later.Keys).Distinct())
        {
            LibraryReport? first = earlier.GetValueOrDefault(key);
            LibraryReport? second = later.GetValueOrDefault(key);
            Figures ms = new(first?.InitNs / 1e6, second?.InitNs / 1e6);
            Figures kib = new(DiffFigures.Kib(first), DiffFigures.Kib(second));
            Figures modules = new(first?.Modules, second?.Modules);
            (string? older, string? newer) = (first?.Library.Version, second?.Library.Version);
            bool another = older != newer || (key.Kind != LibraryKind.StandardLibrary && modules.Difference is not 0);
            if (Compare(first is not null, second is not null, ms, kib, 0, another, noise) is { } change)
            {
                changes.Add(new LibraryChange(SafeText.Clean(key.Name), key.Kind, change)
                {
                    VersionBefore = SafeText.Clean(first?.Library.Version ?? ""),
                    VersionAfter = SafeText.Clean(second?.Library.Version ?? ""),
                    Modules = modules,
                    Ms = ms,
                    Kib = kib,
                    Importer = second is not null ? chainsAfter.Entrance(second.Library) : chainsBefore.Entrance(first!.Library),
                });
            }
        }

        return [.. changes.OrderByDescending(change => Weight(change.Ms, change.Kib)).ThenBy(change => change.Name, StringComparer.Ordinal)];
    }

    private static Dictionary<(LibraryKind, string), LibraryReport> Loaded(ReportModel report)
    {
        HashSet<LibraryId> loaded = [.. report.Modules.Where(BudgetFigures.IsLoaded).Select(module => module.Library)];
        return report.Libraries.Where(library => loaded.Contains(library.Library))
            .GroupBy(library => (library.Library.Kind, library.Library.Name)).ToDictionary(group => group.Key, group => group.First());
    }

    private static List<ModuleChange> Modules(ReportModel before, ReportModel after, DiffNoise noise)
    {
        Dictionary<string, ModuleReport> earlier = LoadedModules(before);
        Dictionary<string, ModuleReport> later = LoadedModules(after);
        HashSet<string> came = [.. later.Keys.Where(name => !earlier.ContainsKey(name))];
        HashSet<string> went = [.. earlier.Keys.Where(name => !later.ContainsKey(name))];
        Dictionary<string, string> with = came.Concat(went).ToDictionary(name => name, name => Outermost(came.Contains(name) ? after : before, name, came.Contains(name) ? came : went));
        Dictionary<string, int> brings = with.Where(pair => pair.Key != pair.Value).GroupBy(pair => pair.Value).ToDictionary(group => group.Key, group => group.Count());
        var chainsBefore = new ImportChains(before);
        var chainsAfter = new ImportChains(after);
        List<ModuleChange> changes = [];
        foreach (string name in earlier.Keys.Concat(later.Keys).Distinct())
        {
            ModuleReport? first = earlier.GetValueOrDefault(name);
            ModuleReport? second = later.GetValueOrDefault(name);
            Figures ms = new(first?.Import?.ExclusiveNs / 1e6, second?.Import?.ExclusiveNs / 1e6);
            Figures kib = new(DiffFigures.ExclusiveKib(first), DiffFigures.ExclusiveKib(second));
            if (Compare(first is not null, second is not null, ms, kib, (first?.Memory?.ErrorKib ?? 0) + (second?.Memory?.ErrorKib ?? 0), false, noise) is { } change)
            {
                string? outermost = with.GetValueOrDefault(name);
                changes.Add(new ModuleChange(SafeText.Clean(name), SafeText.Clean((second ?? first!).Library.Name), change)
                {
                    Ms = ms,
                    Kib = kib,
                    InclusiveMs = new Figures(first?.Import?.InclusiveNs / 1e6, second?.Import?.InclusiveNs / 1e6),
                    InclusiveKib = new Figures(DiffFigures.InclusiveKib(first), DiffFigures.InclusiveKib(second)),
                    Importer = second is not null ? chainsAfter.Link(name) : chainsBefore.Link(name),
                    With = outermost == name ? null : outermost is null ? null : SafeText.Clean(outermost),
                    Brings = brings.GetValueOrDefault(name),
                });
            }
        }

        return [.. changes.OrderByDescending(change => change.Change is ChangeKind.Came or ChangeKind.Went ? Weight(change.InclusiveMs, change.InclusiveKib) : Weight(change.Ms, change.Kib))
            .ThenBy(change => change.Name, StringComparer.Ordinal)];
    }

    private static Dictionary<string, ModuleReport> LoadedModules(ReportModel report) =>
        report.Modules.Where(BudgetFigures.IsLoaded).GroupBy(module => module.Name).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);

    /// <summary>The module nearest to the program, among those that came (or went), on the way to one of them.</summary>
    private static string Outermost(ReportModel report, string name, HashSet<string> among)
    {
        HashSet<string> seen = [name];
        string outermost = name;
        string? next = Importer(report, name);
        while (next is not null && seen.Add(next))
        {
            outermost = among.Contains(next) ? next : outermost;
            next = Importer(report, next);
        }

        return outermost;
    }

    /// <summary>Who imports a module; of one that was too quick to be seen its package, which is loaded before it.</summary>
    private static string? Importer(ReportModel report, string name)
    {
        if (report.Imports.Find(name) is ModuleImport import)
        {
            return import.Cause?.Module;
        }

        int dot = name.LastIndexOf('.');
        return dot > 0 ? name[..dot] : null;
    }

    private static ChangeKind? Compare(bool isBefore, bool isAfter, Figures ms, Figures kib, double errorKib, bool another, DiffNoise noise)
    {
        if (isBefore != isAfter)
        {
            return isAfter ? ChangeKind.Came : ChangeKind.Went;
        }

        // Time first: where it says one thing and memory another, both figures are shown anyway.
        double? difference = ms.Difference is not null && !noise.IsNoiseMs(ms) ? ms.Difference : kib.Difference is not null && !noise.IsNoiseKib(kib, errorKib) ? kib.Difference : null;
        return difference > 0 ? ChangeKind.Grew : difference < 0 ? ChangeKind.Shrank : another ? ChangeKind.Changed : null;
    }

    /// <summary>What a difference weighs, in milliseconds: 1 MiB counts as one.</summary>
    private static double Weight(Figures ms, Figures kib) =>
        Math.Max(Math.Abs((ms.After ?? 0) - (ms.Before ?? 0)), Math.Abs((kib.After ?? 0) - (kib.Before ?? 0)) / 1024);
}
