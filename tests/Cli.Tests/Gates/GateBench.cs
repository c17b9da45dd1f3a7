using System.Text.Json.Nodes;
using LibProf.Cli.Tests.BadInput;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Gates;

/// <summary>A program that gains an import, and recordings of it.</summary>
internal sealed class GateBench : IDisposable
{
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

    /// <summary>Records a program and gives the recording's name.</summary>
    public string Record(string name, params string[] command)
    {
        LibProfResult result = Run(["run", "-q", "-o", name, "--", Launching.Python, .. command]);
        Assert.True(result.Status == 0, result.ToString());
        return name;
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
