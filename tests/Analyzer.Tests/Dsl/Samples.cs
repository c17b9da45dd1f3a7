using System.Text.Json;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Dsl;

/// <summary>Recordings that several tests share, and ways to read what exporters wrote.</summary>
public static class Samples
{
    public const string Numpy = "/usr/lib/python3/dist-packages/numpy/__init__.py";

    /// <summary>A small program that imports numpy (with an extension), json, and something that does not exist.</summary>
    public static RecordingScript Small() => new RecordingScript().Environment()
        .Image(0, ["sh", "start.sh"]).End(2, replaced: true)
        .Image(2, ["python3", "app.py", "two words"])
        .Python()
        .Thread(0, main: true)
        .Milestone(Milestone.InterpreterCreated, 6)
        .Looks(8, 9, Py.FindSpec("encodings"))
        .Milestone(Milestone.FirstFrame, 8)
        .Looks(9, 12, Py.Body("site", "<frozen site>", 612))
        .Looks(12, 14, Py.Script(1))
        .Looks(14, 16, [Py.Script(2), .. Py.FindSpec("numpy")])
        .Looks(16, 20, [Py.Script(2), .. Py.Body("numpy", Numpy, 140)])
        .Looks(20, 30, [Py.Script(2), .. Py.Body("numpy", Numpy, 141), .. Py.CreateExtension("numpy.core._multiarray")])
        .Looks(30, 33, [Py.Script(2), .. Py.Body("numpy", Numpy, 142), .. Py.Compile("numpy.lib")])
        .Looks(33, 34, [Py.Script(3), .. Py.FindSpec("no_such_thing")])
        .CutLook(34, Py.Script(5))
        .Looks(35, 46, Py.Script(5), Py.Code("/app/app.py", "work;hard", 20))
        .Milestone(Milestone.MainReturned, 46)
        .Milestone(Milestone.Finalizing, 47)
        .Module("sys", kind: ModuleKind.Builtin)
        .Module("encodings", "/usr/lib/python3.11/encodings/__init__.py")
        .Module("site", "/usr/lib/python3.11/site.py")
        .Module("__main__", "/app/app.py")
        .Module("numpy", Numpy)
        .Module("numpy.core._multiarray", "/usr/lib/python3/dist-packages/numpy/core/_multiarray.so", ModuleKind.Extension)
        .Module("numpy.lib", "/usr/lib/python3/dist-packages/numpy/lib.py")
        .Module("errno", kind: ModuleKind.Builtin)
        .Distribution("numpy", "1.24.2", "numpy", "numpy.core._multiarray", "numpy.lib")
        .Statistics(new SamplingStatistics
        {
            DurationNs = RecordingScript.Ns(48),
            Samples = 38,
            Cut = 1,
            Missed = 2,
            Failures = new Dictionary<SampleFailure, long> { [SampleFailure.Torn] = 3 },
        })
        .End(50, status: 7);

    /// <summary>What a format makes of a report.</summary>
    public static string Export(string format, ReportModel report, ExportOptions? options = null)
    {
        using var stream = new MemoryStream();
        ProfileExporters.Find(format)!.Export(report, stream, options ?? new ExportOptions());
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    public static JsonElement Json(RecordingScript script) => JsonDocument.Parse(Export("json", script.Report())).RootElement;
}
