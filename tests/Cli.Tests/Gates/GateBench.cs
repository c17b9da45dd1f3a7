using System.Text.Json.Nodes;
using LibProf.Cli.Tests.BadInput;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Gates;

/// <summary>A program that gains an import, and recordings of it.</summary>
internal sealed class GateBench : IDisposable
{
    /// <summary>Recordings of a program at most before a machine counts as too busy for the test.</summary>
    private const int MostRuns = 12;

    private readonly BadInputBench _bench = new();

    /// <summary>Makes the program in two versions, without and with the import.</summary>
    public GateBench()
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target: only the published binary sees it from its exec on (set LIBPROF_BINARY)");
        Heavy = Launching.Run([Launching.Python, "-c", "import pandas"], environment: []).Status == 0 ? "pandas" : "asyncio";
        Directory.CreateDirectory(Work["without"]);
        Directory.CreateDirectory(Work["with"]);
        Work.Write("without/app.py", "import json\nprint(json.dumps([1]))\n");
        Work.Write("with/app.py", $"import json\nimport {Heavy}\nprint(json.dumps([1]))\n");
    }

    /// <summary>The import that is gained: pandas, where it is installed, else the heaviest of the standard library.</summary>
    public string Heavy { get; }

    /// <summary>The working directory.</summary>
    public TemporaryDirectory Work => _bench.Work;

    /// <summary>Runs libprof.</summary>
    public LibProfResult Run(params IEnumerable<string> arguments) => _bench.Run(arguments);

    /// <summary>Starts libprof and does not wait.</summary>
    public TargetProcess Start(params IEnumerable<string> arguments) => _bench.Start(arguments);

    /// <summary>
    /// Records a program and gives the recording's name. Made again when libprof was kept from the processor so long, by the recording's
    /// own account, that it did not see the Python or not what ran until its end: what was not measured, no gate can judge.
    /// </summary>
    public string Record(string name, params string[] command)
    {
        for (int run = 1; ; run++)
        {
            LibProfResult result = Run(["run", "-q", "-o", name, "--", Launching.Python, .. command]);
            Assert.True(result.Status == 0, result.ToString());
            JsonNode report = Json(0, "report", "-q", "-f", "json", name);
            // Without findings nor a word of there being none: what ran was not followed to the end.
            if (report["process"]!["python_version"] is not null && (int)report["sampling"]!["samples"]! > 0 && report["findings"] is not null)
            {
                return name;
            }

            Assert.SkipWhen(run == MostRuns, $"too busy a machine: none of {run} recordings is whole, {report["sampling"]}");
        }
    }

    /// <summary>The JSON that libprof writes to its standard output.</summary>
    public JsonNode Json(int status, params IEnumerable<string> arguments)
    {
        LibProfResult result = Run(arguments);
        Assert.True(result.Status == status, result.ToString());
        return JsonNode.Parse(result.Output)!;
    }

    /// <inheritdoc/>
    public void Dispose() => _bench.Dispose();
}
