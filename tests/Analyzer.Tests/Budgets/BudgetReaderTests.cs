using System.Text;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Tests.Budgets;

/// <summary>Budget files: what they may say, and what is refused with its line.</summary>
public sealed class BudgetReaderTests
{
    private static Budget Read(string text) => BudgetReader.Read(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void EveryKindOfRuleIsRead()
    {
        Budget budget = Read("""
            // Comments are fine,
            {
              "$schema": "anything",
              "init": ["error", "400 ms"],   /* and these */
              "total": "1.5 s",
              "cpu": "off",
              "memory": ["warn", "64 MiB"],
              "modules": 350,
              "libraries": ["warn", "12"],
              "max-unused": "10 %",
              "forbidden": ["warn", ["pandas", "scipy.*"]],
              "findings": { "unused-library": ["error", 0], "*": 3 },
              "exit-status": 2,
            }
            """);
        Assert.Equal(
            [
                ("init", BudgetLevel.Error, 400.0, 4), ("total", BudgetLevel.Error, 1500, 5), ("cpu", BudgetLevel.Off, 0, 6), ("memory", BudgetLevel.Warn, 65536, 7),
                ("modules", BudgetLevel.Error, 350, 8), ("libraries", BudgetLevel.Warn, 12, 9), ("max-unused", BudgetLevel.Error, 0.1, 10),
            ],
            budget.Rules.OfType<LimitRule>().Select(rule => (rule.Key, rule.Level, rule.Limit, rule.Place.Line)));
        AbsenceRule absence = Assert.Single(budget.Rules.OfType<AbsenceRule>());
        Assert.Equal((BudgetLevel.Warn, "pandas scipy.*"), (absence.Level, string.Join(' ', absence.Patterns.Select(pattern => pattern.Text))));
        Assert.Equal([("findings.unused-library", 0), ("findings.*", 3)], budget.Rules.OfType<FindingRule>().Select(rule => (rule.Key, rule.Most)));
        Assert.Equal(2, Assert.Single(budget.Rules.OfType<StatusRule>()).Status);
    }

    [Theory]
    [InlineData("\"400 ms\"", 400)]
    [InlineData("\"400ms\"", 400)]
    [InlineData("\"0.5 s\"", 500)]
    [InlineData("\"250 us\"", 0.25)]
    [InlineData("\"2 min\"", 120_000)]
    public void TimesHaveUnits(string limit, double ms) => Assert.Equal(ms, Read($"{{\"init\": {limit}}}").Rules.OfType<LimitRule>().Single().Limit, 9);

    [Theory]
    [InlineData("\"1 GiB\"", 1024 * 1024)]
    [InlineData("\"1024 B\"", 1)]
    [InlineData("\"512 KB\"", 500)]
    [InlineData("\"1.024 MB\"", 1000)]
    public void AmountsOfMemoryHaveUnits(string limit, double kib) => Assert.Equal(kib, Read($"{{\"memory\": {limit}}}").Rules.OfType<LimitRule>().Single().Limit, 9);

    [Theory]
    [InlineData(1, "a budget is an object", "[]")]
    [InlineData(1, "this is not JSON", "")]
    [InlineData(2, "this is not JSON", "{\n  \"init\" \"400 ms\"}")]
    [InlineData(3, "this is not JSON", "{\n  \"modules\": 3\n")]
    [InlineData(2, "this is not JSON", "{\"modules\": 3}\n{}")]
    [InlineData(0, "the budget has no rule", "{}")]
    [InlineData(3, "unknown key 'inti'", "{\n  \"modules\": 3,\n  \"inti\": \"400 ms\"\n}")]
    [InlineData(2, "unknown key 'entry-points'", "{\"entry-points\": {\"a.py\": {\n\"entry-points\": {}}}}")]
    [InlineData(2, "'init' is there twice", "{\"init\": \"1 s\",\n\"init\": \"2 s\"}")]
    [InlineData(1, "the limit of 'init' is a time such as \"400 ms\" or \"1.5 s\": 400 is none", "{\"init\": 400}")]
    [InlineData(1, "the limit of 'init' is a time", "{\"init\": \"400\"}")]
    [InlineData(1, "the limit of 'init' is a time", "{\"init\": \"400 MiB\"}")]
    [InlineData(1, "the limit of 'init' is a time", "{\"init\": \"-1 ms\"}")]
    [InlineData(1, "the limit of 'init' is a time", "{\"init\": \"0 ms\"}")]
    [InlineData(1, "the limit of 'init' is a time", "{\"init\": \"1e9 s\"}")]
    [InlineData(1, "the limit of 'init' is a time", "{\"init\": null}")]
    [InlineData(1, "the limit of 'init' is a time", "{\"init\": [\"error\", [\"400 ms\"]]}")]
    [InlineData(1, "the limit of 'modules' is a whole number such as 120: 1.5 is none", "{\"modules\": 1.5}")]
    [InlineData(1, "the limit of 'modules' is a whole number", "{\"modules\": -1}")]
    [InlineData(1, "the limit of 'max-unused' is a share", "{\"max-unused\": \"110 %\"}")]
    [InlineData(1, "the limit of 'max-unused' is a share", "{\"max-unused\": 0.1}")]
    [InlineData(1, "'init' has a level but no limit", "{\"init\": \"error\"}")]
    [InlineData(1, "'init' has a level but no limit", "{\"init\": [\"error\"]}")]
    [InlineData(1, "the first of 'init' is its level", "{\"init\": [\"fatal\", \"1 s\"]}")]
    [InlineData(1, "the first of 'init' is its level", "{\"init\": []}")]
    [InlineData(1, "'init' has more than a level and a limit", "{\"init\": [\"error\", \"1 s\", \"2 s\"]}")]
    [InlineData(1, "'forbidden' is a list", "{\"forbidden\": \"pandas\"}")]
    [InlineData(1, "after its level 'forbidden' has a list", "{\"forbidden\": [\"error\", \"pandas\"]}")]
    [InlineData(1, "'forbidden' lists names of libraries and modules; \"**\" is none", "{\"forbidden\": [\"**\"]}")]
    [InlineData(1, "'forbidden' lists names", "{\"forbidden\": [\"error\", [3]]}")]
    [InlineData(1, "'forbidden' has more than", "{\"forbidden\": [\"error\", [\"a\"], 3]}")]
    [InlineData(2, "unknown key 'unused'", "{\"findings\": {\n\"unused\": 0}}")]
    [InlineData(1, "'entry-points' is an object", "{\"entry-points\": []}")]
    [InlineData(1, "the rules of 'a.py' are an object", "{\"entry-points\": {\"a.py\": 3}}")]
    public void NonsenseIsRefusedWithItsLine(int line, string message, string text)
    {
        BudgetException exception = Assert.Throws<BudgetException>(() => Read(text));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.Equal(line, exception.Line);
    }

    [Fact]
    public void WhatIsNotUtf8IsRefusedWithItsLine()
    {
        BudgetException exception = Assert.Throws<BudgetException>(() => BudgetReader.Read([.. "{\n// "u8, 0xE9, .. "\n}"u8]));
        Assert.Equal((2, "the file is not UTF-8"), (exception.Line, exception.Message));
        Assert.Single(BudgetReader.Read([0xEF, 0xBB, 0xBF, .. "{\"modules\": 3}"u8]).Rules);
    }

    [Fact]
    public void RulesOfAnEntryPointReplaceGeneralOnes()
    {
        Budget budget = Read("""
            { "init": "1 s", "modules": 10, "entry-points": { "tool.py": { "init": "2 s" }, "-m pkg.*": { "modules": 99, "init": "off" } } }
            """);
        Assert.Equal([2000, 10], Limits(new EntryPoint(EntryPointKind.Script, "/src/tool.py")));
        Assert.Equal([0, 99], Limits(new EntryPoint(EntryPointKind.Module, "pkg.cli")));
        Assert.Equal([1000, 10], Limits(new EntryPoint(EntryPointKind.Script, "other_tool.py")));

        double[] Limits(EntryPoint entry) => [.. budget.For(entry).OfType<LimitRule>().Select(rule => rule.Limit)];
    }

    [Theory]
    [InlineData("python3 dir/app.py x", EntryPointKind.Script, "dir/app.py")]
    [InlineData("/usr/bin/python3.11 -Im pkg.tool -c", EntryPointKind.Module, "pkg.tool")]
    [InlineData("python -W ignore -X importtime -mpkg", EntryPointKind.Module, "pkg")]
    [InlineData("python -Wignore --check-hash-based-pycs always app.py", EntryPointKind.Script, "app.py")]
    [InlineData("python3 -Sc pass", EntryPointKind.Code, "-c")]
    [InlineData("python3", EntryPointKind.Code, "python3")]
    [InlineData("/opt/frozen/tool -m x", EntryPointKind.Program, "tool")]
    [InlineData("", EntryPointKind.Program, "")]
    public void EntryPointsAreFoundInCommandLines(string command, EntryPointKind kind, string name) =>
        Assert.Equal(new EntryPoint(kind, name), EntryPoint.Of(command.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    [InlineData("pandas", "pandas", true)]
    [InlineData("pandas", "pandas.core", false)]
    [InlineData("pandas*", "pandas.core", true)]
    [InlineData("*.tests.*", "numpy.tests.a.b", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("*a*b", "xaybzb", true)]
    [InlineData("", "", true)]
    public void WildcardsStandForCharacters(string pattern, string name, bool matches) => Assert.Equal(matches, NamePattern.Glob(pattern, name));

    [Fact]
    public void LibrariesAreMeantHoweverTheirNameIsWritten()
    {
        Assert.True(new NamePattern("Scikit_Learn").MatchesLibrary("scikit-learn"));
        Assert.True(new NamePattern("ruamel.*").MatchesLibrary("ruamel.yaml"));
        Assert.False(new NamePattern("Scikit").MatchesModule("scikit"));
    }
}
