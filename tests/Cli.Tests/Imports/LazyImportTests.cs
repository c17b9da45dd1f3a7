using System.Text.Json;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Imports;

/// <summary>Lazy imports (PEP 810): declared at one place, loaded at another.</summary>
public sealed class LazyImportTests
{
    private const string Program =
        """
        lazy import tall
        lazy from wide import area
        import plain


        def work():
            return tall.HEIGHT


        work()
        area(2)
        """;

    private const string Module = "import time\nHEIGHT = 3\nend = time.time() + 0.02\nwhile time.time() < end:\n    pass\n\n\ndef area(side):\n    return side * side\n";

    public static TheoryData<PythonInterpreter> WithLazyImports => [.. Interpreters.All.Where(interpreter => interpreter.Version.Minor >= 15)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(WithLazyImports))]
    public void TheUseIsTheImporterAndTheDeclarationIsTold(PythonInterpreter interpreter)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target (set LIBPROF_BINARY)");
        using WorkPlace place = new(interpreter);
        string program = place.Write("program.py", Program);
        foreach (string name in (string[])["tall", "wide", "plain"])
        {
            _ = place.Write(name + ".py", Module);
        }

        using TemporaryDirectory reports = new();
        string file = reports["report.json"];
        LibProfResult result = LibProfProgram.Run(["run", "-q", "-f", "json", "-o", file, "--", .. interpreter.Command, program]);
        Assert.True(result.Status == 0, result.Errors);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        Dictionary<string, JsonElement> modules = json.RootElement.GetProperty("modules").EnumerateArray().ToDictionary(module => module.GetProperty("name").GetString()!);
        Assert.Equal((7, 1), LinesOf(modules["tall"]));
        Assert.Equal((11, 2), LinesOf(modules["wide"]));
        Assert.Equal((3, null), LinesOf(modules["plain"]));
        Assert.Equal(program, modules["tall"].GetProperty("declared_file").GetString());
        Assert.Equal("__main__", modules["tall"].GetProperty("declared_by").GetString());
    }

    private static (int Use, int? Declaration) LinesOf(JsonElement module) =>
        (module.GetProperty("import_line").GetInt32(), module.TryGetProperty("declared_line", out JsonElement line) ? line.GetInt32() : null);
}
