using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>A rule of a SARIF log.</summary>
/// <param name="Id">Stable.</param>
/// <param name="Title">In a few words.</param>
/// <param name="Meaning">What it means.</param>
/// <param name="Advice">What to do.</param>
/// <param name="Level"><c>error</c>, <c>warning</c> or <c>note</c>: unless a result says otherwise.</param>
internal sealed record SarifRule(string Id, string Title, string Meaning, string Advice, string Level);

/// <summary>A result of a SARIF log.</summary>
internal sealed record SarifResult
{
    /// <summary>Its rule's place in the list of rules.</summary>
    public required int Rule { get; init; }
    /// <summary><c>error</c>, <c>warning</c> or <c>note</c>.</summary>
    public required string Level { get; init; }
    /// <summary>What it says; its first sentence is what lists show.</summary>
    public required string Message { get; init; }
    /// <summary>What it is about: with rule and file the same from run to run, whatever line it is in.</summary>
    public required string Subject { get; init; }
    /// <summary>Where it is shown; null for nowhere.</summary>
    public SourcePlace? Place { get; init; }
    /// <summary>Further places.</summary>
    public IReadOnlyList<SourcePlace> Related { get; init; } = [];
    /// <summary>The import statements from the program to it.</summary>
    public IReadOnlyList<SourcePlace> Chain { get; init; } = [];
    /// <summary>From 0 to 100; null for none.</summary>
    public double? Rank { get; init; }
    /// <summary>Further properties, numbers and texts.</summary>
    public IReadOnlyList<(string Name, object Value)> Properties { get; init; } = [];
}

/// <summary>
/// Writes a log of the Static Analysis Results Interchange Format, version 2.1.0 (OASIS standard). Files of the project are relative to
/// the base <c>%SRCROOT%</c>, as code hosts expect; other files are absolute.
/// </summary>
internal static class SarifWriter
{
    /// <summary>The base of files of the project.</summary>
    public const string Base = "%SRCROOT%";

    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    /// <summary>Raised when what is hashed changes, so that no host takes old results for new ones.</summary>
    private const string Fingerprint = "libprofFinding/v1";

