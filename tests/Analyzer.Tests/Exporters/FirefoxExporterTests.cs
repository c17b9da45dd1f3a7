using System.Text.Json;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

/// <summary>Checks what profiler.firefox.com relies on: tables whose columns are of one length and whose numbers point into the others.</summary>
public sealed class FirefoxExporterTests
{
    [Fact]
    public void Tables_fit_together()
    {
        JsonElement file = Export(Samples.Small());

        JsonElement meta = file.GetProperty("meta");
        Assert.Equal(48, meta.GetProperty("preprocessedProfileVersion").GetInt32());
        Assert.Contains(meta.GetProperty("categories").EnumerateArray(), category => category.GetProperty("color").GetString() == "grey");
        JsonElement thread = Assert.Single(file.GetProperty("threads").EnumerateArray());
        int strings = thread.GetProperty("stringArray").GetArrayLength();
        AssertTable(thread, "samples", ("stack", Length(thread, "stackTable")));
        AssertTable(thread, "markers", ("name", strings));
        AssertTable(thread, "stackTable", ("frame", Length(thread, "frameTable")), ("prefix", Length(thread, "stackTable")), ("category", meta.GetProperty("categories").GetArrayLength()));
        AssertTable(thread, "frameTable", ("func", Length(thread, "funcTable")));
        AssertTable(thread, "funcTable", ("name", strings), ("fileName", strings));
        AssertTable(thread, "resourceTable");
        AssertTable(thread, "nativeSymbols");
        Assert.Equal("tracing-ms", thread.GetProperty("samples").GetProperty("weightType").GetString());
        double ms = thread.GetProperty("unregisterTime").GetDouble() - thread.GetProperty("registerTime").GetDouble();
        Assert.Equal(ms, thread.GetProperty("samples").GetProperty("weight").EnumerateArray().Sum(weight => weight.GetDouble()), 6);
    }

    [Fact]
    public void Callers_stand_before_callees()
    {
        JsonElement stacks = Export(Samples.Small()).GetProperty("threads")[0].GetProperty("stackTable").GetProperty("prefix");
        int number = 0;
        Assert.All(stacks.EnumerateArray(), prefix =>
        {
            Assert.True(prefix.ValueKind == JsonValueKind.Null || prefix.GetInt32() < number);
            number++;
        });
    }

    [Fact]
    public void An_import_is_a_marker_with_the_stack_that_asked_for_it()
    {
        JsonElement file = Export(Samples.Small());
        JsonElement thread = file.GetProperty("threads")[0];
        JsonElement markers = thread.GetProperty("markers");
        int number = markers.GetProperty("data").EnumerateArray().ToList().FindIndex(data => data.GetProperty("module").GetString() == "numpy.lib");
        JsonElement marker = markers.GetProperty("data")[number];

        Assert.Equal($"{Samples.Numpy}:142", marker.GetProperty("importer").GetString());
        Assert.Equal("numpy", marker.GetProperty("library").GetString());
        Assert.True(markers.GetProperty("startTime")[number].GetDouble() < markers.GetProperty("endTime")[number].GetDouble());
        int frame = thread.GetProperty("stackTable").GetProperty("frame")[marker.GetProperty("cause").GetProperty("stack").GetInt32()].GetInt32();
        int function = thread.GetProperty("frameTable").GetProperty("func")[frame].GetInt32();
        Assert.Equal(Samples.Numpy, thread.GetProperty("stringArray")[thread.GetProperty("funcTable").GetProperty("fileName")[function].GetInt32()].GetString());
        Assert.Equal(142, thread.GetProperty("frameTable").GetProperty("line")[frame].GetInt32());
    }

    [Fact]
    public void Memory_is_a_counter_of_changes_in_bytes()
    {
        JsonElement counters = Export(Samples.Small().Memory(10, 4000, 2000).Memory(20, 5000, 2000)).GetProperty("counters");
        Assert.Equal(["anonymous", "files"], counters.EnumerateArray().Select(counter => counter.GetProperty("name").GetString()));
        JsonElement samples = counters[0].GetProperty("samples");
        Assert.Equal(2, samples.GetProperty("length").GetInt32());
        Assert.Equal([4_096_000, 1_024_000], samples.GetProperty("count").EnumerateArray().Select(count => count.GetInt64()));
        Assert.Equal([8, 18], samples.GetProperty("time").EnumerateArray().Select(time => time.GetDouble()));
    }

    [Fact]
    public void A_recording_without_samples_is_a_file_without_threads() =>
        Assert.Empty(Export(RecordingScript.Run()).GetProperty("threads").EnumerateArray());

    private static void AssertTable(JsonElement thread, string name, params (string Column, int Below)[] references)
    {
        JsonElement table = thread.GetProperty(name);
        int length = table.GetProperty("length").GetInt32();
        Assert.All(table.EnumerateObject().Where(column => column.Value.ValueKind == JsonValueKind.Array), column => Assert.Equal(length, column.Value.GetArrayLength()));
        foreach ((string column, int below) in references)
        {
            Assert.All(table.GetProperty(column).EnumerateArray(), value => Assert.True(value.ValueKind == JsonValueKind.Null || (value.GetInt32() >= 0 && value.GetInt32() < below)));
        }
    }

    private static int Length(JsonElement thread, string table) => thread.GetProperty(table).GetProperty("length").GetInt32();

    private static JsonElement Export(RecordingScript script) => JsonDocument.Parse(Samples.Export("firefox", script.Report())).RootElement;
}
