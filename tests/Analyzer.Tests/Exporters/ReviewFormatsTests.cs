using System.Text.Json;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Exporters.Diffs;
using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

/// <summary>Markdown, SARIF and annotations: what a target calls its modules and files is neither markup nor a command.</summary>
public sealed class ReviewFormatsTests
{
    [Fact]
    public void A_name_cannot_end_an_annotation_or_begin_another()
    {
        string text = Samples.Export("github", HostileReport.Make());
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Matches("^::(warning|notice) (file=[^,:]+,(line=[0-9]+,)?)?title=[^,:]+::[^\r]*$", line));
        Assert.Contains("::warning file=odd%3A na%2Cme%25.py,line=7,title=compiled-at-start%3A ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("%0Ay", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_without_a_file_or_a_line_is_told_all_the_same()
    {
        Assert.Contains("::warning title=compiled-at-start", Samples.Export("github", HostileReport.Make(file: "<string>")), StringComparison.Ordinal);
        Assert.Contains("::warning file=app.py,title=compiled-at-start", Samples.Export("github", HostileReport.Make(file: "/app/app.py", line: 0)), StringComparison.Ordinal);
        JsonElement result = Assert.Single(Results(HostileReport.Make(file: "<string>")));
        Assert.Equal(0, result.GetProperty("locations").GetArrayLength());
        result = Assert.Single(Results(HostileReport.Make(file: "/app/app.py", line: 0)));
        Assert.False(result.GetProperty("locations")[0].GetProperty("physicalLocation").TryGetProperty("region", out _));
    }

    [Fact]
    public void A_result_has_its_rule_its_statement_and_a_fingerprint_that_does_not_know_the_line()
    {
        JsonElement run = JsonDocument.Parse(Samples.Export("sarif", HostileReport.Make())).RootElement.GetProperty("runs")[0];
        JsonElement result = Assert.Single(run.GetProperty("results").EnumerateArray());
        JsonElement rules = run.GetProperty("tool").GetProperty("driver").GetProperty("rules");
        Assert.Equal("compiled-at-start", result.GetProperty("ruleId").GetString());
        Assert.Equal("compiled-at-start", rules[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString());
        Assert.Equal("file:///app/", run.GetProperty("originalUriBaseIds").GetProperty("%SRCROOT%").GetProperty("uri").GetString());
        JsonElement place = result.GetProperty("locations")[0].GetProperty("physicalLocation");
        Assert.Equal("odd%3A%20na%2Cme%25.py", place.GetProperty("artifactLocation").GetProperty("uri").GetString());
        Assert.Equal("%SRCROOT%", place.GetProperty("artifactLocation").GetProperty("uriBaseId").GetString());
        Assert.Equal(7, place.GetProperty("region").GetProperty("startLine").GetInt32());
        Assert.Equal("warning", result.GetProperty("level").GetString());
        string message = result.GetProperty("message").GetProperty("text").GetString()!;
        Assert.Contains("{{0}}", message, StringComparison.Ordinal);
        Assert.Contains(@"\[l\](https", message, StringComparison.Ordinal);

        JsonElement moved = Assert.Single(Results(HostileReport.Make(line: 99)));
        Assert.Equal(result.GetProperty("partialFingerprints").GetRawText(), moved.GetProperty("partialFingerprints").GetRawText());
        JsonElement elsewhere = Assert.Single(Results(HostileReport.Make(directory: "/")));
        Assert.NotEqual(result.GetProperty("partialFingerprints").GetRawText(), elsewhere.GetProperty("partialFingerprints").GetRawText());
    }

    [Fact]
    public void Rules_are_the_patterns_with_help()
    {
        JsonElement rules = JsonDocument.Parse(Samples.Export("sarif", Samples.Small().Report())).RootElement.GetProperty("runs")[0].GetProperty("tool").GetProperty("driver").GetProperty("rules");
        Assert.Equal(FindingsReport.Patterns, rules.EnumerateArray().Select(rule => rule.GetProperty("id").GetString()));
        Assert.All(rules.EnumerateArray(), rule => Assert.Contains("What to do: ", rule.GetProperty("help").GetProperty("text").GetString()!, StringComparison.Ordinal));
        string docs = File.ReadAllText(Path.Combine(Sources.Directory("docs"), "findings.md"));
        Assert.All(FindingsReport.Patterns, pattern => Assert.Contains($"| `{pattern}` |", docs, StringComparison.Ordinal));
    }

    [Fact]
    public void The_place_of_a_finding_is_in_the_project_where_that_leads_to_it()
    {
        var places = new SourcePlaces("/app", ["/app/.venv/lib/python3.11/site-packages", "/usr/lib/python3.11", "/app"]);
        var finding = new Finding
        {
            Pattern = "unused-library",
            Subject = "x",
            Library = "x",
            Confidence = FindingConfidence.Proof,
            Evidence = "",
            Suggestion = "",
            Chain = [new("app.py", 3, "lib"), new("/app/pkg/../pkg/a.py", 4, "lib.b"), new("/app/.venv/lib/python3.11/site-packages/lib/b.py", 5, "x")],
            Edits = [new("lib.b", "lib", "/app/.venv/lib/python3.11/site-packages/lib/b.py", 5, "x", "", [])],
        };
        Assert.Equal(("pkg/a.py", 4), (places.Primary(finding)!.Path, places.Primary(finding)!.Line!.Value));
        Assert.Equal([".venv/lib/python3.11/site-packages/lib/b.py"], places.Statements(finding).Select(place => place.Path));
        Assert.Equal(["app.py", "pkg/a.py", ".venv/lib/python3.11/site-packages/lib/b.py"], places.Chain(finding.Chain).Select(place => place.Path));
        Assert.Equal("/usr/lib/python3.11/os.py", places.Of("/usr/lib/python3.11/os.py", 1, "")!.Path);
        Assert.Null(places.Of("<frozen os>", 1, ""));
        Assert.Null(places.Of("a\0b", 1, ""));
        Assert.Equal("rel.py", new SourcePlaces("", []).Of("rel.py", 0, "")!.Path);
    }

    [Fact]
    public void A_path_becomes_a_uri()
    {
        Assert.Equal("file:///a%20b/%C3%A9%23%3F.py", SourcePlaces.Uri("/a b/\u00e9#?.py"));
        Assert.Equal("x%FF.py", SourcePlaces.Uri("x\udcff.py"));
        Assert.Equal("%F0%9F%98%80%EF%BF%BD", SourcePlaces.Uri("\ud83d\ude00\ud800"));
    }

    [Fact]
    public void Markdown_holds_names_as_code()
    {
        string text = Samples.Export("markdown", HostileReport.Make());
        string bare = System.Text.RegularExpressions.Regex.Replace(text, "(`+)(?!`).*?(?<!`)\\1(?!`)", "");
        Assert.DoesNotContain("<img", bare, StringComparison.Ordinal);
        Assert.DoesNotContain("@someone", bare, StringComparison.Ordinal);
        Assert.DoesNotContain("](", bare, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", text, StringComparison.Ordinal);
        Assert.DoesNotContain("**b**", bare, StringComparison.Ordinal);
        Assert.Contains("acting on 1 finding would save", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no function of 214 ran; saves 1.5 ms", "no function of 214 ran; saves 1.5 ms")]
    [InlineData("remove 'import pandas': nothing", "remove 'import pandas': nothing")]
    [InlineData("at a_b.py:3, then", "at `a_b.py:3`, then")]
    [InlineData("see www.evil.example now", "see `www.evil.example` now")]
    [InlineData("@team #12 GH-7 deadbeef :smile: a*b", "`@team` `#12` `GH-7` `deadbeef` `:smile`: `a*b`")]
    [InlineData("http://x.example/) <b>", "`http://x.example/`) `<b>`")]
    [InlineData("a`b", "``a`b``")]
    public void Sentences_keep_plain_words_only(string sentence, string markdown) => Assert.Equal(markdown, MarkdownText.Sentence(sentence));

    [Fact]
    public void Markdown_of_what_is_not_python_says_so() =>
        Assert.Contains("no Python was seen", Samples.Export("markdown", new RecordingScript().Environment().Image(0, ["ls"]).End(3).Report()), StringComparison.Ordinal);

    [Fact]
    public void Formats_have_names_and_descriptions_of_their_own()
    {
        Assert.Equal(ProfileExporters.All.Count, ProfileExporters.All.Select(format => format.Name).Distinct().Count());
        Assert.Equal(ProfileExporters.All.Count, ProfileExporters.All.Select(format => format.FileExtension).Distinct().Count());
        Assert.All(ProfileExporters.All, format => Assert.NotEmpty(format.Description));
        Assert.NotEmpty(DiffExporters.All);
    }

    private static JsonElement.ArrayEnumerator Results(ReportModel report) =>
        JsonDocument.Parse(Samples.Export("sarif", report)).RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray();
}
