using System.Text.Json;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Imports;

/// <summary>The program tests/Targets/imports/app.py, which imports in every way there is, under every interpreter.</summary>
[Collection(nameof(OneAtATime))]
public sealed class ImportTreeTests
{
    /// <summary>Runs at most: a machine busy with other work may leave libprof without a look while one module burns its few milliseconds.</summary>
    private const int MostRuns = 5;

    /// <summary>A run of whose looks more than this share was lost is made again.</summary>
    private const double Few = 0.1;

    /// <summary>A module that burned this many milliseconds must have been seen.</summary>
    private const double Unmissable = 4.9;

    // Loads what the program loads and says of what kind and from where everything is.
    private const string Truth = """
        import json, os, runpy, sys
        sys.argv = sys.argv[1:]
        def kind(module):
            loader = getattr(module, "__loader__", None)
            name = (loader if isinstance(loader, type) else type(loader)).__name__
            known = {"BuiltinImporter": "builtin", "FrozenImporter": "frozen", "SourceFileLoader": "source", "zipimporter": "source",
                     "ExtensionFileLoader": "extension", "_NamespaceLoader": "namespace", "NamespaceLoader": "namespace"}
            return known.get(name)
        sys.path[0] = sys.argv[0].rpartition("/")[0]
        sys.stdout = open(os.devnull, "w")
        runpy.run_path(sys.argv[0], run_name="__main__")
        sys.stdout = sys.__stdout__
        print(json.dumps({name: [kind(module), getattr(module, "__file__", None)] for name, module in list(sys.modules.items())}))
        """;

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void EveryImportIsBilledToItsStatement(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        string tree = place.CopyTree("imports");
        string[] command = [.. interpreter.Command, tree + "/app.py"];
        Dictionary<string, JsonElement> truth = TruthOf(interpreter, place, tree); // Writes the compiled files, too.
        IReadOnlyList<ImportMarker> marks = ImportMarkers.Read(TargetScripts.PathOf("imports"));
        HashSet<string> unseen = [.. marks.Select(mark => mark.Module), "site_ms"];
        HashSet<string> absences = [];
        bool isFirst = true;
        for (int run = 0; run < MostRuns && unseen.Count + absences.Count + (isFirst ? 1 : 0) > 0; run++)
        {
            ImportReport report = ImportReport.Of(command);
            if (report.LostShare > Few && run < MostRuns - 1)
            {
                continue; // libprof slept through a part of it
            }

            using var said = JsonDocument.Parse(report.Result.Output);
            AssertImporters(report, marks, tree);
            HashSet<string> absent = AssertInventory(report, said.RootElement.GetProperty("modules"), truth);
            absences = isFirst ? absent : [.. absences.Intersect(absent)];
            isFirst = false;
            AssertOrderOfTimes(report);
            AssertPhases(report);
            Dictionary<string, double> burned = said.RootElement.GetProperty("burned").EnumerateObject().ToDictionary(b => b.Name, b => b.Value.GetDouble());
            unseen.RemoveWhere(name => name == "site_ms" ? report.Root.GetProperty("phases").TryGetProperty(name, out _) : burned.GetValueOrDefault(name) < Unmissable || IsTimedFor(report, name, burned[name] / 3));
        }

        unseen.UnionWith(absences);
        Assert.True(unseen.Count == 0, $"not timed, or for less than a third of what they burned (one was reloaded, which is no import), or never in the inventory: {string.Join(' ', unseen)}");
    }

    private static bool IsTimedFor(ImportReport report, string name, double least) =>
        report.IsTimed(name) && report.Number(name, "exclusive_ms") is { } exclusive && exclusive >= least && report.Number(name, "inclusive_ms") >= exclusive;

    private static void AssertImporters(ImportReport report, IReadOnlyList<ImportMarker> marks, string tree)
    {
        Assert.All(marks, mark =>
        {
            if (report.IsTimed(mark.Module))
            {
                Assert.Equal((ModuleOf(mark.File), $"{tree}/{mark.File}", mark.Line),
                    (report.Text(mark.Module, "imported_by"), report.Text(mark.Module, "import_file"), (int?)report.Number(mark.Module, "import_line")));
            }
        });
    }

    /// <summary>The module that a file of the tree is.</summary>
    private static string ModuleOf(string file)
    {
        string name = file.Replace("portions/one/", "", StringComparison.Ordinal).Replace("portions/two/", "", StringComparison.Ordinal);
        name = name[..^".py".Length].Replace('/', '.');
        return name == "app" ? "__main__" : name.EndsWith(".__init__", StringComparison.Ordinal) ? name[..^".__init__".Length] : name;
    }

