using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters.Html;

/// <summary>
/// The data of the page: <c>report</c>, which is the JSON report, and what only drawings need: <c>within</c> (by module of the report,
/// the module in whose import its own happened, -1 for none), <c>flame</c> and <c>timeline</c>, all bounded. Times in milliseconds,
/// in <c>flame</c> in microseconds.
/// </summary>
internal static class PageData
{
    /// <summary>
    /// Writes the data such that it can stand in a script element: the encoder escapes <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c>, quotes
    /// and everything beyond ASCII, so that no string of the target can end the element or begin a comment in it.
    /// </summary>
    /// <param name="report">What to write.</param>
    /// <param name="output">Where to; stays open.</param>
    public static void Write(ReportModel report, Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default });
        json.WriteStartObject();
        json.WritePropertyName("report");
        JsonExporter.Write(json, report);
        WriteStart(json, report);
        WriteWithin(json, report);
        WriteFlame(json, FlameTree.Of(report.Profile));
        WriteTimeline(json, RunTimeline.Of(report));
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteStart(Utf8JsonWriter json, ReportModel report)
    {
        json.WriteStartArray("prefixes");
        foreach (string prefix in new DisplayPaths(report.Profile, report.Imports.MainFile).Prefixes)
        {
            json.WriteStringValue(JsonText.Clean(prefix));
        }

        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (string note in ReportNotes.Of(report))
        {
            json.WriteStringValue(JsonText.Clean(note));
        }

        json.WriteEndArray();
        json.WriteNumber("duration_ms", Ms(report.Profile.DurationNs));
        json.WriteNumber("cold_start_ms", Ms(report.Profile.ColdStartNs));
        json.WriteBoolean("has_calls", report.Profile.Invocations.Count > 0);
        if (report.Profile.Image.Image.Handler is { } handler)
        {
            json.WriteString("handler", JsonText.Clean(Path.Combine(handler.Directory, handler.Module)));
        }

        json.WriteBoolean("attached", report.Profile.Attached);
        json.WriteBoolean("python", report.IsPython);
        if (report.Profile.Environment is { } environment)
        {
            json.WriteString("started", environment.Started.UtcDateTime);
            json.WriteString("tool_version", JsonText.Clean(environment.ToolVersion));
        }
    }

    private static void WriteWithin(Utf8JsonWriter json, ReportModel report)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < report.Modules.Count; i++)
        {
            places.TryAdd(report.Modules[i].Name, i);
        }

        json.WriteStartArray("within");
        foreach (ModuleReport module in report.IsPython ? report.Modules : [])
        {
            json.WriteNumberValue(Around(module, report, places));
        }

        json.WriteEndArray();
    }

    /// <summary>On one thread what an import happens in began before it, so this never goes in a circle: of the same moment, the longer is outside.</summary>
    private static int Around(ModuleReport module, ReportModel report, Dictionary<string, int> places)
    {
        if (module.Import is not { Within: { } name } inner || !places.TryGetValue(name, out int place)
            || report.Modules[place].Import is not { } outer || outer.ThreadId != inner.ThreadId)
        {
            return -1;
        }

        // Modules are in the order in which their imports began: what comes later cannot be around.
        return places.TryGetValue(module.Name, out int own) && place < own ? place : -1;
    }

    private static void WriteFlame(Utf8JsonWriter json, FlameTree flame)
    {
        json.WriteStartObject("flame");
        json.WriteStartArray("labels");
        foreach (FlameLabel label in flame.Labels)
        {
            json.WriteStartArray();
            json.WriteStringValue(JsonText.Clean(label.Name));
            json.WriteNumberValue((int)label.Kind);
            if (label.File.Length > 0)
            {
                json.WriteStringValue(JsonText.Clean(label.File));
                json.WriteNumberValue(label.Line);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        WriteNumbers(json, "parents", flame.Parents);
        WriteNumbers(json, "label_of", flame.LabelOf);
        json.WriteStartArray("threads");
        foreach (FlameThread thread in flame.Threads)
        {
            json.WriteStartObject();
            WriteThread(json, thread.Name, thread.NativeId, thread.IsMain);
            WriteNumbers(json, "nodes", thread.Self.Select(self => self.Node));
            WriteNumbers(json, "self_us", thread.Self.Select(self => (int)Math.Min(int.MaxValue, self.Ns / 1000)));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTimeline(Utf8JsonWriter json, RunTimeline timeline)
    {
        json.WriteStartObject("timeline");
        WriteStretches(json, "phases", timeline.Phases);
        WriteStretches(json, "calls", timeline.Calls);
        json.WriteNumber("other_threads", timeline.OtherThreads);
        json.WriteStartArray("memory");
        foreach (MemoryPoint point in timeline.Memory)
        {
            json.WriteNumberValue(Ms(point.TimeNs));
            json.WriteNumberValue(point.Kib);
            json.WriteNumberValue(point.AnonymousKib);
        }

        json.WriteEndArray();
        json.WriteStartArray("lanes");
        foreach (ThreadLane lane in timeline.Lanes)
        {
            json.WriteStartObject();
            WriteThread(json, lane.Name, lane.NativeId, lane.IsMain);
            WriteStretches(json, "active", lane.Active);
            json.WriteStartArray("imports");
            foreach (IReadOnlyList<Stretch> row in lane.Imports)
            {
                WriteStretches(json, null, row);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteThread(Utf8JsonWriter json, string name, int nativeId, bool main)
    {
        json.WriteString("name", JsonText.Clean(name));
        if (nativeId != 0)
        {
            json.WriteNumber("id", nativeId);
        }

        json.WriteBoolean("main", main);
    }

    /// <summary>Flat: start, end, key, start, end, key, ...</summary>
    private static void WriteStretches(Utf8JsonWriter json, string? name, IReadOnlyList<Stretch> stretches)
    {
        if (name is not null)
        {
            json.WritePropertyName(name);
        }

        json.WriteStartArray();
        foreach (Stretch stretch in stretches)
        {
            json.WriteNumberValue(Ms(stretch.StartNs));
            json.WriteNumberValue(Ms(stretch.EndNs));
            json.WriteNumberValue(stretch.Key);
        }

        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (int number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static double Ms(long ns) => Math.Round(ns / 1e6, 3);
}
