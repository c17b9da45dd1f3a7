namespace LibProf.Analyzer.Findings;

/// <summary>An inefficiency that recordings are searched for. One file for each; <see cref="FindingsReport"/> has the list.</summary>
internal interface IFindingPattern
{
    /// <summary>Its name in reports and ids: stable.</summary>
    string Name { get; }

    /// <summary>What it means, for formats that carry an explanation.</summary>
    PatternHelp Help { get; }

    /// <summary>Searches for it.</summary>
    /// <param name="context">The recording, worked out.</param>
    /// <returns>What was found, in any order.</returns>
    IEnumerable<Finding> Find(FindingContext context);
}

/// <summary>What a pattern means, for people who meet it for the first time.</summary>
/// <param name="Name">Its name: stable.</param>
/// <param name="Title">In a few words.</param>
/// <param name="Meaning">What was seen.</param>
/// <param name="Advice">What to do.</param>
public sealed record PatternHelp(string Name, string Title, string Meaning, string Advice);
