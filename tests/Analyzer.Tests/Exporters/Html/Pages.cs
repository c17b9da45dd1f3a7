using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Exporters.Diffs;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Tests.Exporters.Html;

/// <summary>Pages that tests look at, in C# and in a browser.</summary>
public static class Pages
{
    /// <summary>Names that would do something if they ever became markup, script, or an end of the element that the data stands in.</summary>
    public static readonly string[] HostileNames =
    [
        "</script><script>window.hit=1</script>", "<img src=x onerror=window.hit=2>", "<!--<script>", "]]><svg onload=window.hit=3>", "\"'`${window.hit=4}",
        "\u2028\u2029window.hit=5", "&lt;b&gt;&#60;", "javascript:window.hit=6", "\u202etxt.exe", "\u001b[31m\r\n\t\0", "__proto__", "constructor", "@LIBPROF_DATA@", "\ud83d\ude00\ud800", "''", "%s%n{0}",
    ];

    public static string Small() => Samples.Export("html", Samples.Small().Report());

    /// <summary>A program whose files, functions, modules, arguments and threads all have hostile names.</summary>
    public static string Hostile()
    {
        var script = new RecordingScript().Environment().Image(0, ["python3", .. HostileNames]).Python("3.11<b>").Thread(0, main: true, name: HostileNames[0]);
        double ms = 10;
        foreach (string name in HostileNames)
        {
            script.Looks(ms, ms + 3, [Py.Script(2, "/app/" + name), .. Py.Body(name, "/lib/" + name + ".py", 3), Py.Code("/lib/" + name, name, 1)]);
            script.Module(name, "/lib/" + name + ".py").Distribution(name + "-dist", name, name);
            ms += 3;
        }

        return Samples.Export("html", script.Look(ms, (1, [Py.Code("/lib/x", HostileNames[1], 1)], false)).End(ms + 2).Report());
    }

    /// <summary>Ten thousand modules in a tree, each seen for a moment, and ten thousand more functions.</summary>
    public static string Big()
    {
        RecordingScript script = RecordingScript.Run();
        double ms = 10;
        for (int i = 0; i < 10_000; i++)
        {
            string package = $"package{i / 100}";
            string module = $"{package}.module{i % 100}";
            FrameSpec[] outer = [Py.Script(i / 100), .. Py.Body(package, $"/lib/{package}/__init__.py", i % 100)];
            script.Look(ms, [.. outer, .. Py.Body(module, $"/lib/{package}/module{i % 100}.py", 1), Py.Code($"/lib/{package}/module{i % 100}.py", $"function{i}", 5)]);
            script.Module(module, $"/lib/{package}/module{i % 100}.py");
            ms++;
        }

        return Samples.Export("html", script.End(ms + 5).Report());
    }

    /// <summary>Stacks three thousand frames deep.</summary>
    public static string Deep() => Samples.Export("html", RecordingScript.Run()
        .Looks(5, 60, [Py.Script(1), .. Enumerable.Range(0, 3000).Select(i => Py.Code("/app/app.py", $"level{i}", i))]).End(70).Report());

    public static string Attached() => Samples.Export("html", new RecordingScript().Environment().Image(0, ["python3"], attached: true).Python().Thread(0, main: true)
        .Module("os", "/usr/lib/python3.11/os.py", before: true).Looks(0, 10, Py.Script(1)).End(10, status: null).Report());

    /// <summary>What differs between two runs of which the later one imports modules with hostile names.</summary>
    public static string Diff()
    {
        RecordingScript after = RecordingScript.Run();
        double ms = 10;
        foreach (string name in HostileNames)
        {
            after.Looks(ms, ms + 20, [Py.Script(2, "/app/" + name), .. Py.Body(name, "/lib/" + name + ".py", 3)]);
            after.Module(name, "/lib/" + name + ".py").Distribution(name + "-dist", name, name);
            ms += 20;
        }

        using var stream = new MemoryStream();
        DiffExporters.Find("html")!.Export(DiffBuilder.Of(RecordingScript.Run().Looks(5, 10, Py.Script(1)).End(20).Report(), after.End(ms + 2).Report()), stream, new ExportOptions());
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public static string NoPython() => Samples.Export("html", new RecordingScript().Environment().Image(0, ["ls", "-l"]).End(3, status: 2).Report());

    /// <summary>The small page with everything that the JSON report may say of memory, use and findings.</summary>
    public static string Full()
    {
        JsonNode data = JsonNode.Parse(DataOf(Small()))!;
        string[] uses = ["used", "never", "not_since_init", "unknown"];
        int next = 0;
        JsonObject report = data["report"]!.AsObject();
        foreach (JsonObject module in report["modules"]!.AsArray().Select(node => node!.AsObject()))
        {
            int number = next++;
            module["use"] = uses[number % uses.Length];
            module["memory_exclusive_kib"] = 100 * (number + 1);
            module["memory_inclusive_kib"] = 250 * (number + 1);
            module["functions"] = 10;
            module["functions_executed"] = number % 10;
        }

        foreach (JsonObject library in report["libraries"]!.AsArray().Select(node => node!.AsObject()))
        {
            library["use"] = uses[next++ % uses.Length];
            library["memory_kib"] = 1024;
        }

        report["findings"] = JsonNode.Parse("""
            [ { "id": "unused-library:numpy", "pattern": "unused-library", "library": "numpy", "module": "numpy", "init_ms": 19, "init_share": 0.39, "saving_ms": 18.2, "saving_kib": 4800,
                "confidence": "proof", "evidence": "no function of 214 executed after initialisation", "side_effects": [],
                "import_chain": [ { "file": "/app/app.py", "line": 2, "imports": "numpy" } ], "suggestion": "Import <b>numpy</b> where it is used:\n    def f():\n        import numpy" },
              { "id": "heavy-library:numpy.lib", "pattern": "heavy-library", "library": "numpy", "module": "numpy.lib", "init_ms": 3, "saving_ms": 2.5, "confidence": "guess",
                "import_chain": [ { "file": "/app/app.py", "line": 2, "imports": "numpy" }, { "file": "/usr/lib/python3/dist-packages/numpy/__init__.py", "line": 142, "imports": "numpy.lib" } ], "side_effects": ["registers a codec"] } ]
            """);
        data["timeline"]!["memory"] = new JsonArray([.. Enumerable.Range(0, 48).SelectMany(i => new JsonNode[] { i, 1000 * i, 600 * i })]);
        return Small().Replace(DataOf(Small()), data.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>The text of the data's script element, as a browser finds it: up to the first end tag.</summary>
    public static string DataOf(string page)
    {
        const string Start = "<script type=\"application/json\" id=\"data\">";
        int from = page.IndexOf(Start, StringComparison.Ordinal) + Start.Length;
        return page[from..page.IndexOf("</script", from, StringComparison.OrdinalIgnoreCase)];
    }

    public static JsonElement Data(string page) => JsonDocument.Parse(DataOf(page)).RootElement;

    /// <summary>Writes all of them into a directory.</summary>
    public static void WriteTo(string directory)
    {
        Write("small", Small());
        Write("hostile", Hostile());
        Write("big", Big());
        Write("deep", Deep());
        Write("attached", Attached());
        Write("nopython", NoPython());
        Write("full", Full());
        Write("diff", Diff());

        void Write(string name, string page) => File.WriteAllText(Path.Combine(directory, name + ".html"), page, new UTF8Encoding(false));
    }
}
