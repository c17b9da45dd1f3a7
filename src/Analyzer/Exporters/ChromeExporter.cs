using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// Trace events (the JSON object form of Chrome's trace event format), for ui.perfetto.dev and chrome://tracing: on each
/// thread's track its calls as seen by the samples, on a track beside it its imports, and memory as a counter. Microseconds from the exec of the image.
/// </summary>
public sealed class ChromeExporter : IProfileExporter
{
    private const int FlushBytes = 1 << 20;

    /// <summary>Import tracks are numbered behind all thread ids that a kernel gives (pid_max is at most 2^22).</summary>
    private const int ImportTracks = 1 << 23;

    /// <inheritdoc/>
    public string Name => "chrome";

    /// <inheritdoc/>
    public string FileExtension => "trace.json";

    /// <inheritdoc/>
    public string Description => "trace events, for ui.perfetto.dev";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        Profile profile = report.Profile;
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var events = new EventWriter(json, profile.Image.Image.Pid, profile.StartNs);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        events.Name("process_name", 0, FrameText.Title(profile));
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            WriteCalls(events, timeline, profile.Stacks);
            List<ImportSpan> spans = [.. report.Imports.Spans.Where(span => span.ThreadId == timeline.Thread.Id)];
            if (spans.Count > 0)
            {
                WriteImports(events, timeline, spans, report.Imports);
            }
        }

        WritePhases(events, report);
        foreach (MemoryReading reading in profile.Memory)
        {
            events.Memory(reading);
        }

        json.WriteEndArray();
        json.WriteStartObject("otherData");
        json.WriteString("exporter", $"libprof {profile.Environment?.ToolVersion}".TrimEnd());
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    }

    // A frame lasts from the first run that has it to the last one in a row, whatever its line.
    private static void WriteCalls(EventWriter events, ThreadTimeline timeline, StackTable stacks)
    {
        int track = Track(timeline.Thread);
        events.Name("thread_name", track, FrameText.Of(timeline.Thread));
        var open = new List<(FunctionInfo Function, long StartNs)>();
        long nowNs = timeline.StartNs;
        foreach (StackRun run in timeline.Runs)
        {
            FrameId[] frames = run.Stack.IsNone ? [] : stacks.FramesFromRoot(run.Stack);
            int same = 0;
            while (same < open.Count && same < frames.Length && open[same].Function.Id == stacks.Function(frames[same]).Id)
            {
                same++;
            }

            Close(same, nowNs);
            for (int i = same; i < frames.Length; i++)
            {
                open.Add((stacks.Function(frames[i]), nowNs));
            }

            nowNs = run.EndNs;
        }

        Close(0, nowNs);

        void Close(int depth, long endNs)
        {
            for (int i = open.Count - 1; i >= depth; i--)
            {
                events.Span(track, "python", open[i].Function.Name, open[i].StartNs, endNs, open[i].Function.File, open[i].Function.FirstLine);
                open.RemoveAt(i);
            }
        }
    }

    private static void WriteImports(EventWriter events, ThreadTimeline timeline, List<ImportSpan> spans, ImportTree imports)
    {
        int track = ImportTracks + timeline.Thread.Id;
        events.Name("thread_name", track, "imports, " + FrameText.Of(timeline.Thread));
        foreach (ImportSpan span in spans)
        {
            ImportStatement? cause = imports.Find(span.Name)?.Cause;
            events.Span(track, "import", span.Name, span.StartNs, span.EndNs, cause?.File ?? "", cause?.Line ?? 0);
        }
    }

    private static void WritePhases(EventWriter events, ReportModel report)
    {
        foreach ((Milestone milestone, long timeNs) in report.Profile.Image.Milestones.OrderBy(pair => pair.Value))
        {
            events.Instant(milestone.ToString(), timeNs);
        }
    }

    private static int Track(ThreadInfo thread) => thread.NativeId != 0 ? thread.NativeId : (ImportTracks * 2) + thread.Id;

    private sealed class EventWriter(Utf8JsonWriter json, int pid, long zeroNs)
    {
        public void Name(string what, int track, string name)
        {
            Begin("M", what, track);
            json.WriteStartObject("args");
            json.WriteString("name", JsonText.Clean(name));
            json.WriteEndObject();
            End();
        }

        public void Span(int track, string category, string name, long startNs, long endNs, string file, int line)
        {
            Begin("X", name, track);
            json.WriteString("cat", category);
            json.WriteNumber("ts", Microseconds(startNs - zeroNs));
            json.WriteNumber("dur", Microseconds(endNs - startNs));
            if (file.Length > 0)
            {
                json.WriteStartObject("args");
                json.WriteString("file", JsonText.Clean(file));
                if (line > 0)
                {
                    json.WriteNumber("line", line);
                }

                json.WriteEndObject();
            }

            End();
        }

        public void Instant(string name, long timeNs)
        {
            Begin("i", name, pid);
            json.WriteNumber("ts", Microseconds(timeNs - zeroNs));
            json.WriteString("s", "p");
            End();
        }

        public void Memory(in MemoryReading reading)
        {
            Begin("C", "resident memory", pid);
            json.WriteNumber("ts", Microseconds(reading.TimeNs - zeroNs));
            json.WriteStartObject("args");
            json.WriteNumber("anonymous KiB", reading.AnonymousKib);
            json.WriteNumber("files KiB", reading.FileKib);
            json.WriteEndObject();
            End();
        }

        private void Begin(string phase, string name, int track)
        {
            json.WriteStartObject();
            json.WriteString("ph", phase);
            json.WriteString("name", JsonText.Clean(name));
            json.WriteNumber("pid", pid);
            json.WriteNumber("tid", track);
        }

        private void End()
        {
            json.WriteEndObject();
            if (json.BytesPending > FlushBytes)
            {
                json.Flush();
            }
        }

        private static double Microseconds(long ns) => ns / 1e3;
    }
}
