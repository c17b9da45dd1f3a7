using System.Text.Json;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Imports;

/// <summary>The JSON report of one run, and what has to be true of any.</summary>
internal sealed class ImportReport
{
    /// <summary>Milliseconds that a sum of a few rounded figures may be off.</summary>
    private const double Rounding = 0.01;

    /// <summary>Runs at most before a machine counts as too busy for the test.</summary>
    private const int MostRuns = 6;

    private readonly Dictionary<string, JsonElement> _modules;

    private ImportReport(JsonElement root, LibProfResult result)
    {
        Root = root;
        Result = result;
        _modules = root.GetProperty("modules").EnumerateArray().ToDictionary(module => module.GetProperty("name").GetString()!);
    }

    /// <summary>The report.</summary>
    public JsonElement Root { get; }

    /// <summary>What libprof gave: status and output are the target's.</summary>
    public LibProfResult Result { get; }

    /// <summary>Names of all modules in the report's order.</summary>
    public IEnumerable<string> Names => _modules.Keys;

    /// <summary>Runs a command under libprof and checks what holds for every report.</summary>
    /// <param name="command">The command.</param>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="directory">Its working directory.</param>
    /// <param name="status">The status it has to end with.</param>
    public static ImportReport Of(IEnumerable<string> command, string? input = null, string? directory = null, int status = 0)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target: only the published binary sees it from its exec on (set LIBPROF_BINARY)");
        for (int run = 1; ; run++)
        {
            ImportReport report = RunOnce([.. command], input, directory, status);
            if (!report.WasStarved)
            {
                return report;
            }

            Assert.SkipWhen(run == MostRuns, $"too busy a machine: of {run} runs none got half of its looks, {report.Root.GetProperty("sampling")}");
        }
    }

    private static ImportReport RunOnce(string[] command, string? input, string? directory, int status)
    {
        using TemporaryDirectory place = new();
        string file = place["report.json"];
        LibProfResult result = LibProfProgram.Run(["run", "-q", "-f", "json", "-o", file, "--", .. command], input, workingDirectory: directory);
        Assert.True(result.Status == status, $"{string.Join(' ', command)}: status {result.Status}, {result.Errors}");
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var report = new ImportReport(json.RootElement.Clone(), result);
        report.AssertSound();
        return report;
    }

    /// <summary>
    /// Whether libprof was kept from the processor for much of the run, by its own account: most looks came too late, or the first one
    /// long after the launch. What it says then is right, but much is absent.
    /// </summary>
    private bool WasStarved
    {
        get
        {
            if (!Root.TryGetProperty("phases", out JsonElement phases))
            {
                return false;
            }

            JsonElement sampling = Root.GetProperty("sampling");
            double samples = Get(sampling, "samples");
            double missed = Get(sampling, "missed");
            return samples == 0 || missed > samples || Get(phases, "launch_ms") > 30;
        }
    }

    /// <summary>The share of the looks that were due but not taken.</summary>
    public double LostShare
    {
        get
        {
            JsonElement sampling = Root.GetProperty("sampling");
            double missed = sampling.GetProperty("missed").GetDouble();
            return missed / Math.Max(1, missed + sampling.GetProperty("samples").GetDouble());
        }
    }

    /// <summary>A module's entry; fails the test when there is none.</summary>
    public JsonElement Module(string name)
    {
        Assert.True(_modules.TryGetValue(name, out JsonElement module), $"{name} is not in the inventory: {string.Join(' ', Names)}");
        return module;
    }

    /// <summary>Whether the module's import was seen going on. A failed one that no look fell into is not even in the inventory.</summary>
    public bool IsTimed(string name) => _modules.TryGetValue(name, out JsonElement module) && module.TryGetProperty("inclusive_ms", out _);

    /// <summary>A text of a module; null when absent.</summary>
    public string? Text(string module, string property) =>
        Module(module).TryGetProperty(property, out JsonElement value) ? value.GetString() : null;

    /// <summary>A number of a module; null when absent.</summary>
    public double? Number(string module, string property) =>
        Module(module).TryGetProperty(property, out JsonElement value) ? value.GetDouble() : null;

    /// <summary>A module's time in one phase; null when it was not timed.</summary>
    public double? Phase(string module, string phase) =>
        Module(module).TryGetProperty("phases_ms", out JsonElement phases) ? phases.GetProperty(phase).GetDouble() : null;

    /// <summary>The entry of a library.</summary>
    public JsonElement Library(string name) => Root.GetProperty("libraries").EnumerateArray().Single(library => library.GetProperty("name").GetString() == name);

    private void AssertSound()
    {
        Assert.Equal("libprof/1", Root.GetProperty("schema").GetString());
        AssertNumbers(Root, "");
        foreach ((string name, JsonElement module) in _modules)
        {
            if (!module.TryGetProperty("inclusive_ms", out JsonElement inclusive))
            {
                Assert.All(["start_ms", "exclusive_ms", "phases_ms", "imported_by", "import_file", "import_line"],
                    property => Assert.False(module.TryGetProperty(property, out _), $"{name} was not timed, but has {property}"));
                continue;
            }

            double exclusive = module.GetProperty("exclusive_ms").GetDouble();
            double phases = module.GetProperty("phases_ms").EnumerateObject().Sum(phase => phase.Value.GetDouble());
            Assert.True(exclusive <= inclusive.GetDouble(), $"{name}: {module}");
            Assert.True(Math.Abs(phases - inclusive.GetDouble()) <= Rounding, $"{name}: phases do not sum to the inclusive time: {module}");
        }

        if (Root.GetProperty("process").TryGetProperty("python_version", out _))
        {
            AssertLibraries();
        }
    }

    private void AssertLibraries()
    {
        List<JsonElement> libraries = [.. Root.GetProperty("libraries").EnumerateArray()];
        double modules = _modules.Values.Sum(module => Get(module, "exclusive_ms"));
        double rounding = Rounding + 0.0005 * _modules.Count;
        Assert.Equal(modules, libraries.Sum(library => Get(library, "init_ms")), rounding);
        Assert.Equal(_modules.Count, libraries.Sum(library => library.GetProperty("modules").GetInt32()));
        Assert.All(_modules.Values, module => Assert.Contains(libraries, library => library.GetProperty("name").GetString() == module.GetProperty("library").GetString()));

        // Phases are disjoint and sum to the time from exec to exit, which shares are of.
        if (Root.TryGetProperty("phases", out JsonElement phases) && libraries.Count > 0
            && libraries.MaxBy(library => Get(library, "init_ms")) is var costly && Get(costly, "init_share") > 0.01)
        {
            double duration = Get(costly, "init_ms") / Get(costly, "init_share");
            double sum = phases.EnumerateObject().Sum(phase => phase.Value.GetDouble());
            Assert.True(Math.Abs(sum - duration) <= duration * 0.001, $"phases sum to {sum}, not to {duration}: {phases}");
        }
    }

    private static double Get(JsonElement element, string property) => element.TryGetProperty(property, out JsonElement value) ? value.GetDouble() : 0;

    private static void AssertNumbers(JsonElement element, string path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Number:
                // Changes of memory are below 0 where more was given back than taken.
                Assert.True(
                    double.IsFinite(element.GetDouble()) && (element.GetDouble() >= 0 || path.Contains("memory", StringComparison.Ordinal)), $"{path} is {element}");
                break;
            case JsonValueKind.Array:
                Assert.All(element.EnumerateArray(), item => AssertNumbers(item, path + "[]"));
                break;
            case JsonValueKind.Object:
                Assert.All(element.EnumerateObject(), item => AssertNumbers(item.Value, path + "." + item.Name));
                break;
            case JsonValueKind.Null:
                Assert.Fail($"{path} is null: what was not measured is absent");
                break;
        }
    }
}
