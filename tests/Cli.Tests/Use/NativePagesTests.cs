using System.Text.Json;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Use;

/// <summary>Extension modules that a handler uses, and others that it only imports, by the accessed pages of their libraries.</summary>
public sealed class NativePagesTests
{
    private const string Handler =
        """
        import lzma
        try:
            import igraph
        except ImportError:
            igraph = None


        def handle(event, context):
            return igraph and len(igraph.Graph.Barabasi(2000, 3).bfs(0)[0])
        """;

    [Fact]
    public void ExtensionThatIsCalledIsUsedAndOneThatIsNotIsNot()
    {
        Assert.SkipWhen(Interpreters.System is null, "no /usr/bin/python3");
        Dictionary<string, JsonElement> modules = Run("--invocations", "2");
        Assert.SkipUnless(modules.TryGetValue("igraph._igraph", out JsonElement igraph) && igraph.TryGetProperty("native_touched_kib", out _), "igraph is not installed, or this kernel has no marks of accessed pages");
        Assert.Equal("used", igraph.GetProperty("use").GetString());
        Assert.Equal("native-pages", igraph.GetProperty("use_evidence").GetString());
        Assert.NotEqual("used", modules["_lzma"].GetProperty("use").GetString());
        Assert.InRange(modules["_lzma"].GetProperty("native_touched_kib").GetInt64(), 0, 16);
    }

    [Fact]
    public void WithoutUseNothingIsSaid()
    {
        Assert.SkipWhen(Interpreters.System is null, "no /usr/bin/python3");
        Assert.DoesNotContain(Run("--no-use").Values, module => module.TryGetProperty("native_touched_kib", out _));
    }

    private static Dictionary<string, JsonElement> Run(params string[] options)
    {
        using TemporaryDirectory directory = new();
        _ = directory.Write("handler.py", Handler);
        string file = directory["report.json"];
        LibProfResult result = LibProfProgram.Run(
            ["run", "-q", "-f", "json", "-o", file, .. options, "--handler", "handler:handle", "--", Interpreters.System!.Path],
            input: null, workingDirectory: directory.Path);
        Assert.True(result.Status == 0, result.Errors);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return json.RootElement.GetProperty("modules").EnumerateArray().ToDictionary(module => module.GetProperty("name").GetString()!, module => module.Clone());
    }
}
