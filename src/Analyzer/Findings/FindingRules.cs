using System.Text.Json;

namespace LibProf.Analyzer.Findings;

/// <summary>A lighter way to do a part of what a heavy library does.</summary>
/// <param name="Library">The heavy library: its distribution's or its top-level module's name.</param>
/// <param name="Functions">Names of functions of it, one of which must have run; empty for any.</param>
/// <param name="Instead">What to use instead, as a sentence.</param>
public sealed record LightAlternative(string Library, IReadOnlyList<string> Functions, string Instead);

/// <summary>What findings know beyond the recording, from <c>lighter-alternatives.json</c> and from a file of the user's in the same form.</summary>
public sealed class FindingRules
{
    private readonly HashSet<string> _scanners;

    private FindingRules(IReadOnlyList<LightAlternative> alternatives, IEnumerable<string> scanners)
    {
        Alternatives = alternatives;
        _scanners = [.. scanners];
    }

    /// <summary>What libprof brings.</summary>
    public static FindingRules Default { get; } = LoadDefault();

    /// <summary>Known lighter alternatives; a user's come first.</summary>
    public IReadOnlyList<LightAlternative> Alternatives { get; }

    /// <summary>Whether a module looks through everything that is installed when it is used: to have it evaluated at start is worth a word.</summary>
    /// <param name="module">Absolute name.</param>
    public bool IsScanner(string module) => _scanners.Contains(module);

    /// <summary>Adds a user's rules to these.</summary>
    /// <param name="json">An object with <c>alternatives</c> and <c>scanners</c>, either of which may be left out.</param>
    /// <exception cref="InvalidDataException">It is no such object.</exception>
    public FindingRules With(ReadOnlySpan<byte> json)
    {
        FindingRules more = Parse(json);
        return new FindingRules([.. more.Alternatives, .. Alternatives], _scanners.Concat(more._scanners));
    }

    private static FindingRules LoadDefault()
    {
        using Stream stream = typeof(FindingRules).Assembly.GetManifestResourceStream("lighter-alternatives.json")!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(bytes.ToArray());
    }

    private static FindingRules Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            var alternatives = new List<LightAlternative>();
            foreach (JsonElement entry in Entries(document.RootElement, "alternatives"))
            {
                alternatives.Add(new LightAlternative(
                    entry.GetProperty("library").GetString()!,
                    [.. Entries(entry, "functions").Select(function => function.GetString()!)],
                    entry.GetProperty("instead").GetString()!));
            }

            return new FindingRules(alternatives, Entries(document.RootElement, "scanners").Select(scanner => scanner.GetString()!).ToList());
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException("not a list of lighter alternatives: " + exception.Message, exception);
        }
    }

    private static IEnumerable<JsonElement> Entries(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement list) ? list.EnumerateArray().ToList() : [];
}
