using System.Text.Json.Nodes;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Gates;

/// <summary>A program with an import that it does not use, as a review shows it: at the statement, in each of the formats for reviews.</summary>
public sealed class ReviewFormatsTests : IDisposable
{
    private readonly GateBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void AnUnusedImportIsShownAtItsStatement()
    {
        string recording = _bench.Record("with.libprof", "with/app.py");
        JsonNode run = _bench.Json(0, "report", "-f", "sarif", recording)["runs"]![0]!;
        JsonNode result = run["results"]!.AsArray().First(one => (string?)one!["ruleId"] == "unused-library" && ((string?)one["message"]!["text"])!.StartsWith(_bench.Heavy, StringComparison.Ordinal))!;
        JsonNode place = result["locations"]![0]!["physicalLocation"]!;
        Assert.Equal(("with/app.py", "%SRCROOT%", 2), ((string?)place["artifactLocation"]!["uri"], (string?)place["artifactLocation"]!["uriBaseId"], (int)place["region"]!["startLine"]!));
        Assert.NotNull(result["codeFlows"]);

        LibProfResult github = _bench.Run("report", "-f", "github", recording);
        Assert.Contains($"file=with/app.py,line=2,title=unused-library%3A {_bench.Heavy}::", github.Output, StringComparison.Ordinal);
        LibProfResult markdown = _bench.Run("report", "-f", "markdown", recording);
        Assert.Contains($"**unused-library** `{_bench.Heavy}`", markdown.Output, StringComparison.Ordinal);
        Assert.Equal((0, "", 0, ""), (github.Status, github.Errors, markdown.Status, markdown.Errors));
    }

    [Fact]
    public void WhatBreaksABudgetIsShownAtItsStatementOrAtTheRule()
    {
        _bench.Work.Write("budget.json", $$"""
            {
              "forbidden": ["error", ["{{_bench.Heavy}}"]],
              "modules": ["warn", 1],
            }
            """);
        string recording = _bench.Record("with.libprof", "with/app.py");
        LibProfResult github = _bench.Run("check", "-f", "github", "--budget", "budget.json", recording);
        Assert.Equal((1, ""), (github.Status, github.Errors));
        string[] lines = github.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("::error file=with/app.py,line=2,title=budget%3A forbidden::", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("::warning file=budget.json,line=3,title=budget%3A modules::", lines[1], StringComparison.Ordinal);

        JsonArray results = _bench.Json(1, "check", "-f", "sarif", "--budget", "budget.json", recording)["runs"]![0]!["results"]!.AsArray();
        Assert.Equal(["budget/forbidden", "budget/modules"], results.Select(result => (string?)result!["ruleId"]));
    }
}
