using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Exporters.Diffs;

namespace LibProf.Cli.Commands;

/// <summary>What <c>--format</c> takes, for each verb that has it: from the lists of exporters, where there is one.</summary>
internal static class FormatChoices
{
    private static readonly Choice Text = new("text", "for people");
    private static readonly Choice Json = new("json", "for scripts");

    /// <summary>Of <c>report</c>.</summary>
    public static IReadOnlyList<Choice> OfReport { get; } = [.. ProfileExporters.All.Select(format => new Choice(format.Name, format.Description))];

    /// <summary>Of <c>run</c> and <c>attach</c>.</summary>
    public static IReadOnlyList<Choice> OfRecording { get; } = [new Choice("recording", "everything, to be shown or converted by 'libprof report'"), .. OfReport];

    /// <summary>Of <c>diff</c>.</summary>
    public static IReadOnlyList<Choice> OfDiff { get; } =
        [.. DiffExporters.All.Select(format => format.Name switch { "text" => Text, "json" => Json, _ => new Choice(format.Name, "for pull requests") })];

    /// <summary>Of <c>bench</c>.</summary>
    public static IReadOnlyList<Choice> OfBench { get; } = [Text, Json];

    /// <summary>Of <c>check</c>.</summary>
    public static IReadOnlyList<Choice> OfCheck { get; } =
        [Text, Json, new Choice("sarif", "what breaks the budget (SARIF 2.1.0), for code hosts and editors"), new Choice("github", "the same as annotations of GitHub Actions")];
}
