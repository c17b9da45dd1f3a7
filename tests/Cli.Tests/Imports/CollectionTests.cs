using System.Globalization;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Imports;

/// <summary>Garbage that is collected while something is imported: how long that took by the program's own clock, and by libprof.</summary>
public sealed class CollectionTests
{
    private const string Collecting =
        """
        import gc
        import time

        spent = 0.0
        begun = 0.0


        def note(phase, info):
            global begun, spent
            if phase == "start":
                begun = time.perf_counter()
            else:
                spent += time.perf_counter() - begun


        gc.collect()
        gc.callbacks.append(note)
        keep = [[] for _ in range(300000)]
        for _ in range(4):
            gc.collect()
        gc.callbacks.remove(note)
        gc.disable()
        """;

    private const string Program = "import collecting\nimport calm\nprint(collecting.spent)\n";
    private const string Calm = "import time\nend = time.perf_counter() + 0.05\nwhile time.perf_counter() < end:\n    pass\n";

    public static TheoryData<PythonInterpreter> Knowing => [.. Interpreters.OnePerMinor.Where(interpreter => interpreter.Version.Minor >= 7)];

    [Theory]
    [MemberData(nameof(Knowing))]
    public void CollectionsAreTold(PythonInterpreter interpreter)
    {
        using WorkPlace place = new(interpreter);
        _ = place.Write("collecting.py", Collecting);
        _ = place.Write("calm.py", Calm);
        string program = place.Write("program.py", Program);

        var report = ImportReport.Of([.. interpreter.Command, program]);

        double saidMs = 1e3 * double.Parse(report.Result.Output, CultureInfo.InvariantCulture);
        double foundMs = report.Root.GetProperty("collecting_ms").GetDouble();
        // One more collection than it counts, before there is anything to collect; each end is known to half the distance of two looks.
        Assert.InRange(foundMs, 0.8 * saidMs, (1.2 * saidMs) + 15);
    }
}
