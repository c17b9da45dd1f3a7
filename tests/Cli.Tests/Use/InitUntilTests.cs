using System.Text.Json;
using LibProf.Cli.Tests.Imports;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Use;

/// <summary><c>--init-until</c>: where initialisation ends is said by the user.</summary>
public sealed class InitUntilTests
{
    private const string Work = "import time\n\n\ndef go(seconds):\n    end = time.time() + seconds\n    while time.time() < end:\n        pass\n";

    public static TheoryData<PythonInterpreter> EveryInterpreter => [.. Interpreters.All];

    [Theory]
    [MemberData(nameof(EveryInterpreter))]
    public void WhatComesBeforeTheFunctionsFirstCallIsInitialisation(PythonInterpreter interpreter)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target (set LIBPROF_BINARY)");
        using WorkPlace place = new(interpreter);
        _ = place.Write("early.py", Work);
        _ = place.Write("late.py", Work);
        string program = place.Write("program.py", "import early\nimport late\n\nearly.go(0.1)\nlate.go(0.1)\n");
        Assert.NotEqual(0, SamplesAfterInit("early", []));
        Assert.InRange(SamplesAfterInit("early", ["--init-until", "late:go"]), 0, SamplesAfterInit("late", ["--init-until", "late:go"]) / 4);

        long SamplesAfterInit(string module, string[] options)
        {
            using TemporaryDirectory reports = new();
            string file = reports["report.json"];
            LibProfResult result = LibProfProgram.Run(["run", "-q", "-f", "json", "-o", file, .. options, "--", .. interpreter.Command, program]);
            Assert.True(result.Status == 0, result.Errors);
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            JsonElement found = json.RootElement.GetProperty("modules").EnumerateArray().First(element => element.GetProperty("name").GetString() == module);
            return found.TryGetProperty("samples_after_init", out JsonElement samples) ? samples.GetInt64() : 0;
        }
    }
}
