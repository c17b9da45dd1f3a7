using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Views;

/// <summary>A line of the import tree.</summary>
/// <param name="Depth">How far it is indented; 0 for what the program or the interpreter imports.</param>
/// <param name="Module">The module.</param>
/// <param name="Import">What its import took.</param>
public sealed record ImportTreeLine(int Depth, ModuleReport Module, ModuleImport Import);

/// <summary>The costly imports as an outline.</summary>
public static class ImportTreeView
{
    /// <summary>The costliest imports with all imports around them, outer before inner, costlier first among siblings.</summary>
    /// <param name="modules">The modules.</param>
    /// <param name="maxLines">How many to choose (imports around a chosen one come on top).</param>
    /// <param name="minInclusiveNs">Cheaper ones are never chosen.</param>
    public static IReadOnlyList<ImportTreeLine> Of(IReadOnlyList<ModuleReport> modules, int maxLines, long minInclusiveNs)
    {
        var byName = modules.Where(module => module.Import is not null).ToDictionary(module => module.Name, StringComparer.Ordinal);
        var chosen = new HashSet<string>(StringComparer.Ordinal);
        foreach (ModuleReport module in byName.Values
            .Where(module => module.Import!.InclusiveNs >= minInclusiveNs)
            .OrderByDescending(module => module.Import!.InclusiveNs)
            .Take(maxLines))
        {
            for (ModuleReport? each = module; each is not null && chosen.Add(each.Name); each = Around(each, byName))
            {
            }
        }

        ILookup<string, ModuleReport> children = byName.Values
            .Where(module => chosen.Contains(module.Name))
            .OrderBy(module => module.Import!.InclusiveNs) // pushed in this order, popped in the other
            .ToLookup(module => Around(module, byName)?.Name ?? "", StringComparer.Ordinal);
        var lines = new List<ImportTreeLine>();
        var pending = new Stack<(int Depth, ModuleReport Module)>(children[""].Select(module => (0, module)));
        while (pending.TryPop(out (int Depth, ModuleReport Module) next))
        {
            lines.Add(new ImportTreeLine(next.Depth, next.Module, next.Module.Import!));
            foreach (ModuleReport child in children[next.Module.Name])
            {
                pending.Push((next.Depth + 1, child));
            }
        }

        return lines;
    }

    /// <summary>The import that this one happened in. On one thread it began earlier, so this never goes in a circle.</summary>
    private static ModuleReport? Around(ModuleReport module, Dictionary<string, ModuleReport> byName) =>
        module.Import!.Within is { } name && byName.TryGetValue(name, out ModuleReport? outer)
        && outer.Import!.ThreadId == module.Import.ThreadId && outer.Import.StartNs <= module.Import.StartNs && outer.Name != module.Name
            ? outer
            : null;
}
