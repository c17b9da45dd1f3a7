using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// Costly and beside the point of the program: it looks through all that is installed for a version or for plugins, it serves annotations
/// only, or it is loaded only because it happens to be installed. What it did, it did while importing.
/// </summary>
internal sealed class AvoidableLibraryPattern : IFindingPattern
{
    /// <inheritdoc/>
    public string Name => "avoidable-library";

    /// <inheritdoc/>
    public PatternHelp Help => new(
        Name, "Beside the point of the program",
        "It looks through all that is installed (versions, plugins), serves annotations only, or is loaded only because it happens to be installed.",
        "Leave it out: write the version down when you build, move imports for annotations under 'if TYPE_CHECKING:', or leave the package out of the deployment.");

    /// <inheritdoc/>
    public IEnumerable<Finding> Find(FindingContext context)
    {
        foreach (Deferral deferral in context.Deferrals)
        {
            if (ReasonFor(context, deferral) is { } reason)
            {
                yield return context.Words.Of(Name, deferral, $"{reason}; {context.Words.UseOf(deferral.Gone)}", Suggestions.For(context, deferral.Cuts));
            }
        }
    }

    /// <summary>Why something that could be put off is beside the point; null when it is just not used.</summary>
    public static string? ReasonFor(FindingContext context, Deferral deferral)
    {
        List<SourceImport> statements = [.. deferral.Cuts.Select(edge => edge.Statement).OfType<SourceImport>()];
        if (statements.Count == 0 || statements.Count < deferral.Cuts.Count)
        {
            return null;
        }

        if (context.Options.Rules.IsScanner(deferral.Head))
        {
            int ran = deferral.Gone.Sum(module => context.Usage.Of(module).FunctionsExecuted);
            return ReportViewBuilder.Text($"it looks through what is installed when it is imported or asked ({ran} of its functions did their work then)");
        }

        if (statements.TrueForAll(statement => (statement.EagerUses & ~(EagerUses.Exported | EagerUses.Deleted)) is EagerUses.Annotation or EagerUses.UnevaluatedAnnotation or (EagerUses.Annotation | EagerUses.UnevaluatedAnnotation) && statement.UsedBy.Count == 0))
        {
            return "only annotations mention it";
        }

        return statements.TrueForAll(statement => (statement.Conditions & ImportConditions.Optional) != 0)
            ? "it is loaded because it is installed: the import is made to fail without harm" : null;
    }
}
