using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// speedscope.app's own format: for each thread one sampled profile in order of time, and one evented profile of its imports
/// when it has any. All share one table of frames. The unit is milliseconds from the exec of the image.
/// </summary>
public sealed class SpeedscopeExporter : IProfileExporter
{
    private const string SchemaAddress = "https://www.speedscope.app/file-format-schema.json";

    /// <summary>Output is handed on whenever this much has gathered.</summary>
    private const int FlushBytes = 1 << 20;

    /// <inheritdoc/>
    public string Name => "speedscope";

    /// <inheritdoc/>
    public string FileExtension => "speedscope.json";

    /// <inheritdoc/>
    public string Description => "timelines of threads and imports, for speedscope.app";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        Profile profile = report.Profile;
        var writerOptions = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using var json = new Utf8JsonWriter(output, writerOptions);
        json.WriteStartObject();
        json.WriteString("$schema", SchemaAddress);
        json.WriteString("exporter", $"libprof {profile.Environment?.ToolVersion}".TrimEnd());
        json.WriteString("name", JsonText.Clean(FrameText.Title(profile)));
        json.WriteNumber("activeProfileIndex", 0);
        var modules = new ModuleFrames(profile.Stacks.Frames.Count);
        json.WriteStartArray("profiles");
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            WriteThread(json, timeline, profile);
        }

        foreach (ThreadTimeline timeline in profile.Threads)
        {
            List<ImportSpan> spans = [.. report.Imports.Spans.Where(span => span.ThreadId == timeline.Thread.Id)];
            if (spans.Count > 0)
            {
                WriteImports(json, timeline, spans, modules, profile);
            }
        }

        json.WriteEndArray();
        WriteFrames(json, profile.Stacks, modules, report);
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteThread(Utf8JsonWriter json, ThreadTimeline timeline, Profile profile)
    {
        WriteHead(json, "sampled", FrameText.Of(timeline.Thread), timeline, profile);
        json.WriteStartArray("samples");
        foreach (StackRun run in timeline.Runs)
        {
            json.WriteStartArray();
            foreach (FrameId frame in profile.Stacks.FramesFromRoot(run.Stack))
            {
                json.WriteNumberValue(frame.Value);
            }

            json.WriteEndArray();
            FlushWhenFull(json);
        }

        json.WriteEndArray();
        json.WriteStartArray("weights");
        long nowNs = timeline.StartNs;
        foreach (StackRun run in timeline.Runs)
        {
            json.WriteNumberValue(Ms(run.EndNs - nowNs));
            nowNs = run.EndNs;
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Spans come ordered by begin, outer before inner: each ends those that are as deep or deeper.</summary>
    private static void WriteImports(Utf8JsonWriter json, ThreadTimeline timeline, List<ImportSpan> spans, ModuleFrames modules, Profile profile)
    {
        WriteHead(json, "evented", "imports, " + FrameText.Of(timeline.Thread), timeline, profile);
        json.WriteStartArray("events");
        var open = new Stack<ImportSpan>();
        foreach (ImportSpan span in spans)
        {
            while (open.TryPeek(out ImportSpan last) && last.Depth >= span.Depth)
            {
                Close(open.Pop());
            }

            WriteEvent("O", modules.Of(span.Name), span.StartNs);
            open.Push(span);
        }

        while (open.TryPop(out ImportSpan last))
        {
            Close(last);
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Close(ImportSpan span) => WriteEvent("C", modules.Of(span.Name), span.EndNs);

        void WriteEvent(string type, int frame, long atNs)
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteNumber("frame", frame);
            json.WriteNumber("at", Ms(atNs - profile.StartNs));
            json.WriteEndObject();
            FlushWhenFull(json);
        }
    }

    private static void WriteHead(Utf8JsonWriter json, string type, string name, ThreadTimeline timeline, Profile profile)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("name", JsonText.Clean(name));
        json.WriteString("unit", "milliseconds");
        json.WriteNumber("startValue", Ms(timeline.StartNs - profile.StartNs));
        json.WriteNumber("endValue", Ms(timeline.EndNs - profile.StartNs));
    }

    private static void WriteFrames(Utf8JsonWriter json, StackTable stacks, ModuleFrames modules, ReportModel report)
    {
        json.WriteStartObject("shared");
        json.WriteStartArray("frames");
        foreach (FrameInfo frame in stacks.Frames)
        {
            FunctionInfo function = stacks.Functions[frame.FunctionId];
            string name = frame.Importing is { } module ? $"{function.Name} [{module}]" : function.Name;
            WriteFrame(name, function.File, frame.Line);
        }

        foreach (string module in modules.Names)
        {
            ImportStatement? cause = report.Imports.Find(module)?.Cause;
            WriteFrame(module, cause?.File ?? "", cause?.Line ?? 0);
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void WriteFrame(string name, string file, int line)
        {
            json.WriteStartObject();
            json.WriteString("name", JsonText.Clean(name));
            if (file.Length > 0)
            {
                json.WriteString("file", JsonText.Clean(file));
            }

            if (line > 0)
            {
                json.WriteNumber("line", line);
            }

            json.WriteEndObject();
            FlushWhenFull(json);
        }
    }

    private static void FlushWhenFull(Utf8JsonWriter json)
    {
        if (json.BytesPending > FlushBytes)
        {
            json.Flush();
        }
    }

    private static double Ms(long ns) => ns / 1e6;

    /// <summary>Gives modules frame numbers after those of the stacks' frames.</summary>
    private sealed class ModuleFrames(int first)
    {
        private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

        public List<string> Names { get; } = [];

        public int Of(string module)
        {
            if (!_numbers.TryGetValue(module, out int number))
            {
                _numbers[module] = number = first + Names.Count;
                Names.Add(module);
            }

            return number;
        }
    }
}
