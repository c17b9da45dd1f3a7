using System.Text.RegularExpressions;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests;

public sealed partial class LayeringTests
{
    [Fact]
    public void The_analyzer_uses_no_namespace_of_the_sampler_but_recording()
    {
        string source = Sources.Directory("src/Analyzer");
        string[] files = [.. Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories).Where(file => !IsBuildOutput(source, file))];
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            foreach (Match match in SamplerNamespace().Matches(File.ReadAllText(file)))
            {
                Assert.True(match.Groups["room"].Value == "Recording", $"{Path.GetRelativePath(source, file)} uses {match.Value}");
            }
        }
    }

    [Fact]
    public void The_analyzer_has_no_packages_but_the_serialiser_and_no_unsafe_code()
    {
        string source = Sources.Directory("src/Analyzer");
        Assert.Equal(["Google.Protobuf", "Grpc.Tools"], Package().Matches(File.ReadAllText(Path.Combine(source, "Analyzer.csproj"))).Select(match => match.Groups["name"].Value));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories).Where(file => !IsBuildOutput(source, file)),
            file => Unsafe().IsMatch(File.ReadAllText(file)));
    }

    [Fact]
    public void Each_format_is_a_file_of_its_own()
    {
        string exporters = Path.Combine(Sources.Directory("src/Analyzer"), "Exporters");
        IEnumerable<string> files = Directory.EnumerateFiles(exporters, "*Exporter.cs").Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => !name.StartsWith('I'));

        Assert.Equal(files.Order(), LibProf.Analyzer.Exporters.ProfileExporters.All.Select(exporter => exporter.GetType().Name).Order());
    }

    private static bool IsBuildOutput(string source, string file) => Path.GetRelativePath(source, file).Split('/')[0] is "bin" or "obj";

    [GeneratedRegex(@"\bLibProf\.Sampler(\.(?<room>\w+))?")]
    private static partial Regex SamplerNamespace();

    [GeneratedRegex("<PackageReference Include=\"(?<name>[^\"]+)\"")]
    private static partial Regex Package();

    [GeneratedRegex(@"\bunsafe\b(?!-)")]
    private static partial Regex Unsafe();
}
