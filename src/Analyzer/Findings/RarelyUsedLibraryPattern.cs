using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// Used, but by a small part of the invocations, and not by the first one: loaded on demand it would not slow down the cold start. With a
/// single invocation there is nothing to tell that by: what that one uses is loaded either way.
/// </summary>
internal sealed class RarelyUsedLibraryPattern : IFindingPattern
{
    /// <summary>Used by at most this share of the invocations.</summary>
    private const double MostInvocations = 0.5;

    /// <inheritdoc/>
    public string Name => "rarely-used-library";

    /// <inheritdoc/>
    public PatternHelp Help => new(
        Name, "Used by few invocations, loaded by every cold start",
        "At most half of the invocations of the handler used this, and the first did not; each cold start pays for it.",
        "Import it on demand, in the function that needs it, right where that needs it.");

    /// <inheritdoc/>
    public IEnumerable<Finding> Find(FindingContext context)
    {
        if (context.Profile.Invocations.Count < 2 || !context.KnowsUse)
        {
            yield break;
        }

        var uses = new InvocationUses(context.Profile);
        var reported = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string subject, Deferral cut) in Candidates(context).OrderByDescending(pair => pair.Cut.Saved.WallNs))
        {
            bool[] used = uses.Of(cut.Gone);
            int with = used.Count(isUsed => isUsed);
            if (cut.Saved.WallNs < context.GateNs || used[0] || with == 0 || with > MostInvocations * used.Length || reported.Contains(cut.Head)
                || !cut.Cuts.All(edge => edge.Statement is { } statement && (statement.EagerUses & EagerUses.Evaluated) == 0))
            {
                continue;
            }

            reported.UnionWith(cut.Gone);
            Finding found = context.Words.Of(
                Name, cut, ReportViewBuilder.Text($"used in {with} of {used.Length} invocations at most, not in the first"),
                Suggestions.For(context, cut.Cuts) + "; calls that do not need it must not load it");
            yield return found with { Subject = subject, Confidence = FindingConfidence.Sampled };
        }
    }

    private static IEnumerable<(string Subject, Deferral Cut)> Candidates(FindingContext context) =>
        LibraryCut.Of(context).Select(pair => (pair.Use.Library, pair.Cut)).Concat(LibraryCut.OfOwnModules(context).Select(cut => (cut.Head, cut)));
}
