namespace LibProf.Analyzer.Findings;

/// <summary>An inefficiency that recordings are searched for. One file for each; <see cref="FindingsReport"/> has the list.</summary>
internal interface IFindingPattern
{
    /// <summary>Its name in reports and ids: stable.</summary>
    string Name { get; }

    /// <summary>Searches for it.</summary>
    /// <param name="context">The recording, worked out.</param>
    /// <returns>What was found, in any order.</returns>
    IEnumerable<Finding> Find(FindingContext context);
}
