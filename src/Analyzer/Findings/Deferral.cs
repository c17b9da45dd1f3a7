namespace LibProf.Analyzer.Findings;

/// <summary>A module that nothing needs, with the statements that load it all the same, and all that would vanish without these.</summary>
/// <param name="Head">The module: the highest of those that nothing needs.</param>
/// <param name="Cuts">The edges from needed modules to it, or to what is in it.</param>
/// <param name="With">Others that have to be put off with it, since they load it as well.</param>
/// <param name="Gone">What nothing else loads, itself included.</param>
/// <param name="Saved">What that took.</param>
/// <param name="SharedNs">What of it would vanish without this one, if all that was found before is acted on; on the wall.</param>
internal sealed record Deferral(string Head, IReadOnlyList<ImportEdge> Cuts, IReadOnlyList<Deferral> With, HashSet<string> Gone, SavedTime Saved, long SharedNs)
{
    /// <summary>Its edges, and those of what goes with it.</summary>
    public IReadOnlyList<ImportEdge> AllCuts => [.. Cuts, .. With.SelectMany(other => other.Cuts)];
}

/// <summary>
/// Finds what could be put off, the highest places first: a package and not its forty children. What each saves comes when it alone is
/// acted on; where that is little without others, these are named as well (<see cref="Take"/>).
/// </summary>
internal sealed class Deferrals
{
    private const int MaxCandidates = 200;
    private const int MaxFound = 40;

    /// <summary>To edit more files than this all over libraries, for one finding, is asked too much of anybody.</summary>
    private const int MostFiles = 8;

    /// <summary>From this share of what is worth a finding on, an import is worth changing together with others.</summary>
    private const double MattersFrom = 0.1;

    /// <summary>From this share on what vanishes alone is as good as all.</summary>
    private const double AsGoodAsAll = 0.9;

    /// <summary>And from this one on it is worth doing by itself.</summary>
    private const double Most = 0.5;

    /// <summary>And more statements than this of one file.</summary>
    private const int MostStatements = 24;

