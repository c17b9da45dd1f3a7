using System.Text.Json;
using LibProf.Analyzer.Findings;

namespace LibProf.Analyzer.Exporters;

/// <summary>The findings of the JSON report.</summary>
internal static class JsonFindings
{
    /// <summary>Writes the property <c>findings</c>, those that save most first.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="report">The findings.</param>
    public static void Write(Utf8JsonWriter json, FindingsReport report)
    {
        if (report.Missing is not null && report.Findings.Count == 0)
        {
            return; // not searched for is not the same as not found
        }

        json.WriteStartArray("findings");
        foreach (Finding finding in report.Findings)
        {
            Write(json, finding);
        }

        json.WriteEndArray();
    }

    /// <summary>The word for how sure a finding is.</summary>
    /// <param name="confidence">How sure.</param>
    public static string NameOf(FindingConfidence confidence) => confidence switch
    {
        FindingConfidence.Proof => "proof",
        FindingConfidence.Sampled => "sampled",
        _ => "guess",
    };

    private static void Write(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        WriteText(json, "id", finding.Id);
        WriteText(json, "pattern", finding.Pattern);
        WriteText(json, "library", finding.Library);
        WriteText(json, "module", finding.Module);
        WriteMs(json, "init_ms", finding.InitNs);
        if (finding.InitShare is { } share && double.IsFinite(share))
        {
            json.WriteNumber("init_share", Math.Round(share, 6));
        }

        WriteWhole(json, "memory_kib", finding.MemoryKib);
        WriteMs(json, "saving_ms", finding.SavingNs);
        WriteMs(json, "saving_cpu_ms", finding.SavingCpuNs);
        WriteWhole(json, "saving_kib", finding.SavingKib);
        json.WriteString("confidence", NameOf(finding.Confidence));
        WriteText(json, "evidence", finding.Evidence);
        json.WriteStartArray("modules");
        foreach (string module in finding.Modules)
        {
            json.WriteStringValue(JsonText.Clean(module));
        }

        json.WriteEndArray();
        json.WriteStartArray("side_effects");
        foreach (string effect in finding.SideEffects)
        {
            json.WriteStringValue(JsonText.Clean(effect));
        }

        json.WriteEndArray();
        json.WriteStartArray("import_chain");
        foreach (ImportLink link in finding.Chain)
        {
            json.WriteStartObject();
            WriteText(json, "file", link.File);
            WriteWhole(json, "line", link.Line > 0 ? link.Line : null);
            WriteText(json, "imports", link.Imports);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("edits");
        foreach (ImportEdit edit in finding.Edits)
        {
            Write(json, edit);
        }

        json.WriteEndArray();
        WriteText(json, "suggestion", finding.Suggestion);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ImportEdit edit)
    {
        json.WriteStartObject();
        WriteText(json, "module", edit.Importer);
        WriteText(json, "library", edit.Library);
        WriteText(json, "file", edit.File);
        WriteWhole(json, "line", edit.Line > 0 ? edit.Line : null);
        WriteText(json, "imports", edit.Imports);
        WriteText(json, "function", edit.Function);
        if (edit.Definitions.Count > 0)
        {
            json.WriteStartArray("definitions");
            foreach (string definition in edit.Definitions)
            {
                json.WriteStringValue(JsonText.Clean(definition));
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, JsonText.Clean(value));
        }
    }

    private static void WriteWhole(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void WriteMs(Utf8JsonWriter json, string name, long? ns)
    {
        if (ns is { } value)
        {
            json.WriteNumber(name, Math.Round(value / 1e6, 3));
        }
    }
}
