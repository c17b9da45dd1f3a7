namespace LibProf.Analyzer.Findings;

/// <summary>A module that nothing needs, with the statements that load it all the same, and all that would vanish with it.</summary>
/// <param name="Head">The module: the highest of those that nothing needs.</param>
/// <param name="Cuts">The edges from needed modules to it, or to what is in it.</param>
/// <param name="Gone">What nothing else loads, itself included.</param>
/// <param name="Saved">What that took.</param>
internal sealed record Deferral(string Head, IReadOnlyList<ImportEdge> Cuts, HashSet<string> Gone, SavedTime Saved);

/// <summary>Finds what could be put off, the highest places first: a package and not its forty children.</summary>
internal static class Deferrals
{
    private const int MaxCandidates = 300;

    /// <summary>Everything that could be put off and takes some time, the costliest first.</summary>
    /// <param name="graph">Who loads whom.</param>
    /// <param name="needed">What is needed.</param>
    /// <param name="costs">What it took.</param>
    /// <param name="minNs">Less is not worth it.</param>
    public static IReadOnlyList<Deferral> Of(ImportGraph graph, NeededModules needed, CostTable costs, long minNs)
    {
        List<Group> groups = [.. needed.Cuttable.GroupBy(edge => HeadOf(edge.To, needed), StringComparer.Ordinal)
            .Select(group => new Group(group.Key, [.. group], graph, needed, costs))
            .Where(group => group.MostNs >= minNs)
            .OrderByDescending(group => group.MostNs)
            .Take(MaxCandidates)];
        var found = new List<Deferral>();
        foreach (Group group in groups)
        {
            if (Cut(group.Head, group.Cuts, graph, needed, costs) is { } deferral && deferral.Saved.WallNs >= minNs)
            {
                found.Add(deferral);
            }
        }

        AddShared(found, groups, graph, needed, costs, minNs);
        return [.. found.OrderByDescending(deferral => deferral.Saved.WallNs)];
    }

    /// <summary>
    /// What several unneeded modules load together vanishes with none of them alone. Where that is most of it, they are one finding:
    /// about the highest module that they share.
    /// </summary>
    private static void AddShared(List<Deferral> found, List<Group> groups, ImportGraph graph, NeededModules needed, CostTable costs, long minNs)
    {
        const int MostGroups = 6;
        var explained = found.SelectMany(deferral => deferral.Gone).ToHashSet(StringComparer.Ordinal);
        var alone = found.Select(deferral => deferral.Head).ToHashSet(StringComparer.Ordinal);
        var shared = groups.SelectMany(group => group.Reached.Where(module => !explained.Contains(module) && !needed.Modules.Contains(module)).Select(module => (module, group)))
            .GroupBy(pair => pair.module, pair => pair.group, StringComparer.Ordinal)
            .GroupBy(pair => string.Join('|', pair.Select(group => group.Head).Order(StringComparer.Ordinal)), StringComparer.Ordinal);
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var modules in shared.OrderByDescending(modules => modules.Count()))
        {
            List<Group> members = [.. modules.First()];
            if (members.Count is < 2 or > MostGroups || members.Exists(member => alone.Contains(member.Head) || used.Contains(member.Head)))
            {
                continue;
            }

            List<ImportEdge> cuts = [.. members.SelectMany(member => member.Cuts)];
            string head = modules.Select(module => module.Key)
                .OrderByDescending(name => costs.Without(graph.Reach([name], edge => needed.Modules.Contains(edge.To))).WallNs)
                .ThenBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal).First();
            if (Cut(head, cuts, graph, needed, costs) is { } deferral && deferral.Saved.WallNs >= minNs)
            {
                used.UnionWith(members.Select(member => member.Head));
                found.Add(deferral);
            }
        }
    }

    /// <summary>Among what is not needed: all that the cut edges lead to, less what the others lead to as well.</summary>
    private static Deferral? Cut(string head, IReadOnlyList<ImportEdge> cuts, ImportGraph graph, NeededModules needed, CostTable costs)
    {
        var cut = cuts.ToHashSet();
        HashSet<string> gone = Unneeded(cuts, graph, needed);
        gone.ExceptWith(Unneeded(needed.Cuttable.Where(edge => !cut.Contains(edge)), graph, needed));
        return gone.Count == 0 ? null : new Deferral(head, cuts, gone, costs.Without(gone));
    }

    private static HashSet<string> Unneeded(IEnumerable<ImportEdge> edges, ImportGraph graph, NeededModules needed) =>
        graph.Reach(edges.Select(edge => edge.To), edge => needed.Modules.Contains(edge.To));

    /// <summary>The highest package of a module that is not needed either.</summary>
    private static string HeadOf(string module, NeededModules needed)
    {
        string head = module;
        for (int dot = module.LastIndexOf('.'); dot > 0; dot = module.LastIndexOf('.', dot - 1))
        {
            string package = module[..dot];
            if (needed.Modules.Contains(package))
            {
                break;
            }

            head = package;
        }

        return head;
    }

    private sealed class Group
    {
        public Group(string head, List<ImportEdge> cuts, ImportGraph graph, NeededModules needed, CostTable costs)
        {
            Head = head;
            Cuts = cuts;
            Reached = Unneeded(cuts, graph, needed);
            MostNs = costs.Without(Reached).WallNs;
        }

        public string Head { get; }
        public List<ImportEdge> Cuts { get; }
        public HashSet<string> Reached { get; }
        public long MostNs { get; }
    }
}