    private readonly ImportGraph _graph;
    private readonly NeededModules _needed;
    private readonly CostTable _costs;
    private readonly Func<string, string> _libraryOf;
    private readonly long _minNs;
    private readonly HashSet<string> _all;
    private readonly HashSet<ImportEdge> _cut = [];
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);
    private readonly List<Deferral> _found = [];
    private readonly HashSet<string> _heads = new(StringComparer.Ordinal);
    private readonly HashSet<(string Head, int Cuts)> _left = [];

    private Deferrals(ImportGraph graph, NeededModules needed, CostTable costs, Func<string, string> libraryOf, long minNs)
    {
        _graph = graph;
        _needed = needed;
        _costs = costs;
        _libraryOf = libraryOf;
        _minNs = minNs;
        _all = Loaded([]);
    }

    /// <summary>Everything that could be put off and takes some time, the costliest first.</summary>
    /// <param name="graph">Who loads whom.</param>
    /// <param name="needed">What is needed.</param>
    /// <param name="costs">What it took.</param>
    /// <param name="libraryOf">The library of a module.</param>
    /// <param name="minNs">Less is not worth it.</param>
    /// <param name="together">What would vanish if all of it were put off: more than by each alone.</param>
    public static IReadOnlyList<Deferral> Of(ImportGraph graph, NeededModules needed, CostTable costs, Func<string, string> libraryOf, long minNs, out IReadOnlySet<string> together)
    {
        var search = new Deferrals(graph, needed, costs, libraryOf, minNs);
        List<Candidate> groups = search.Groups();
        while (search._found.Count < MaxFound
            && (search.TakeBest(groups) || search.TakeBest(search.Everywhere()) || search.TakeBest(search.Together())))
        {
        }

        together = search._gone;
        return [.. search._found.OrderByDescending(deferral => deferral.Saved.WallNs)];
    }

    /// <summary>The edges out of what is needed, by the highest unneeded package that they lead to.</summary>
    private List<Candidate> Groups() => Costliest(_needed.Cuttable.GroupBy(edge => HeadOf(edge.To), StringComparer.Ordinal)
        .Select(group => new Candidate(group.Key, [.. group], MostNs(group))));

    /// <summary>What is still loaded by more than one way: all statements that import it, also those in modules that are not needed themselves.</summary>
    private List<Candidate> Everywhere()
    {
        HashSet<string> left = Loaded(_cut);
        return Costliest(Into(left).Where(pair => !_cut.Contains(pair.Edge)).GroupBy(pair => pair.Head, pair => pair.Edge, StringComparer.Ordinal)
            .Select(group => new Candidate(group.Key, [.. group], MostNs(group))));
    }

    /// <summary>The edges into some modules from outside of the highest unneeded packages that these are in.</summary>
    private IEnumerable<(string Head, ImportEdge Edge)> Into(HashSet<string> modules) =>
        modules.Concat(_needed.Modules).Distinct(StringComparer.Ordinal).SelectMany(_graph.From)
            .Where(edge => modules.Contains(edge.To))
            .Select(edge => (Head: HeadOf(edge.To), Edge: edge))
            .Where(pair => pair.Edge.From != pair.Head && !pair.Edge.From.StartsWith(pair.Head + ".", StringComparison.Ordinal));

    /// <summary>
    /// Of the edges to something those that have to be cut: what imports it and goes with it need not be touched. Null when one of them
    /// cannot be put off, or they are all over the place.
    /// </summary>
    private List<ImportEdge>? Outer(IReadOnlyList<ImportEdge> cuts, HashSet<ImportEdge> before)
    {
        HashSet<string> left = Loaded([.. before, .. cuts]);
        List<ImportEdge> outer = [.. cuts.Where(edge => left.Contains(edge.From) || _needed.Modules.Contains(edge.From))];
        return outer.TrueForAll(_needed.CanPutOff) && outer.Select(edge => edge.File).Distinct(StringComparer.Ordinal).Count() <= MostFiles ? outer : null;
    }

    /// <summary>
    /// What one needed module imports of one library, all at once: its modules import each other, so that none of them vanishes alone, or each
    /// takes too little. Called by the costliest of them; those that matter little are left as they are.
    /// </summary>
    private List<Candidate> Together() => Costliest(_needed.Cuttable.Where(edge => !_cut.Contains(edge))
        .GroupBy(edge => (edge.From, _libraryOf(edge.To)))
        .Select(group => group.GroupBy(edge => edge.To, StringComparer.Ordinal).Select(to => (To: to.Key, Edges: to, MostNs: MostNs(to)))
            .Where(to => to.MostNs >= _minNs * MattersFrom).OrderByDescending(to => to.MostNs).ToList())
        .Where(group => group.Count > 1 && group.Sum(to => to.Edges.DistinctBy(edge => edge.Line).Count()) <= MostStatements)
        .Select(group => new Candidate(HeadOf(group[0].To), [.. group.SelectMany(to => to.Edges)], MostNs(group.SelectMany(to => to.Edges)))));

    private List<Candidate> Costliest(IEnumerable<Candidate> candidates) =>
        [.. candidates.Where(candidate => candidate.MostNs >= _minNs && !_heads.Contains(candidate.Head) && !_left.Contains((candidate.Head, candidate.Cuts.Count))).OrderByDescending(candidate => candidate.MostNs).Take(MaxCandidates)];

    private bool TakeBest(List<Candidate> candidates)
    {
        Candidate? best = null;
        SavedTime bestSaved = default;
        (string Head, int Cuts) asked = default;
        SavedTime before = _costs.Without(_gone);
        foreach (Candidate candidate in candidates)
        {
            // They are ordered by what they save at most.
            if (best is not null && candidate.MostNs <= bestSaved.WallNs)
            {
                break;
            }

            SavedTime after = _costs.Without(GoneWithout(_cut.Concat(candidate.Cuts)));
            var saved = new SavedTime(after.WallNs - before.WallNs, after.CpuNs - before.CpuNs);
            if (saved.WallNs >= _minNs && saved.WallNs > bestSaved.WallNs && Outer(candidate.Cuts, _cut) is { } cuts)
            {
                best = candidate with { Cuts = cuts };
                bestSaved = saved;
                asked = (candidate.Head, candidate.Cuts.Count);
            }
        }

        if (best is null)
        {
            return false;
        }

        // Not again: neither in vain nor, for what is left of it, under the same name. As it was asked for: what is taken may be fewer statements, or more.
        _ = _left.Add(asked);
        Take(OnItsOwn(best, bestSaved.WallNs), bestSaved.WallNs);
        _ = candidates.RemoveAll(candidate => candidate.Head == best.Head);
        return true;
    }

    /// <summary>
    /// Makes a finding of a candidate. Where most of what it saves comes only after others are acted on, these go with it, unless they save more
    /// than it does. Otherwise it promises what comes without them, if that is worth it: the rest will be found when they have been acted on.
    /// </summary>
    private void Take(Candidate found, long savedNs)
    {
        List<ImportEdge> statements = Effective(found.Cuts, _cut);
        IReadOnlyList<Deferral> with = Companions(statements, savedNs);
        if (with.Count > 0)
        {
            List<ImportEdge> own = Effective(found.Cuts, []);
            long aloneNs = _costs.Without(GoneWithout(own)).WallNs;
            if ((aloneNs >= Most * savedNs && aloneNs >= _minNs) || _costs.Without(GoneWithout(with.SelectMany(other => other.Cuts))).WallNs > savedNs)
            {
                (statements, with, savedNs) = (own, [], aloneNs);
            }
        }

        if (savedNs < _minNs)
        {
            return;
        }

        if (with.Count > 0)
        {
            statements = Effective(statements, [.. with.SelectMany(other => other.Cuts)]);
        }

        HashSet<string> gone = GoneWithout([.. statements, .. with.SelectMany(other => other.Cuts)]);
        long sharedNs = _costs.Without(_found.SelectMany(other => other.Gone).Where(gone.Contains).ToHashSet(StringComparer.Ordinal)).WallNs;
        _cut.UnionWith(statements);
        _gone.UnionWith(GoneWithout(_cut));
        _found.Add(new Deferral(found.Head, statements, with, gone, _costs.Without(gone), sharedNs));
        _heads.Add(found.Head);
    }

    /// <summary>Those of some cuts that make a difference: a statement whose module something else loads all the same need not be touched.</summary>
    private List<ImportEdge> Effective(IReadOnlyList<ImportEdge> cuts, HashSet<ImportEdge> before)
    {
        HashSet<string> gone = GoneWithout(before.Concat(cuts));
        return [.. cuts.Where(edge => gone.Contains(edge.To))];
    }

    /// <summary>Of what was found before, as little as has to be acted on for some cuts to save what they save after all of it.</summary>
    private IReadOnlyList<Deferral> Companions(List<ImportEdge> cuts, long savedNs)
    {
        List<Deferral> with = [.. _found];
        foreach (Deferral found in _found)
        {
            List<ImportEdge> others = [.. with.Where(other => other != found).SelectMany(other => other.Cuts)];
            long aloneNs = _costs.Without(GoneWithout(others.Concat(cuts))).WallNs - _costs.Without(GoneWithout(others)).WallNs;
            if (aloneNs >= savedNs * AsGoodAsAll)
            {
                _ = with.Remove(found);
            }
        }

        return with;
    }

    /// <summary>
    /// Where something vanishes only together with what was found before it, all statements that import it, if that can be done: so that a
    /// finding keeps its promise whichever others are acted on.
    /// </summary>
    private Candidate OnItsOwn(Candidate found, long savedNs)
    {
        if (_costs.Without(GoneWithout(found.Cuts)).WallNs >= savedNs)
        {
            return found;
        }

        List<ImportEdge>? all = Outer([.. Into(_all).Where(pair => pair.Head == found.Head).Select(pair => pair.Edge), .. found.Cuts], []);
        return all is not null && _costs.Without(GoneWithout(all)).WallNs >= savedNs ? found with { Cuts = all } : found;
    }

    private long MostNs(IEnumerable<ImportEdge> cuts) =>
        _costs.Without(_graph.Reach(cuts.Select(edge => edge.To), edge => _needed.Modules.Contains(edge.To))).WallNs;

    private HashSet<string> GoneWithout(IEnumerable<ImportEdge> cuts)
    {
        HashSet<string> left = Loaded([.. cuts]);
        return _all.Where(module => !left.Contains(module)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What is loaded though it is not needed, when some edges are cut.</summary>
    private HashSet<string> Loaded(HashSet<ImportEdge> cut) =>
        _graph.Reach(_needed.Cuttable.Where(edge => !cut.Contains(edge)).Select(edge => edge.To), edge => cut.Contains(edge) || _needed.Modules.Contains(edge.To));

    /// <summary>The highest package of a module that is not needed either.</summary>
    private string HeadOf(string module)
    {
        string head = module;
        for (int dot = module.LastIndexOf('.'); dot > 0; dot = module.LastIndexOf('.', dot - 1))
        {
            string package = module[..dot];
            if (_needed.Modules.Contains(package))
            {
                break;
            }

            head = package;
        }

        return head;
    }

    private sealed record Candidate(string Head, IReadOnlyList<ImportEdge> Cuts, long MostNs);
}
