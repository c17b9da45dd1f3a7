using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>Something that is used, thought away: what would vanish if the program itself did not import it.</summary>
internal static class LibraryCut
{
    /// <summary>Distributions that the program imports itself and uses, with what would vanish without them.</summary>
    /// <param name="context">The recording.</param>
    public static IEnumerable<(LibraryUse Use, Deferral Cut)> Of(FindingContext context)
    {
        foreach (IGrouping<string, string> library in Distributions(context))
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

    /// <summary>
    /// Distributions of which no function was seen to run after initialisation, and that are needed all the same: for base classes of others' classes, and
    /// nothing else. With what would vanish if these did without, and the classes.
    /// </summary>
    /// <param name="context">The recording.</param>
    public static IEnumerable<(string Library, Deferral Cut, IReadOnlyList<string> Classes)> OfBases(FindingContext context)
    {
        foreach (IGrouping<string, string> library in Distributions(context))
        {
            HashSet<string> own = library.ToHashSet(StringComparer.Ordinal);
            if (!own.Overlaps(context.Needed.Modules) || context.Usage.Libraries.GetValueOrDefault(library.Key) is not { FunctionsUsedAfterInit: 0, Verdict: not UseVerdict.Used } || own.Any(context.Uses.NoticesSubclasses))
            {
                continue;
            }

            // What compiled code does for a class that is made of its own leaves no mark.
            if (context.Profile.Modules.Any(module => module.Kind == ModuleKind.Extension && own.Contains(module.Name)))
            {
                continue;
            }

            // With what such a statement imports besides: requests.packages.urllib3 is urllib3's, by requests.
            ILookup<(string, int), ImportEdge> statements = context.Graph.Modules.Where(module => !own.Contains(module)).SelectMany(context.Graph.From)
                .Where(edge => edge.Kind != ImportEdgeKind.Parent).ToLookup(edge => (edge.File, edge.Line));
            List<ImportEdge> cuts = [.. statements.Where(edges => edges.Any(edge => own.Contains(edge.To))).SelectMany(edges => edges)];
            List<ImportEdge> bases = cuts.FindAll(edge => IsForBases(context, edge));
            if (bases.Count > 0 && cuts.TrueForAll(edge => bases.Contains(edge) || (edge.Kind == ImportEdgeKind.Statement && context.Needed.CanPutOff(edge)))
                && Without(context, cuts, _ => false) is { } deferral)
            {
                yield return (library.Key, deferral, [.. bases.SelectMany(edge => edge.Statement!.Definitions.Select(name => edge.From + "." + name)).Distinct(StringComparer.Ordinal)]);
            }
        }
    }

    /// <summary>Whether an import serves for nothing but base classes, as far as what ran can tell.</summary>
    private static bool IsForBases(FindingContext context, ImportEdge edge) =>
        edge is { Kind: ImportEdgeKind.Statement, IsInFunction: false, Statement: { Definitions.Count: > 0 } statement }
        && (statement.EagerUses & EagerUses.Evaluated) == 0
        && context.Profile.Sources.TryGetValue(edge.From, out ModuleSource? source) && statement.Definitions.All(source.Handed.Contains)
        && statement.UsedBy.All(function => statement.Definitions.Any(name => function.StartsWith(name + ".", StringComparison.Ordinal)) || !context.Uses.MayHaveRun(edge.From, function));

    private static ILookup<string, string> Distributions(FindingContext context) =>
        context.Graph.Modules.Where(module => context.Libraries.Resolve(module).Kind == LibraryKind.Distribution)
            .ToLookup(module => context.Libraries.Resolve(module).Name, StringComparer.Ordinal);

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
        return new Deferral(head, cuts, [], gone, saved, SharedNs: context.Costs.Without(context.Deferrals.SelectMany(deferral => deferral.Gone).Where(gone.Contains).ToHashSet(StringComparer.Ordinal)).WallNs);
    }
}
