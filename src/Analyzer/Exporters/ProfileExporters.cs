namespace LibProf.Analyzer.Exporters;

/// <summary>The formats there are.</summary>
public static class ProfileExporters
{
    /// <summary>Every format, in the order in which help lists them.</summary>
    public static IReadOnlyList<IProfileExporter> All { get; } =
    [
        new TextExporter(),
        new JsonExporter(),
        new HtmlExporter(),
        new CollapsedExporter(),
        new SpeedscopeExporter(),
        new FirefoxExporter(),
        new ChromeExporter(),
        new PprofExporter(),
        new FlameGraphExporter(),
        new MarkdownExporter(),
        new SarifExporter(),
        new GithubExporter(),
    ];

    /// <summary>A format by its name; null when there is none.</summary>
    /// <param name="name">As given by the user.</param>
    public static IProfileExporter? Find(string name) =>
        All.FirstOrDefault(exporter => string.Equals(exporter.Name, name, StringComparison.OrdinalIgnoreCase));
}
