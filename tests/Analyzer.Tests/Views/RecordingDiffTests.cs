using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Exporters.Diffs;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Analyzer.Views;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Views;

/// <summary>What differs between two recordings.</summary>
public sealed class RecordingDiffTests
{
    private const string Json = "/usr/lib/python3.11/json/__init__.py";

    /// <summary>A run that imports json, and numpy with what numpy imports.</summary>
    private static ReportModel Run(double jsonMs = 10, bool numpy = false, string version = "3.11.2", double rate = 1000, string numpyVersion = "1.24.2", string name = "numpy")
    {
        double end = 4 + jsonMs;
        RecordingScript script = new RecordingScript().Environment(rate).Image(0, ["python3", "app.py"]).Python(version).Thread(0, main: true)
            .Milestone(Milestone.InterpreterCreated, 1).Looks(2, 4, Py.Script(1))
            .Looks(4, end, [Py.Script(2), .. Py.Body("json", Json, 100)]).Module("json", Json).Module("__main__", "/app/app.py");
        if (numpy)
        {
            script.Looks(end, end + 20, [Py.Script(3), .. Py.Body(name, Samples.Numpy, 140)])
                .Looks(end + 20, end + 30, [Py.Script(3), .. Py.Body(name, Samples.Numpy, 141), .. Py.Body("ctypes", "/usr/lib/python3.11/ctypes/__init__.py", 9)])
                .Module(name, Samples.Numpy).Module("ctypes", "/usr/lib/python3.11/ctypes/__init__.py").Distribution(name, numpyVersion, name);
            end += 30;
        }

        return script.Looks(end, end + 5, Py.Script(4)).Milestone(Milestone.MainReturned, end + 5).End(end + 10).Report();
    }

