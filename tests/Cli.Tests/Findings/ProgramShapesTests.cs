using System.IO.Compression;
using System.Text.Json;
using LibProf.Cli.Tests.Imports;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Findings;

/// <summary>
/// A program that needs all it imports but one module, mostly in ways that leave no mark, and that ends at once: whatever way it is started,
/// the one is found, and none of the others.
/// </summary>
public sealed class ProgramShapesTests
{
    private const string Idle = "unused-library:shop.idle";

    public static MatrixTheoryData<PythonInterpreter, string> Shapes => new(Interpreters.OnePerMinor, ["script", "module", "runpy", "zipapp"]);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void OnlyTheIdleModuleIsFound(PythonInterpreter interpreter, string shape)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target (set LIBPROF_BINARY)");
        using WorkPlace place = new(interpreter);
        string directory = place.CopyTree("findings");
        string[] program = shape switch
        {
            "script" => ["-c", $"import sys; sys.path.insert(0, '{directory}'); from shop import app; app.main()"],
            "module" => ["-m", "shop.app"],
            "runpy" => [$"{directory}/by_runpy.py"],
            _ => [Archive(place)],
        };
        using TemporaryDirectory reports = new();
        string file = reports["report.json"];
        Dictionary<string, string?> environment = new() { ["PYTHONPATH"] = directory };
        // A machine that is too busy may keep libprof from the last reading: then it finds nothing, and never too much.
        for (int run = 0; run < 5; run++)
        {
            LibProfResult result = LibProfProgram.Run(["run", "-q", "-f", "json", "-o", file, "--", .. interpreter.Command, .. program], input: null, environment);
            Assert.True(result.Status == 0, result.Errors);
            Assert.Equal("6 [0, 1, 4] ['hello']", result.Output.Trim());
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            List<JsonElement> found = json.RootElement.TryGetProperty("findings", out JsonElement findings)
                ? [.. findings.EnumerateArray().Where(finding => finding.GetProperty("id").GetString()!.Contains(":shop", StringComparison.Ordinal)
                    && finding.GetProperty("pattern").GetString() != "compiled-at-start")] : [];
            Assert.All(found, finding => Assert.Equal(Idle, finding.GetProperty("id").GetString()));
            if (found.Count == 1)
            {
                Assert.EndsWith("app.py", found[0].GetProperty("edits")[0].GetProperty("file").GetString(), StringComparison.Ordinal);
                Assert.Equal(4, found[0].GetProperty("edits")[0].GetProperty("line").GetInt32());
                return;
            }
        }

        Assert.Skip("too busy a machine");
    }

    private static string Archive(WorkPlace place)
    {
        using ZipArchive archive = ZipFile.Open(place.Outside("shop.pyz"), ZipArchiveMode.Create);
        foreach (string path in Directory.EnumerateFiles(place.Outside("findings/shop"), "*.py"))
        {
            _ = archive.CreateEntryFromFile(path, "shop/" + Path.GetFileName(path));
        }

        using StreamWriter main = new(archive.CreateEntry("__main__.py").Open());
        main.Write("from shop import app\napp.main()\n");
        return place["shop.pyz"];
    }
}
