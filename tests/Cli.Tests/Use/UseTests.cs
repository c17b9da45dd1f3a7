using System.Globalization;
using System.Text.Json;
using LibProf.Cli.Tests.Imports;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Use;

/// <summary>Verdicts on use against what sys.setprofile saw in another run of the same program, for every interpreter and way to end.</summary>
public sealed class UseTests
{
    private static readonly string[] s_modules = ["plain", "atinit", "never", "generators", "wrapped", "wrongly", "threads"];

    public static MatrixTheoryData<PythonInterpreter, string, int> Runs => new(Interpreters.All, ["return", "exit", "_exit", "kill"], [0, 60]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void NothingThatRanIsCalledUnused(PythonInterpreter interpreter, string ending, int milliseconds)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target (set LIBPROF_BINARY)");
        using WorkPlace place = new(interpreter);
        string directory = place.CopyTree("use");
        (HashSet<string> ever, HashSet<string> after) = Truth(interpreter, directory);
        using TemporaryDirectory reports = new();
        string file = reports["report.json"];
        LibProfProgram.Run(["run", "-q", "-f", "json", "-o", file, "--", .. interpreter.Command, $"{directory}/app.py", ending, milliseconds.ToString(CultureInfo.InvariantCulture)]);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        Dictionary<string, JsonElement> modules = json.RootElement.GetProperty("modules").EnumerateArray()
            .ToDictionary(module => module.GetProperty("name").GetString()!);
        foreach (string module in s_modules.Where(module => modules.TryGetValue(module, out JsonElement element) && element.TryGetProperty("use", out _)))
        {
            string use = modules[module].GetProperty("use").GetString()!;
            string text = $"{module}: {modules[module]}";
            Assert.False(use == "never" && ever.Contains(module), text);
            Assert.False(use == "not_since_init" && after.Contains(module), text);
            // A call with the wrong arguments leaves a mark in the oldest versions.
            Assert.False(use == "used" && !ever.Contains(module) && module != "wrongly", text);
        }
    }

    [Theory]
    [MemberData(nameof(EveryInterpreter))]
    public void AProgramThatRunsForAWhileIsKnownWell(PythonInterpreter interpreter)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target (set LIBPROF_BINARY)");
        using WorkPlace place = new(interpreter);
        string directory = place.CopyTree("use");
        using TemporaryDirectory reports = new();
        string file = reports["report.json"];
        string text = "";
        // A machine that is too busy may keep libprof from the last reading; the verdict is then unknown, as it has to be.
        for (int run = 0; run < 5; run++)
        {
            LibProfProgram.Run(["run", "-q", "-f", "json", "-o", file, "--", .. interpreter.Command, $"{directory}/app.py", "return", "200"]);
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            Dictionary<string, string> uses = json.RootElement.GetProperty("modules").EnumerateArray()
                .Where(module => s_modules.Contains(module.GetProperty("name").GetString()) && module.TryGetProperty("use", out _))
                .ToDictionary(module => module.GetProperty("name").GetString()!, module => module.GetProperty("use").GetString()!);
            text = string.Join(' ', uses);
            // Where some functions have no evidence, they are unknown for good.
            if (uses.GetValueOrDefault("plain") == "used" && uses.GetValueOrDefault("never") is "never" or "not_since_init" or "unknown"
                && (uses["never"] != "unknown" || interpreter.Version.Minor == 12))
            {
                return;
            }
        }

        Assert.Skip("too busy a machine: " + text);
    }

    public static TheoryData<PythonInterpreter> EveryInterpreter => [.. Interpreters.All];

    private static (HashSet<string> Ever, HashSet<string> After) Truth(PythonInterpreter interpreter, string directory)
    {
        using TargetProcess python = TargetProcess.Launch([.. interpreter.Command, $"{directory}/truth.py"]);
        using var json = JsonDocument.Parse(python.ReadToEnd());
        Assert.True(python.Finish() == 0, python.Errors);
        return (Names("ever"), Names("after"));

        HashSet<string> Names(string when) => [.. json.RootElement.GetProperty(when).EnumerateObject().Select(module => module.Name)];
    }
}