    private static string Export(string format, RecordingDiff diff, bool verbose = false)
    {
        using var stream = new MemoryStream();
        DiffExporters.Find(format)!.Export(diff, stream, new ExportOptions { Verbose = verbose });
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    [Fact]
    public void TheSameIsNoDifference()
    {
        var diff = DiffBuilder.Of(Run(), Run());
        Assert.Empty(diff.Libraries);
        Assert.Empty(diff.Modules);
        Assert.Empty(diff.Environment);
        Assert.Contains("The same libraries and modules, in the same time.", Export("text", diff), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatCameIsNamedWithWhoImportsItAndWhatItBrings()
    {
        var diff = DiffBuilder.Of(Run(), Run(numpy: true));
        Assert.Equal(["numpy", "ctypes"], diff.Libraries.Select(library => library.Name));
        Assert.All(diff.Libraries, library => Assert.Equal(ChangeKind.Came, library.Change));
        Assert.Equal("app.py:3", diff.Libraries[0].Importer!.At);
        ModuleChange numpy = diff.Modules.Single(module => module.Name == "numpy");
        Assert.Equal((null, 1, 30.0), (numpy.With, numpy.Brings, numpy.InclusiveMs.After!.Value));
        ModuleChange brought = diff.Modules.Single(module => module.Name == "ctypes");
        Assert.Equal(("numpy", "numpy/__init__.py:141"), (brought.With, brought.Importer!.At));

        var back = DiffBuilder.Of(Run(numpy: true), Run());
        Assert.All(back.Libraries, library => Assert.Equal(ChangeKind.Went, library.Change));
    }

    [Fact]
    public void OnlyWhatIsBeyondNoiseGrew()
    {
        Assert.Empty(DiffBuilder.Of(Run(jsonMs: 10), Run(jsonMs: 11)).Modules);
        var diff = DiffBuilder.Of(Run(jsonMs: 10), Run(jsonMs: 30));
        ModuleChange json = Assert.Single(diff.Modules);
        Assert.Equal(("json", ChangeKind.Grew, 20.0), (json.Name, json.Change, json.Ms.Difference!.Value));
        Assert.Equal(ChangeKind.Shrank, Assert.Single(DiffBuilder.Of(Run(jsonMs: 30), Run(jsonMs: 10)).Libraries).Change);
        Assert.Contains("Taken for noise, and not listed: differences of times below", Export("text", diff), StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherVersionIsAChange()
    {
        LibraryChange numpy = Assert.Single(DiffBuilder.Of(Run(numpy: true), Run(numpy: true, numpyVersion: "2.0")).Libraries);
        Assert.Equal((ChangeKind.Changed, "1.24.2", "2.0"), (numpy.Change, numpy.VersionBefore, numpy.VersionAfter));
    }

    [Fact]
    public void OtherSurroundingsAreWarnedOf()
    {
        var diff = DiffBuilder.Of(Run(), Run(version: "3.12.1", rate: 5000));
        Assert.Equal(["Python", "rate"], diff.Environment.Select(change => change.What));
        Assert.Contains("Python 3.11.2 -> 3.12.1; rate 1000 Hz -> 5000 Hz", Export("text", diff).ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void JsonHasBothSidesAndNothingThatWasNotMeasured()
    {
        JsonElement root = JsonDocument.Parse(Export("json", DiffBuilder.Of(Run(), Run(numpy: true)))).RootElement;
        Assert.Equal("libprof-diff/1", root.GetProperty("schema").GetString());
        JsonElement imports = root.GetProperty("figures").GetProperty("import_ms");
        Assert.Equal((10.0, 40.0, false), (imports.GetProperty("before").GetDouble(), imports.GetProperty("after").GetDouble(), imports.GetProperty("noise").GetBoolean()));
        JsonElement numpy = root.GetProperty("libraries")[0];
        Assert.Equal(("numpy", "came", 3), (numpy.GetProperty("name").GetString(), numpy.GetProperty("change").GetString(), numpy.GetProperty("import_line").GetInt32()));
        Assert.False(numpy.GetProperty("init_ms").TryGetProperty("before", out _));
        Assert.Equal("1.24.2", numpy.GetProperty("version").GetProperty("after").GetString());
    }

    [Fact]
    public void NamesCannotBeMarkupInMarkdown()
    {
        const string Hostile = "a`b|<img src=x onerror=alert(1)>\n# c";
        string text = Export("markdown", DiffBuilder.Of(Run(), Run(numpy: true, name: Hostile)));
        Assert.Contains(@"``a`b\|<img src=x onerror=alert(1)>\n# c``", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\n# c", text, StringComparison.Ordinal);
        Assert.Contains("| imports | 10.0 ms | 40.0 ms | +30.0 ms | +300 % |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesCannotBeMarkupOnThePage()
    {
        const string Hostile = "a</code><script>alert(1)</script>\" onload='x' &lt;\n";
        string page = Export("html", DiffBuilder.Of(Run(), Run(numpy: true, name: Hostile, rate: 500)));

        // Well formed, so that it can be read as XML: what an element holds is then known for sure.
        XElement document = XDocument.Parse(page).Root!;
        Assert.DoesNotContain(document.Descendants(), element => element.Name.LocalName is "script" or "img");
        Assert.DoesNotContain(document.Descendants().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.Contains(document.Descendants("code"), element => element.Value == "a</code><script>alert(1)</script>\" onload='x' &lt;\\n");
        Assert.Contains(document.Descendants("p"), element => element.Value.StartsWith("The recordings were not made alike", StringComparison.Ordinal));
        string style = document.Descendants("style").Single().Value;
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        Assert.Contains($"default-src 'none'; style-src 'sha256-{hash}'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void ThePageHasWhatCameAndTheFigures()
    {
        XElement document = XDocument.Parse(Export("html", DiffBuilder.Of(Run(), Run(numpy: true)))).Root!;
        string[] rows = [.. document.Descendants("tr").Select(row => string.Join('|', row.Elements().Select(cell => cell.Value)))];

        Assert.Contains("imports|10.0 ms|40.0 ms|+30.0 ms|+300 %", rows);
        Assert.Contains(rows, row => row.StartsWith("numpy|came|1.24.2|", StringComparison.Ordinal) && row.EndsWith("|app.py:3", StringComparison.Ordinal));
        Assert.Contains("Modules that came: 2", document.Descendants("summary").Select(summary => summary.Value));
    }
}