    /// <summary>What is in the inventory is right. Gives what is not in it: the last modules of a program, when libprof slept.</summary>
    private static HashSet<string> AssertInventory(ImportReport report, JsonElement modules, Dictionary<string, JsonElement> truth)
    {
        HashSet<string> absent = [];
        foreach (string name in modules.EnumerateArray().Select(module => module.GetString()!).Where(name => name != "__main__"))
        {
            // One without a kind was found in sys.modules, and gone before it had its __spec__.
            string? kind = truth[name][0].GetString();
            if (!report.Names.Contains(name) || (kind is not null && report.Text(name, "kind") is null))
            {
                absent.Add(name);
                continue;
            }

            Assert.True(kind == report.Text(name, "kind"), $"{name} is {kind ?? "of no kind"}, not {report.Text(name, "kind")}");
            string? file = truth[name][1].GetString();
            // zip files of two runs differ; importlib's own two modules get __file__ when importlib is imported, long after they began.
            if (file?.Contains("/libprof-zip-", StringComparison.Ordinal) != true && !name.StartsWith("_frozen_importlib", StringComparison.Ordinal)
                && !name.StartsWith("importlib._bootstrap", StringComparison.Ordinal))
            {
                Assert.True(file == report.Text(name, "file"), $"{name} is in {file}, not {report.Text(name, "file")}");
            }
        }

        Assert.Equal("source", report.Text("__main__", "kind"));
        Assert.Equal("namespace", report.Text("space", "kind"));
        Assert.EndsWith("/library.zip/zipped/inner.py", report.Text("zipped.inner", "file"), StringComparison.Ordinal);
        Assert.All(["tree", "space", "threaded", "dynamic", "broken_helper"], name => AssertLibrary(report, name, name, "application"));
        Assert.All(((string[])["os", "sys", "_elementtree", "json", "math", "zlib"]).Except(absent), name => AssertLibrary(report, name, name, "stdlib"));
        AssertLibrary(report, "tree.deep.leaf", "tree", "application");
        AssertLibrary(report, "json.decoder", "json", "stdlib");
        return absent;
    }

    private static void AssertLibrary(ImportReport report, string module, string library, string kind)
    {
        Assert.Equal(library, report.Text(module, "library"));
        Assert.True(kind == report.Library(library).GetProperty("kind").GetString(), $"{library} is {report.Library(library)}");
    }

    private static void AssertOrderOfTimes(ImportReport report)
    {
        Assert.All([("tree", "tree.left"), ("tree", "tree.right"), ("tree.left", "tree.deep.leaf"), ("tree.right", "tree.deep.other"),
            ("space.first", "space"), ("circle.first", "circle"), ("circle.first", "circle.second"), ("broken", "broken_helper"),
            ("threaded.a", "threaded.only_a"), ("threaded.b", "threaded.only_b"), ("zipped.inner", "zipped")], pair => AssertContains(report, pair.Item1, pair.Item2));
        double? left = report.Number("tree.left", "start_ms");
        double? right = report.Number("tree.right", "start_ms");
        Assert.False(right < left, "tree.right began before tree.left");

        double? main = report.Number("tree", "thread");
        double? a = report.Number("threaded.a", "thread");
        double? b = report.Number("threaded.b", "thread");
        Assert.False(main is not null && (main == a || main == b), "threads of their own");
        Assert.False(a is not null && a == b, "a thread each");
        Assert.False(report.IsTimed("threaded.only_a") && report.Number("threaded.only_a", "thread") != a, "in the thread that imports it");
        Assert.False(report.IsTimed("threaded.only_b") && report.Number("threaded.only_b", "thread") != b, "in the thread that imports it");
    }

    private static void AssertContains(ImportReport report, string outer, string inner)
    {
        if (report.Names.Contains(inner) && report.Names.Contains(outer) && report.Number(inner, "inclusive_ms") is { } inside)
        {
            Assert.True(report.Number(outer, "inclusive_ms") >= inside, $"{outer} does not contain {inner}: {report.Module(outer)} {report.Module(inner)}");
            Assert.True(report.Number(outer, "start_ms") <= report.Number(inner, "start_ms"), $"{inner} began before {outer}");
        }
    }

    private static void AssertPhases(ImportReport report)
    {
        JsonElement phases = report.Root.GetProperty("phases");
        Assert.All(["launch_ms", "runtime_init_ms", "import_ms", "main_ms", "finalize_ms"],
            name => Assert.True(phases.TryGetProperty(name, out _), $"no {name}: {phases}"));
        JsonElement process = report.Root.GetProperty("process");
        Assert.Equal(0, process.GetProperty("exit_status").GetInt32());
        Assert.True(process.TryGetProperty("cpu_ms", out _) && process.TryGetProperty("peak_rss_kib", out _));
    }

    private static Dictionary<string, JsonElement> TruthOf(PythonInterpreter interpreter, WorkPlace place, string tree)
    {
        string script = place.Write("truth/truth.py", Truth);
        using TargetProcess process = TargetProcess.Launch([.. interpreter.Command, script, tree + "/app.py"]);
        process.Input.Close();
        string output = process.ReadToEnd();
        Assert.True(process.WaitForExit() == 0, process.Errors);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.EnumerateObject().ToDictionary(module => module.Name, module => module.Value.Clone());
    }
}
