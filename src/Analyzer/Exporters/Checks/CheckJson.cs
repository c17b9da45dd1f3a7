using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters.Checks;

/// <summary>
/// The result of a check for scripts, <c>libprof-check/1</c>: times in milliseconds, memory in KiB, shares from 0 to 1. It only grows;
/// what was not measured is absent.
/// </summary>
public static class CheckJson
{
    /// <summary>The value of <c>schema</c>.</summary>
    public const string Schema = "libprof-check/1";

    /// <summary>Writes it.</summary>
    /// <param name="report">The result.</param>
    /// <param name="output">Where to; stays open.</param>
    public static void Write(BudgetReport report, Stream output)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteBoolean("exceeded", report.Fails);
            json.WriteStartArray("entry_points");
            foreach (EntryResult entry in report.Entries)
            {
                Write(json, entry);
            }

            json.WriteEndArray();
            json.WriteStartArray("unseen");
            foreach (string unseen in report.Unseen)
            {
                json.WriteStringValue(JsonText.Clean(unseen));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, EntryResult entry)
    {
        json.WriteStartObject();
        json.WriteString("entry_point", JsonText.Clean(entry.Entry));
        json.WriteString("python_version", JsonText.Clean(entry.Python));
        json.WriteNumber("recordings", entry.Recordings);
        json.WriteStartArray("rules");
        foreach (RuleResult rule in entry.Rules)
        {
            json.WriteStartObject();
            json.WriteString("rule", JsonText.Clean(rule.Rule.Key));
            json.WriteString("level", rule.Rule.Level == BudgetLevel.Error ? "error" : "warn");
            json.WriteString("outcome", rule.Outcome switch { RuleOutcome.Kept => "kept", RuleOutcome.Broken => "broken", _ => "not_measured" });
            WriteNumber(json, "value", rule.Value);
            WriteNumber(json, "limit", rule.Limit);
            json.WriteString("message", JsonText.Clean(CheckText.Sentence(rule)));
            json.WriteStartArray("offenders");
            foreach (Offender offender in rule.Offenders)
            {
                Write(json, offender, rule);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (string note in entry.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Offender offender, RuleResult rule)
    {
        json.WriteStartObject();
        json.WriteString("name", JsonText.Clean(offender.Name));
        string cost = rule.Rule switch { LimitRule { Metric: BudgetMetric.Modules } => "modules", LimitRule { Metric: BudgetMetric.Memory } => "memory_kib", _ => "ms" };
        WriteNumber(json, cost, offender.Cost);
        json.WriteStartArray("import_chain");
        foreach (ImportLink link in offender.Chain)
        {
            json.WriteStartObject();
            json.WriteString("file", JsonText.Clean(link.File));
            if (link.Line is { } line)
            {
                json.WriteNumber("line", line);
            }

            json.WriteString("imports", JsonText.Clean(link.Imports));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, Math.Round(number, 3));
        }
    }
}
