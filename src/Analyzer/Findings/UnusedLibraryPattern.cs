namespace LibProf.Analyzer.Findings;

/// <summary>Loaded, and nothing of it (nor of what it loads) ran after initialisation, and nothing used needs it.</summary>
internal sealed class UnusedLibraryPattern : IFindingPattern
{
    /// <inheritdoc/>
    public string Name => "unused-library";

    /// <inheritdoc/>
    public IEnumerable<Finding> Find(FindingContext context) =>
        context.Deferrals.Where(deferral => AvoidableLibraryPattern.ReasonFor(context, deferral) is null)
            .Select(deferral => context.Words.Of(Name, deferral, context.Words.UseOf(deferral.Gone), Suggestions.For(context, deferral.Cuts)));
}
