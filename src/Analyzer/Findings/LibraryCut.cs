using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Findings;

/// <summary>Something that is used, thought away: what would vanish if the program itself did not import it.</summary>
internal static class LibraryCut
{
    /// <summary>Distributions that the program imports itself and uses, with what would vanish without them.</summary>
    /// <param name="context">The recording.</param>
    public static IEnumerable<(LibraryUse Use, Deferral Cut)> Of(FindingContext context)
    {
        ILookup<string, string> modules = context.Graph.Modules
            .Where(module => context.Libraries.Resolve(module).Kind == LibraryKind.Distribution)
            .ToLookup(module => context.Libraries.Resolve(module).Name, StringComparer.Ordinal);
        foreach (IGrouping<string, string> library in modules)
        {
            if (context.Usage.Libraries.GetValueOrDefault(library.Key) is not { Verdict: UseVerdict.Used } use)
            {
                continue;
            }

            List<ImportEdge> cuts = [.. context.Graph.Modules.Where(context.Words.IsApplication).SelectMany(context.Graph.From)
                .Where(edge => edge.Kind == ImportEdgeKind.Statement && edge.Statement?.Name != "*" && context.Libraries.Resolve(edge.To).Name == library.Key)];
            if (cuts.Count == 0)
            {
                continue;
            }

            // What a function of another library imports, it mostly does for an object of this one that the program gave it.
            if (Without(context, cuts, edge => edge.IsInFunction && !context.Words.IsApplication(edge.From) && context.Libraries.Resolve(edge.To).Name == library.Key) is { } deferral)
            {
                yield return (use, deferral);
            }
        }
    }

    /// <summary>Modules of the program's own that others of its modules import and use, with what would vanish without them.</summary>
    /// <param name="context">The recording.</param>
    public static IEnumerable<Deferral> OfOwnModules(FindingContext context) =>
        context.Graph.Modules.Where(context.Words.IsApplication).SelectMany(context.Graph.From)
            .Where(edge => context.Words.IsApplication(edge.To) && edge.Kind != ImportEdgeKind.Parent)
            .GroupBy(edge => edge.To, StringComparer.Ordinal)
            .Where(group => group.All(edge => edge.Kind == ImportEdgeKind.Statement && edge.Statement?.Name != "*"))
            .Select(group => Without(context, [.. group], _ => false)).OfType<Deferral>();

    private static Deferral? Without(FindingContext context, List<ImportEdge> cuts, Predicate<ImportEdge> isCutAlong)
    {
        var cut = cuts.ToHashSet();
        HashSet<string> left = context.Graph.Reach(context.Needed.Anchors, edge => cut.Contains(edge) || isCutAlong(edge));
        var gone = context.Graph.Reach(cuts.Select(edge => edge.To), _ => false).Where(module => !left.Contains(module)).ToHashSet(StringComparer.Ordinal);
        string head = cuts.Select(edge => edge.To).OrderBy(name => name.Length).First();
        if (!gone.Contains(head))
        {
            return null;
        }

        SavedTime saved = context.Costs.Without(gone);
        return new Deferral(head, cuts, gone, saved, saved.WallNs);
    }
}
