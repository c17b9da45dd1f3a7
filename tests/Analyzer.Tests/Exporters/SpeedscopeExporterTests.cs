using System.Text.Json;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

/// <summary>Checks what speedscope's schema and its importer ask for.</summary>
public sealed class SpeedscopeExporterTests
{
    [Fact]
    public void The_file_is_valid()
    {
        JsonElement file = Export(Samples.Small());

        Assert.Equal("https://www.speedscope.app/file-format-schema.json", file.GetProperty("$schema").GetString());
        JsonElement frames = file.GetProperty("shared").GetProperty("frames");
        Assert.All(frames.EnumerateArray(), frame => Assert.False(string.IsNullOrEmpty(frame.GetProperty("name").GetString())));
        Assert.NotEmpty(file.GetProperty("profiles").EnumerateArray());
        foreach (JsonElement profile in file.GetProperty("profiles").EnumerateArray())
        {
            Check(profile, frames.GetArrayLength());
        }
    }

    [Fact]
    public void There_is_a_profile_for_each_thread_and_one_for_the_imports_of_each()
    {
        RecordingScript script = RecordingScript.Run().Thread(1);
        for (int ms = 0; ms < 5; ms++)
        {
            script.Look(ms, (0, [Py.Script(1)], false), (1, [Py.Code("/l/t.py", "run", 1), .. Py.FindSpec("late")], false));
        }

        JsonElement[] profiles = [.. Export(script).GetProperty("profiles").EnumerateArray()];
        Assert.Equal(["sampled", "sampled", "evented"], profiles.Select(profile => profile.GetProperty("type").GetString()));
        Assert.Equal("imports, Thread-1 (4712)", profiles[2].GetProperty("name").GetString());
    }

    [Fact]
    public void The_imports_nest_as_they_did()
    {
        JsonElement file = Export(Samples.Small());
        JsonElement imports = file.GetProperty("profiles").EnumerateArray().Single(profile => profile.GetProperty("type").GetString() == "evented");
        string[] frames = [.. file.GetProperty("shared").GetProperty("frames").EnumerateArray().Select(frame => frame.GetProperty("name").GetString()!)];
        IEnumerable<string> events = imports.GetProperty("events").EnumerateArray()
            .Select(e => e.GetProperty("type").GetString() + " " + frames[e.GetProperty("frame").GetInt32()]);

        Assert.Equal(
            [
                "O encodings", "C encodings", "O site", "C site", "O numpy", "O numpy.core._multiarray", "C numpy.core._multiarray",
                "O numpy.lib", "C numpy.lib", "C numpy", "O no_such_thing", "C no_such_thing",
            ],
            events);
    }

    [Fact]
    public void A_recording_without_samples_is_a_file_without_profiles()
    {
        Assert.Empty(Export(RecordingScript.Run()).GetProperty("profiles").EnumerateArray());
    }

    private static void Check(JsonElement profile, int frameCount)
    {
        Assert.Equal("milliseconds", profile.GetProperty("unit").GetString());
        Assert.False(string.IsNullOrEmpty(profile.GetProperty("name").GetString()));
        double start = profile.GetProperty("startValue").GetDouble();
        double end = profile.GetProperty("endValue").GetDouble();
        Assert.True(start <= end);
        if (profile.GetProperty("type").GetString() == "sampled")
        {
            Assert.Equal(profile.GetProperty("samples").GetArrayLength(), profile.GetProperty("weights").GetArrayLength());
            Assert.Equal(end - start, profile.GetProperty("weights").EnumerateArray().Sum(weight => weight.GetDouble()), 6);
            Assert.All(profile.GetProperty("samples").EnumerateArray().SelectMany(stack => stack.EnumerateArray()), frame => Assert.InRange(frame.GetInt32(), 0, frameCount - 1));
            return;
        }

        double now = start;
        var open = new Stack<int>();
        foreach (JsonElement e in profile.GetProperty("events").EnumerateArray())
        {
            Assert.InRange(e.GetProperty("at").GetDouble(), now, end);
            now = e.GetProperty("at").GetDouble();
            int frame = e.GetProperty("frame").GetInt32();
            Assert.InRange(frame, 0, frameCount - 1);
            if (e.GetProperty("type").GetString() == "O")
            {
                open.Push(frame);
            }
            else
            {
                Assert.Equal(open.Pop(), frame);
            }
        }

        Assert.Empty(open);
    }

    private static JsonElement Export(RecordingScript script) => JsonDocument.Parse(Samples.Export("speedscope", script.Report())).RootElement;
}
