using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Views;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// The processed profile that profiler.firefox.com opens (version 48 of docs-developer/CHANGELOG-formats.md in its repository):
/// a thread of samples for each thread, its imports as interval markers with the stack that asked for them, memory as counters.
/// Milliseconds from the exec of the image.
/// </summary>
public sealed class FirefoxExporter : IProfileExporter
{
    private const int ProcessedVersion = 48;
    private const int GeckoVersion = 29;

    /// <inheritdoc/>
    public string Name => "firefox";

    /// <inheritdoc/>
    public string FileExtension => "firefox.json";

    /// <inheritdoc/>
    public string Description => "samples and imports, for profiler.firefox.com";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        Profile profile = report.Profile;
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        WriteMeta(json, report);
        json.WriteStartArray("libs");
        json.WriteEndArray();
        json.WriteStartArray("threads");
        var kinds = new FunctionKinds(report);
        var processor = ProcessorShares.Of(profile);
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            new FirefoxThread(json, report, timeline, kinds, processor).Write();
            json.Flush();
        }

        json.WriteEndArray();
        WriteCounters(json, profile);
        json.WriteEndObject();
        json.Flush();
    }

    // The viewer adds the counts up and draws a curve in bytes for counters of the category Memory.
    private static void WriteCounters(Utf8JsonWriter json, Profile profile)
    {
        if (profile.Memory.Count == 0 || profile.Threads.Count == 0)
        {
            return;
        }

        json.WriteStartArray("counters");
        WriteCounter(json, profile, "anonymous", "Resident memory that belongs to no file", reading => reading.AnonymousKib);
        WriteCounter(json, profile, "files", "Resident pages of mapped files", reading => reading.FileKib);
        json.WriteEndArray();
    }

    private static void WriteCounter(Utf8JsonWriter json, Profile profile, string name, string description, Func<MemoryReading, long> kib)
    {
        int main = Math.Max(0, profile.Threads.ToList().FindIndex(timeline => timeline.Thread.IsMain));
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("category", "Memory");
        json.WriteString("description", description);
        json.WriteString("pid", $"{profile.Image.Image.Pid}");
        json.WriteNumber("mainThreadIndex", main);
        json.WriteStartObject("samples");
        json.WriteStartArray("time");
        foreach (MemoryReading reading in profile.Memory)
        {
            json.WriteNumberValue((reading.TimeNs - profile.StartNs) / 1e6);
        }

        json.WriteEndArray();
        json.WriteStartArray("count");
        long before = 0;
        foreach (MemoryReading reading in profile.Memory)
        {
            json.WriteNumberValue((kib(reading) - before) * 1024);
            before = kib(reading);
        }

        json.WriteEndArray();
        json.WriteNumber("length", profile.Memory.Count);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteMeta(Utf8JsonWriter json, ReportModel report)
    {
        Profile profile = report.Profile;
        RecordingEnvironment? environment = profile.Environment;
        json.WriteStartObject("meta");
        json.WriteNumber("version", GeckoVersion);
        json.WriteNumber("preprocessedProfileVersion", ProcessedVersion);
        double meanMs = profile.Looks > 0 ? profile.DurationNs / 1e6 / profile.Looks : 1;
        json.WriteNumber("interval", environment is { RateHz: > 0 } ? 1000 / environment.RateHz : meanMs);
        json.WriteNumber("startTime", environment is null ? 0 : environment.Started.ToUnixTimeMilliseconds() + profile.StartNs / 1e6);
        json.WriteNumber("processType", 0);
        json.WriteNumber("stackwalk", 1);
        json.WriteNumber("debug", 0);
        json.WriteString("product", JsonText.Clean(FrameText.Title(profile)));
        json.WriteString("importedFrom", $"libprof {environment?.ToolVersion}".TrimEnd());
        json.WriteString("abi", environment?.Platform ?? "");
        json.WriteString("oscpu", $"Linux {environment?.Kernel}".TrimEnd());
        json.WriteString("platform", "Linux");
        json.WriteString("toolkit", "");
        json.WriteString("misc", "");
        json.WriteBoolean("symbolicated", true);
        json.WriteBoolean("usesOnlyOneStackType", true);
        json.WriteBoolean("doesNotUseFrameImplementation", true);
        json.WriteBoolean("sourceCodeIsNotOnSearchfox", true);
        if (environment is not null)
        {
            json.WriteNumber("logicalCPUs", environment.Cpus);
        }

        json.WriteStartObject("sampleUnits");
        json.WriteString("time", "ms");
        json.WriteString("eventDelay", "ms");
        json.WriteString("threadCPUDelta", "ns");
        json.WriteEndObject();
        json.WriteStartArray("categories");
        foreach ((string name, string color) in FunctionKinds.Categories)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("color", color);
            json.WriteStartArray("subcategories");
            json.WriteStringValue("Other");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteMarkerSchema(json);
        json.WriteEndObject();
    }

    private static void WriteMarkerSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("markerSchema");
        json.WriteStartObject();
        json.WriteString("name", FirefoxThread.ImportMarker);
        json.WriteString("tooltipLabel", "import {marker.data.module}");
        json.WriteString("tableLabel", "{marker.data.module}: {marker.data.importer}");
        json.WriteString("chartLabel", "{marker.data.module}");
        json.WriteStartArray("display");
        json.WriteStringValue("marker-chart");
        json.WriteStringValue("marker-table");
        json.WriteStringValue("timeline-overview");
        json.WriteEndArray();
        json.WriteStartArray("data");
        WriteField(json, "module", "Module", "string");
        WriteField(json, "library", "Library", "string");
        WriteField(json, "importer", "Imported at", "string");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteField(Utf8JsonWriter json, string key, string label, string format)
    {
        json.WriteStartObject();
        json.WriteString("key", key);
        json.WriteString("label", label);
        json.WriteString("format", format);
        json.WriteBoolean("searchable", true);
        json.WriteEndObject();
    }
}
