namespace LibProf.Analyzer.Findings;

/// <summary>Loaded, and nothing of it (nor of what it loads) ran after initialisation, and nothing used needs it.</summary>
internal sealed class UnusedLibraryPattern : IFindingPattern
{
    /// <inheritdoc/>
    public string Name => "unused-library";

    /// <inheritdoc/>
    public PatternHelp Help => new(
        Name, "Loaded at start and never used",
        "The program loads this at its start; nothing of it ran after the initialisation, and nothing that ran needs it.",
        "Remove the import, or put it off to where it is used: into the function, behind a module's __getattr__, or as a lazy import (Python 3.15). All the statements named have to change for the saving to come.");

    /// <inheritdoc/>
    public IEnumerable<Finding> Find(FindingContext context) =>
        context.Deferrals.Where(deferral => AvoidableLibraryPattern.ReasonFor(context, deferral) is null)
            .Select(deferral => context.Words.Of(Name, deferral, context.Words.UseOf(deferral.Gone), Suggestions.For(context, deferral.Cuts)));
}
