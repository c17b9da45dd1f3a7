using System.Text.Json;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Exporters;

public sealed class JsonExporterTests
{
    [Fact]
    public void The_report_of_a_small_program_is_as_agreed()
    {
        Sources.AssertGolden("Exporters/small.json", Samples.Export("json", Samples.Small().Report()));
    }

    [Fact]
    public void Every_number_is_finite_and_none_is_negative()
    {
        foreach (JsonElement number in Everything(Samples.Json(Samples.Small())).Where(element => element.ValueKind == JsonValueKind.Number))
        {
            Assert.True(double.IsFinite(number.GetDouble()) && number.GetDouble() >= 0, number.GetRawText());
        }
    }

    [Fact]
    public void Nothing_is_null()
    {
        Assert.DoesNotContain(Everything(Samples.Json(Samples.Small())), element => element.ValueKind == JsonValueKind.Null);
        Assert.DoesNotContain(Everything(Samples.Json(RecordingScript.Run())), element => element.ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public void What_was_not_measured_is_absent()
    {
        JsonElement json = Samples.Json(Samples.Small());
        JsonElement errno = Module(json, "errno");
        foreach (string name in new[] { "file", "thread", "imported_by", "import_file", "import_line", "start_ms", "inclusive_ms", "exclusive_ms", "phases_ms", "use", "memory_inclusive_kib" })
        {
            Assert.False(errno.TryGetProperty(name, out _), name);
        }

        Assert.False(Module(json, "no_such_thing").TryGetProperty("kind", out _));
        Assert.False(Library(json, "errno").TryGetProperty("init_ms", out _));
        Assert.False(json.GetProperty("environment").TryGetProperty("cpu_quota", out _));
        Assert.False(Samples.Json(RecordingScript.Run().Looks(0, 5, Py.Script(1))).TryGetProperty("findings", out _));
    }

    [Fact]
    public void A_recording_cut_early_has_no_quality_figures_but_what_can_be_counted()
    {
        JsonElement sampling = Samples.Json(RecordingScript.Run().Looks(0, 5, Py.Script(1))).GetProperty("sampling");

        Assert.Equal(5, sampling.GetProperty("samples").GetInt64());
        Assert.False(sampling.TryGetProperty("failed", out _));
        Assert.False(sampling.TryGetProperty("duration_ms", out _));
    }

    [Fact]
    public void Without_a_python_there_is_no_version_and_no_module()
    {
        JsonElement json = Samples.Json(new RecordingScript().Environment().Image(0, ["ls", "-l"]).End(3, status: 2));

        Assert.False(json.GetProperty("process").TryGetProperty("python_version", out _));
        Assert.Equal(2, json.GetProperty("process").GetProperty("exit_status").GetInt32());
        Assert.Equal(0, json.GetProperty("modules").GetArrayLength());
        Assert.False(json.TryGetProperty("phases", out _));
    }

    [Fact]
    public void An_attach_has_no_phases_and_modules_from_before_have_no_times()
    {
        JsonElement json = Samples.Json(new RecordingScript().Environment().Image(0, ["python3"], attached: true).Python().Thread(0, main: true)
            .Module("os", "/usr/lib/python3.11/os.py", before: true).Looks(0, 10, Py.Script(1)).End(10, status: null));

        Assert.False(json.TryGetProperty("phases", out _));
        Assert.False(json.GetProperty("process").TryGetProperty("exit_status", out _));
        Assert.Equal(["name", "file", "kind", "library"], Module(json, "os").EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void An_unlimited_rate_is_no_number()
    {
        Assert.False(Samples.Json(RecordingScript.Run(rateHz: 0)).GetProperty("sampling").TryGetProperty("rate_hz", out _));
    }

    [Fact]
    public void Text_that_utf8_cannot_hold_does_not_break_the_report()
    {
        JsonElement json = Samples.Json(RecordingScript.Run().Module("m", "/l/\udcff\ud83d\ude00\ud800.py"));

        Assert.Equal("/l/\ufffd\ud83d\ude00\ufffd.py", Module(json, "m").GetProperty("file").GetString());
    }

    [Fact]
    public void Previous_images_have_the_same_shape()
    {
        JsonElement previous = Assert.Single(Samples.Json(Samples.Small()).GetProperty("process").GetProperty("previous").EnumerateArray());

        Assert.Equal("sh", previous.GetProperty("command_line")[0].GetString());
        Assert.False(previous.TryGetProperty("exit_status", out _));
    }

    [Fact]
    public void The_thread_is_the_kernels_number_and_absent_when_unknown()
    {
        Assert.Equal(4711, Module(Samples.Json(Samples.Small()), "numpy").GetProperty("thread").GetInt32());
    }

    [Fact]
    public void The_phases_sum_to_the_time_from_exec_to_exit()
    {
        double sum = Samples.Json(Samples.Small()).GetProperty("phases").EnumerateObject().Sum(phase => phase.Value.GetDouble());

        Assert.Equal(48, sum, 2);
    }

    [Fact]
    public void Reasons_for_failures_are_counted_by_name()
    {
        JsonElement failures = Samples.Json(Samples.Small()).GetProperty("sampling").GetProperty("failures");

        Assert.Equal(3, failures.GetProperty(nameof(SampleFailure.Torn).ToLowerInvariant()).GetInt32());
    }

    private static JsonElement Module(JsonElement json, string name) =>
        json.GetProperty("modules").EnumerateArray().Single(module => module.GetProperty("name").GetString() == name);

    private static JsonElement Library(JsonElement json, string name) =>
        json.GetProperty("libraries").EnumerateArray().Single(library => library.GetProperty("name").GetString() == name);

    private static IEnumerable<JsonElement> Everything(JsonElement element)
    {
        IEnumerable<JsonElement> children = element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().Select(property => property.Value),
            JsonValueKind.Array => element.EnumerateArray(),
            _ => [],
        };
        return children.SelectMany(Everything).Prepend(element);
    }
}
