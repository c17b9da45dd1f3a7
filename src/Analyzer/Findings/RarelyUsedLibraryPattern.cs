using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
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
    /// <summary>Fewer samples than this may be in one invocation and not in another by chance.</summary>
    private const int FewSamples = 5;

    /// <summary>Used by at most this share of the invocations.</summary>
    private const double MostInvocations = 0.5;

    /// <inheritdoc/>
    public string Name => "rarely-used-library";

    /// <inheritdoc/>
    public PatternHelp Help => new(
        Name, "Used by few invocations, loaded by every cold start",
        "At most half of the invocations of the handler used this, and the first did not; each cold start pays for it.",
        "Import it on demand, in the function that needs it.");

    /// <inheritdoc/>
    public IEnumerable<Finding> Find(FindingContext context)
    {
        IReadOnlyList<Invocation> invocations = context.Profile.Invocations;
        if (invocations.Count < 2 || !context.KnowsUse)
        {
            yield break;
        }

        Dictionary<string, int[]> samples = Count(context.Profile, invocations);
        foreach ((LibraryUse use, Deferral cut) in LibraryCut.Of(context))
        {
            int[] counts = new int[invocations.Count];
            foreach (int[] own in cut.Gone.Select(module => samples.GetValueOrDefault(module)).OfType<int[]>())
            {
                for (int i = 0; i < counts.Length; i++)
                {
                    counts[i] += own[i];
                }
            }

            int with = counts.Count(count => count > 0);
            if (cut.Saved.WallNs < context.GateNs || counts[0] > 0 || with == 0 || with > MostInvocations * counts.Length || counts.Max() < FewSamples
                || !cut.Cuts.All(edge => edge.Statement is { } statement && (statement.EagerUses & EagerUses.Evaluated) == 0))
            {
                continue;
            }

            string share = use.Utilization is { } utilization ? ReportViewBuilder.Text($", {100 * utilization:0.0} % of the samples after initialisation") : "";
            Finding found = context.Words.Of(
                Name, cut, ReportViewBuilder.Text($"samples in {with} of {counts.Length} invocations, not in the first{share}"), Suggestions.For(context, cut.Cuts));
            yield return found with { Subject = use.Library, Confidence = FindingConfidence.Sampled };
        }
    }

    /// <summary>Samples of each module in each invocation.</summary>
    private static Dictionary<string, int[]> Count(Profile profile, IReadOnlyList<Invocation> invocations)
    {
        var files = new ModuleFiles(profile, new ImportPathTable(profile.Stacks));
        var counts = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach (ThreadTimeline thread in profile.Threads)
        {
            long startNs = thread.StartNs;
            foreach (StackRun run in thread.Runs)
            {
                long middleNs = (startNs + run.EndNs) / 2;
                startNs = run.EndNs;
                int at = 0;
                while (at < invocations.Count && !(middleNs >= invocations[at].BeginNs && middleNs <= invocations[at].EndNs))
                {
                    at++;
                }

                if (at == invocations.Count)
                {
                    continue;
                }

                var seen = new HashSet<string>(StringComparer.Ordinal);
                for (StackId stack = run.Stack; !stack.IsNone; stack = profile.Stacks.Parent(stack))
                {
                    if (files.ModuleOf(stack) is { } module && seen.Add(module))
                    {
                        if (!counts.TryGetValue(module, out int[]? own))
                        {
                            counts[module] = own = new int[invocations.Count];
                        }

                        own[at] += run.Samples;
                    }
                }
            }
        }

        return counts;
    }
}
