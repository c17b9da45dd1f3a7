using System.Text.RegularExpressions;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>Knowledge about CPython versions stays in CPythonLayouts: whoever asks "is this 3.11 or newer?" elsewhere lacks a field in a layout.</summary>
public sealed partial class VersionComparisonTests
{
    [Fact]
    public void NoOtherProjectComparesPythonVersions()
    {
        string sources = Path.Combine(RepositoryRoot(), "src");
        string own = Path.Combine(sources, "CPythonLayouts") + Path.DirectorySeparatorChar;
        List<string> found = [];
        foreach (string file in Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories))
        {
            if (file.StartsWith(own, StringComparison.Ordinal) || file.Contains("/obj/", StringComparison.Ordinal) || file.Contains("/bin/", StringComparison.Ordinal))
            {
                continue;
            }

            foreach ((int index, string line) in File.ReadLines(file).Index())
            {
                string code = LineComment().Replace(line, "");
                if (Comparison().IsMatch(code))
                {
                    found.Add($"{Path.GetRelativePath(sources, file)}:{index + 1}: {line.Trim()}");
                }
            }
        }

        Assert.Empty(found);
    }

    [Theory]
    [InlineData("if (version.Minor >= 11)")]
    [InlineData("return layout.Version < new CPythonVersion(3, 11, 0);")]
    [InlineData("version is { Major: 3, Minor: >= 12 }")]
    [InlineData("pythonVersion >= s_311")]
    [InlineData("Version.CompareTo(other)")]
    [InlineData("version.Hex > 0x030B0000")]
    public void TheSearchFindsWhatItShould(string code) => Assert.Matches(Comparison(), code);

    [Theory]
    [InlineData("string text = layout.Version.ToString();")]
    [InlineData("CPythonVersion version = CPythonVersion.FromHex(hex);")]
    [InlineData("List<CPythonVersion> versions = [];")]
    [InlineData("$\"python{version.Major}.{version.Minor}/lib\"")]
    [InlineData("version = new CPythonVersion(major, minor, micro);")]
    public void TheSearchLeavesOtherUsesAlone(string code) => Assert.DoesNotMatch(Comparison(), code);

    private static string RepositoryRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "LibProf.Native.sln")))
        {
            directory = directory.Parent;
        }

        Assert.SkipWhen(directory is null, "the tests run away from the repository");
        return directory!.FullName;
    }

    [GeneratedRegex(@"//.*$")]
    private static partial Regex LineComment();

    [GeneratedRegex(@"\.(Minor|Micro)\b(?!\})|\b(Minor|Micro):|(?<!<\w*)[vV]ersion\s*(<=?|>=?|==|!=)\s*[\w(]|[vV]ersion\.(CompareTo|Equals)\b|\.Hex\s*(<|>|&|==)|new CPythonVersion\(\s*\d")]
    private static partial Regex Comparison();
}
