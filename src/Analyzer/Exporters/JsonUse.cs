using System.Text.Json;
using LibProf.Analyzer.Usage;

namespace LibProf.Analyzer.Exporters;

/// <summary>What was used, in the JSON report.</summary>
internal static class JsonUse
{
    /// <summary>A module's use; nothing when it was not followed.</summary>
    public static void WriteModule(Utf8JsonWriter json, UsageReport usage, string module)
    {
        if (!usage.HasExecutions)
        {
            return;
        }

        ModuleUse use = usage.Of(module);
        json.WriteString("use", NameOf(use.Verdict));
        json.WriteString("use_evidence", NameOf(use.Evidence));
        json.WriteNumber("functions", use.Functions);
        json.WriteNumber("functions_executed", use.FunctionsExecuted);
        if (use.NativeTouchedKib is { } kib)
        {
            json.WriteNumber("native_touched_kib", kib);
        }

        if (usage.InitEndNs is not null)
        {
            json.WriteNumber("samples_after_init", use.SamplesAfterInit);
        }
    }

    /// <summary>A library's use; nothing when it was not followed.</summary>
    public static void WriteLibrary(Utf8JsonWriter json, UsageReport usage, string library)
    {
        if (!usage.Libraries.TryGetValue(library, out LibraryUse? use))
        {
            return;
        }

        if (use.Utilization is { } share)
        {
            json.WriteNumber("utilization", Math.Round(share, 6));
        }

        if (usage.HasExecutions)
        {
            json.WriteString("use", NameOf(use.Verdict));
            json.WriteNumber("functions", use.Functions);
            json.WriteNumber("functions_executed", use.FunctionsExecuted);
        }
    }

    /// <summary>The word for a verdict.</summary>
    public static string NameOf(UseVerdict verdict) => verdict switch
    {
        UseVerdict.Used => "used",
        UseVerdict.NotSinceInit => "not_since_init",
        UseVerdict.Never => "never",
        _ => "unknown",
    };

    /// <summary>The word for evidence.</summary>
    public static string NameOf(UseEvidence evidence) => evidence switch
    {
        UseEvidence.Execution => "execution",
        UseEvidence.Samples => "samples",
        UseEvidence.NativePages => "native-pages",
        _ => "none",
    };
}
