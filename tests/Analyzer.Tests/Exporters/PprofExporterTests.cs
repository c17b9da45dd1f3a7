using System.IO.Compression;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Exporters.Pprof;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

public sealed class PprofExporterTests
{
    [Fact]
    public void Every_number_points_to_something()
    {
        PprofProfile file = Export(Samples.Small());
        Assert.Equal("", file.StringTable[0]);
        Assert.Equal(["samples", "wall"], file.SampleType.Select(type => file.StringTable[(int)type.Type]));
        HashSet<ulong> locations = [.. file.Location.Select(location => location.Id)];
        HashSet<ulong> functions = [.. file.Function.Select(function => function.Id)];
        Assert.DoesNotContain(0UL, locations);
        Assert.All(file.Sample, sample =>
        {
            Assert.Equal(file.SampleType.Count, sample.Value.Count);
            Assert.All(sample.LocationId, location => Assert.Contains(location, locations));
        });
        Assert.All(file.Location, location => Assert.All(location.Line, line => Assert.Contains(line.FunctionId, functions)));
    }

    [Fact]
    public void Samples_and_time_are_whole_and_the_leaf_comes_first()
    {
        PprofProfile file = Export(Samples.Small());
        Assert.Equal(38, file.Sample.Sum(sample => sample.Value[0]));
        PprofSample work = Assert.Single(file.Sample, sample => Name(file, sample.LocationId[0]) == "work;hard");
        Assert.Equal("<module>", Name(file, work.LocationId[^1]));
        Assert.InRange(work.Value[1], 10_000_000, 12_000_000);
    }

    private static string Name(PprofProfile file, ulong location)
    {
        ulong function = file.Location.Single(other => other.Id == location).Line[0].FunctionId;
        return file.StringTable[(int)file.Function.Single(other => other.Id == function).Name];
    }

    private static PprofProfile Export(RecordingScript script)
    {
        using var written = new MemoryStream();
        ProfileExporters.Find("pprof")!.Export(script.Report(), written, new ExportOptions());
        written.Position = 0;
        using var zip = new GZipStream(written, CompressionMode.Decompress);
        return PprofProfile.Parser.ParseFrom(zip);
    }
}