    /// <summary>Writes a log with one run.</summary>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="version">libprof's version; empty when not known.</param>
    /// <param name="root">The project's directory, absolute, with a slash at its end; empty when not known.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="results">The results.</param>
    /// <param name="notes">What a reader needs to judge them.</param>
    public static void Write(Stream output, string version, string root, IReadOnlyList<SarifRule> rules, IEnumerable<SarifResult> results, IEnumerable<string> notes)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", Schema);
            json.WriteString("version", "2.1.0");
            json.WriteStartArray("runs");
            json.WriteStartObject();
            WriteTool(json, version, rules);
            WriteInvocation(json, notes);
            if (root.Length > 0)
            {
                json.WriteStartObject("originalUriBaseIds");
                json.WriteStartObject(Base);
                json.WriteString("uri", SourcePlaces.Uri(root));
                WriteMessage(json, "description", "The directory in which the program was started.");
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteString("columnKind", "utf16CodeUnits");
            json.WriteStartArray("results");
            foreach (SarifResult result in results)
            {
                Write(json, result, rules[result.Rule], hasBase: root.Length > 0);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void WriteTool(Utf8JsonWriter json, string version, IReadOnlyList<SarifRule> rules)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "LibProf");
        if (version.Length > 0)
        {
            json.WriteString("version", JsonText.Clean(version));
        }

        json.WriteStartArray("rules");
        foreach (SarifRule rule in rules)
        {
            json.WriteStartObject();
            json.WriteString("id", JsonText.Clean(rule.Id));
            WriteMessage(json, "shortDescription", rule.Title);
            WriteMessage(json, "fullDescription", rule.Meaning);
            json.WriteStartObject("help");
            json.WriteString("text", JsonText.Clean($"{rule.Meaning}\n\nWhat to do: {rule.Advice}"));
            json.WriteEndObject();
            json.WriteStartObject("defaultConfiguration");
            json.WriteString("level", rule.Level);
            json.WriteEndObject();
            json.WriteStartObject("properties");
            json.WriteStartArray("tags");
            json.WriteStringValue("performance");
            json.WriteStringValue("imports");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteInvocation(Utf8JsonWriter json, IEnumerable<string> notes)
    {
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteBoolean("executionSuccessful", true);
        json.WriteStartArray("toolExecutionNotifications");
        foreach (string note in notes)
        {
            json.WriteStartObject();
            json.WriteString("level", "note");
            WriteMessage(json, "message", note);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, SarifResult result, SarifRule rule, bool hasBase)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", JsonText.Clean(rule.Id));
        json.WriteNumber("ruleIndex", result.Rule);
        json.WriteString("level", result.Level);
        WriteMessage(json, "message", result.Message);
        json.WriteStartArray("locations");
        if (result.Place is { } place)
        {
            WriteLocation(json, place, null, hasBase);
        }

        json.WriteEndArray();
        if (result.Related.Count > 0)
        {
            json.WriteStartArray("relatedLocations");
            foreach ((int index, SourcePlace related) in result.Related.Index())
            {
                WriteLocation(json, related, index + 1, hasBase);
            }

            json.WriteEndArray();
        }

        WriteChain(json, result.Chain, hasBase);
        json.WriteStartObject("partialFingerprints");
        json.WriteString(Fingerprint, Hash(rule.Id, result.Subject, result.Place is { IsRelative: true } own ? own.Path : ""));
        json.WriteEndObject();
        if (result.Rank is { } rank && double.IsFinite(rank))
        {
            json.WriteNumber("rank", Math.Round(Math.Clamp(rank, 0, 100), 2));
        }

        WriteProperties(json, result.Properties);
        json.WriteEndObject();
    }

    /// <summary>How it comes to it: the import statements as the steps of a flow, from the program on.</summary>
    private static void WriteChain(Utf8JsonWriter json, IReadOnlyList<SourcePlace> chain, bool hasBase)
    {
        if (chain.Count == 0)
        {
            return;
        }

        json.WriteStartArray("codeFlows");
        json.WriteStartObject();
        WriteMessage(json, "message", "How the program comes to import it.");
        json.WriteStartArray("threadFlows");
        json.WriteStartObject();
        json.WriteStartArray("locations");
        foreach (SourcePlace place in chain)
        {
            json.WriteStartObject();
            json.WritePropertyName("location");
            WriteLocation(json, place, null, hasBase);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteLocation(Utf8JsonWriter json, SourcePlace place, int? id, bool hasBase)
    {
        json.WriteStartObject();
        if (id is { } number)
        {
            json.WriteNumber("id", number);
        }

        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        json.WriteString("uri", SourcePlaces.Uri(place.Path));
        if (place.IsRelative && hasBase)
        {
            json.WriteString("uriBaseId", Base);
        }

        json.WriteEndObject();
        if (place.Line is { } line)
        {
            json.WriteStartObject("region");
            json.WriteNumber("startLine", line);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (place.Imports.Length > 0)
        {
            WriteMessage(json, "message", $"imports {SafeText.Clean(place.Imports)}");
        }

        json.WriteEndObject();
    }

    private static void WriteProperties(Utf8JsonWriter json, IReadOnlyList<(string Name, object Value)> properties)
    {
        if (properties.Count == 0)
        {
            return;
        }

        json.WriteStartObject("properties");
        foreach ((string name, object value) in properties)
        {
            switch (value)
            {
                case double number when double.IsFinite(number):
                    json.WriteNumber(name, Math.Round(number, 3));
                    break;
                case long number:
                    json.WriteNumber(name, number);
                    break;
                case string text:
                    json.WriteString(name, JsonText.Clean(text));
                    break;
            }
        }

        json.WriteEndObject();
    }

    /// <summary>A message in plain text, in which braces would be arguments (section 3.11.5: written twice) and [text](target) a link (3.11.6: escaped).</summary>
    private static void WriteMessage(Utf8JsonWriter json, string name, string text)
    {
        text = text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
        if (text.Contains("](", StringComparison.Ordinal))
        {
            text = text.Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);
        }

        json.WriteStartObject(name);
        json.WriteString("text", JsonText.Clean(text));
        json.WriteEndObject();
    }

    private static string Hash(params string[] parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonText.Clean(string.Join('\0', parts)))).AsSpan(0, 16));
}
