using System.Text.Json;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

/// <summary>Checks what the trace event format asks for: complete events that nest on their track, and tracks with names.</summary>
public sealed class ChromeExporterTests
{
    [Fact]
    public void Complete_events_nest_on_their_track()
    {
        foreach (IGrouping<int, JsonElement> track in Events().Where(e => Phase(e) == "X").GroupBy(e => e.GetProperty("tid").GetInt32()))
        {
            var open = new Stack<double>();
            foreach ((double start, double duration) in track
                .Select(e => (Start: e.GetProperty("ts").GetDouble(), Duration: e.GetProperty("dur").GetDouble()))
                .OrderBy(e => e.Start).ThenByDescending(e => e.Duration))
            {
                while (open.TryPeek(out double end) && end <= start + 1e-6)
                {
                    open.Pop();
                }

                Assert.True(duration >= 0 && (!open.TryPeek(out double outer) || start + duration <= outer + 1e-6));
                open.Push(start + duration);
            }
        }
    }

    [Fact]
    public void Threads_and_their_imports_have_tracks_with_names()
    {
        JsonElement[] events = Events();
        Dictionary<int, string> names = events.Where(e => Phase(e) == "M" && Name(e) == "thread_name")
            .ToDictionary(e => e.GetProperty("tid").GetInt32(), e => e.GetProperty("args").GetProperty("name").GetString()!);

        Assert.All(events.Where(e => Phase(e) == "X"), e => Assert.Contains(e.GetProperty("tid").GetInt32(), names.Keys));
        JsonElement numpy = Assert.Single(events, e => Phase(e) == "X" && Name(e) == "numpy");
        Assert.StartsWith("imports, ", names[numpy.GetProperty("tid").GetInt32()], StringComparison.Ordinal);
        Assert.Equal(12_000, numpy.GetProperty("ts").GetDouble(), 1000.0);
        Assert.Equal(2, numpy.GetProperty("args").GetProperty("line").GetInt32());
    }

    [Fact]
    public void Moments_are_instants() =>
        Assert.Contains(Events(), e => Phase(e) == "i" && Name(e) == "FirstFrame" && e.GetProperty("ts").GetDouble() == 6000);

    private static string Phase(JsonElement e) => e.GetProperty("ph").GetString()!;

    private static string Name(JsonElement e) => e.GetProperty("name").GetString()!;

    private static JsonElement[] Events() =>
        [.. JsonDocument.Parse(Samples.Export("chrome", Samples.Small().Report())).RootElement.GetProperty("traceEvents").EnumerateArray()];
}
