using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// A library that takes longer to load than it then works, of which only few functions are used, and for which something lighter is known
/// (<see cref="FindingRules"/>); or of which nothing is used but base classes.
/// </summary>
internal sealed class HeavyLibraryPattern : IFindingPattern
{
    /// <summary>More than this many times the least utilisation of its functions is no small use.</summary>
    private const double FewFunctions = 3;

    private const string Heavy = "heavy-library";

    /// <inheritdoc/>
    public string Name => Heavy;

    /// <inheritdoc/>
    public PatternHelp Help => new(
        Name, "Heavy for what it is used for",
        "Few of its functions ran, loading it took longer than it then worked, and something lighter is known that may do the same; or only base classes are taken of it.",
        "Use the lighter alternative, if that does all you need; make classes without the bases, if nobody catches or tests for them.");

    /// <inheritdoc/>
    public IEnumerable<Finding> Find(FindingContext context)
    {
        if (!context.KnowsUse)
        {
            yield break;
        }

        foreach ((LibraryUse use, Deferral cut) in LibraryCut.Of(context))
        {
            long workNs = context.Costs.RunningNs(cut.Gone);
            List<string> names = [.. cut.Gone.SelectMany(module => context.Usage.Of(module).UsedFunctions)];
            if (cut.Saved.WallNs < context.GateNs || workNs >= cut.Saved.WallNs || use.Functions == 0
                || (double)use.FunctionsUsedAfterInit / use.Functions > FewFunctions * context.Options.MinUtilization
                || context.Options.Rules.Alternatives.FirstOrDefault(alternative => Fits(alternative, use.Library, names)) is not { } lighter)
            {
                continue;
            }

            // What is asked of it from outside says best what it is used for.
            List<string> asked = [.. lighter.Functions.Where(names.Select(Last).Contains)];
            string used = asked.Count > 0 ? Suggestions.Names(asked) : Suggestions.Names(names);
            string evidence = ReportViewBuilder.Text(
                $"{use.FunctionsUsedAfterInit} of {use.Functions} functions ran after initialisation ({used}), in {workNs / 1e6:0.0} ms; loading it took {cut.Saved.WallNs / 1e6:0.0} ms");
            Finding found = context.Words.Of(Name, cut, evidence, "use " + lighter.Instead + " instead, if that does all you need");
            yield return found with { Subject = use.Library, Library = use.Library, Confidence = FindingConfidence.Guess };
        }

        foreach (Finding found in OfBases(context))
        {
            yield return found;
        }
    }

    private static IEnumerable<Finding> OfBases(FindingContext context)
    {
        foreach ((string library, Deferral cut, IReadOnlyList<string> classes) in LibraryCut.OfBases(context))
        {
            if (cut.Saved.WallNs >= context.GateNs)
            {
                var paths = new DisplayPaths(context.Profile, context.Imports.MainFile);
                List<ImportEdge> edges = [.. cut.Cuts.DistinctBy(edge => (edge.File, edge.Line))];
                string places = Suggestions.Names([.. edges.Select(edge => paths.At(edge.File, edge.Line))]);
                bool isOwn = edges.TrueForAll(edge => context.Words.IsApplication(edge.From));
                string evidence = $"only base classes are taken of it, by {Suggestions.Names(classes)}; {context.Words.UseOf(cut.Gone)}";
                string suggestion = $"derive these classes from something else ({places}), if nobody catches or tests for those of {library}" + (isOwn ? "" : "; propose it upstream");
                yield return context.Words.Of(Heavy, cut, evidence, suggestion) with { Subject = library, Library = library, Confidence = FindingConfidence.Guess };
            }
        }
    }

    private static bool Fits(LightAlternative alternative, string library, List<string> used) =>
        string.Equals(Plain(alternative.Library), Plain(library), StringComparison.Ordinal)
        && (alternative.Functions.Count == 0 || used.Exists(name => alternative.Functions.Contains(Last(name))));

    private static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>A distribution's name as PEP 503 compares them.</summary>
    private static string Plain(string name) => name.ToLowerInvariant().Replace('_', '-').Replace('.', '-');
}
