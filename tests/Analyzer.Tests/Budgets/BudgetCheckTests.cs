using System.Text;
using System.Text.Json;
using LibProf.Analyzer.Budgets;
using LibProf.Analyzer.Exporters.Checks;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Budgets;

/// <summary>Recordings against budgets.</summary>
public sealed class BudgetCheckTests
{
    private static BudgetReport Check(string budget, params ReportModel[] reports) => BudgetCheck.Of(BudgetReader.Read(Encoding.UTF8.GetBytes(budget)), reports);

    /// <summary>A run of app.py that imports numpy, in so many milliseconds.</summary>
    private static ReportModel Run(double importMs = 20, string version = "3.11.2", int status = 0, string file = "app.py", bool numpy = true)
    {
        RecordingScript script = new RecordingScript().Environment().Image(0, ["python3", file]).Python(version).Thread(0, main: true)
            .Milestone(Milestone.InterpreterCreated, 1).Looks(2, 4, Py.Script(1));
        double end = 4;
        if (numpy)
        {
            end += importMs;
            script.Looks(4, end, [Py.Script(3), .. Py.Body("numpy", Samples.Numpy, 140)])
                .Module("numpy", Samples.Numpy).Distribution("numpy", "1.24.2", "numpy");
        }

        return script.Looks(end, end + 5, Py.Script(4)).Module("__main__", "/app/app.py").Milestone(Milestone.MainReturned, end + 5).End(end + 10, status).Report();
    }

    private static RuleResult Only(BudgetReport report, string key) => report.Entries.Single().Rules.Single(rule => rule.Rule.Key == key);

    [Fact]
    public void WhatIsWithinItsLimitPasses()
    {
        BudgetReport report = Check("""{ "init": "25 ms", "total": "1 s", "memory": "21 MiB", "modules": 2, "libraries": 1, "forbidden": ["pandas"] }""", Run());
        Assert.False(report.Fails);
        Assert.All(report.Entries.Single().Rules, rule => Assert.Equal(RuleOutcome.Kept, rule.Outcome));
        Assert.EndsWith("\nWithin the budget.\n", CheckText.Render(report, brokenOnly: false), StringComparison.Ordinal);
        Assert.Equal("", CheckText.Render(report, brokenOnly: true));
    }

    [Fact]
    public void WhatIsAboveItsLimitFailsAndNamesWhoImportsIt()
    {
        BudgetReport report = Check("""{ "init": "15 ms", "modules": ["warn", 1], "forbidden": ["error", ["pandas", "num*"]] }""", Run());
        Assert.True(report.Fails);
        RuleResult init = Only(report, "init");
        Assert.Equal((RuleOutcome.Broken, true), (init.Outcome, init.Fails));
        Offender costliest = Assert.Single(init.Offenders);
        Assert.Equal(("numpy", "app.py:3"), (costliest.Name, costliest.Importer!.At));
        Assert.Equal(RuleOutcome.Broken, Only(report, "modules").Outcome);
        Assert.False(Only(report, "modules").Fails);
        Assert.Equal("app.py:3", Assert.Single(Only(report, "forbidden").Offenders).Importer!.At);

        string text = CheckText.Render(report, brokenOnly: false);
        Assert.Contains("  error  forbidden    numpy is loaded and must not be\n", text, StringComparison.Ordinal);
        Assert.Contains("app.py:3 imports numpy\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\nThe budget is exceeded: 2 errors, 1 warning.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralRecordingsCountByTheirMedian()
    {
        const string Budget = """{ "init": "25 ms" }""";
        Assert.False(Check(Budget, Run(20), Run(200), Run(21)).Fails);
        Assert.True(Check(Budget, Run(20), Run(200), Run(40)).Fails);
        Assert.Equal(3, Check(Budget, Run(20), Run(200), Run(40)).Entries.Single().Recordings);
    }

    [Fact]
    public void WhatMustNotBeLoadedMustNotBeInAnyOfThem()
    {
        BudgetReport report = Check("""{ "forbidden": ["numpy"] }""", Run(numpy: false), Run(numpy: false), Run());
        Assert.True(report.Fails);
        Assert.Equal("in 1 of 3 recordings", Only(report, "forbidden").Offenders.Single().Note);
    }

    [Fact]
    public void AProgramThatFailedIsNotWithinTheBudget()
    {
        Assert.True(Check("""{ "init": "1 s" }""", Run(status: 1)).Fails);
        Assert.False(Check("""{ "init": "1 s", "exit-status": 1 }""", Run(status: 1)).Fails);
        Assert.False(Check("""{ "init": "1 s", "exit-status": "off" }""", Run(status: 3)).Fails);
    }

    [Fact]
    public void EntryPointsAreCheckedApart()
    {
        BudgetReport report = Check(
            """{ "entry-points": { "app.py": { "init": "25 ms" }, "tool.py": { "init": "5 ms" }, "gone.py": { "init": "1 s" } } }""", Run(), Run(file: "bin/tool.py"));
        Assert.Equal([("app.py", false), ("bin/tool.py", true)], report.Entries.Select(entry => (entry.Entry, entry.Rules.Any(rule => rule.Fails))));
        Assert.Equal(["gone.py"], report.Unseen);
    }

    [Fact]
    public void WhatCannotBeComparedIsRefused()
    {
        Assert.Contains("no rule for app.py", Refused("""{ "entry-points": { "other.py": { "modules": 1 } } }""", Run()), StringComparison.Ordinal);
        Assert.Contains("several Pythons: 3.11.2 and 3.12.1", Refused("""{ "modules": 9 }""", Run(), Run(version: "3.12.1")), StringComparison.Ordinal);
        ReportModel none = new RecordingScript().Environment().Image(0, ["sh", "x"]).End(5).Report();
        Assert.EndsWith("no Python was seen in the recording of sh", Refused("""{ "modules": 9 }""", none), StringComparison.Ordinal);
        ReportModel unseen = new RecordingScript().Environment().Image(0, ["python3", "app.py"]).End(5).Report();
        Assert.Contains("no Python was seen in the recording of app.py: it was over before", Refused("""{ "modules": 9 }""", unseen), StringComparison.Ordinal);

        static string Refused(string budget, params ReportModel[] reports) => Assert.Throws<BudgetException>(() => Check(budget, reports)).Message;
    }

    [Fact]
    public void WhatWasNotMeasuredIsNotPassed()
    {
        ReportModel attached = new RecordingScript().Environment().Image(0, ["python3", "app.py"], attached: true).Python().Thread(0, main: true)
            .Looks(1, 9, Py.Script(1)).Module("__main__", "/app/app.py", before: true).Report();
        BudgetReport report = Check("""{ "total": "1 s", "modules": 9, "memory": ["warn", "1 GiB"] }""", attached);
        Assert.False(report.Fails);
        Assert.Equal("total", Assert.Single(report.Unchecked).Result.Rule.Key);
        Assert.EndsWith("Within the budget, 2 rules not checked.\n", CheckText.Render(report, brokenOnly: false), StringComparison.Ordinal);
    }

    [Fact]
    public void JsonSaysTheSame()
    {
        using var stream = new MemoryStream();
        CheckJson.Write(Check("""{ "init": "15 ms", "modules": 9 }""", Run()), stream);
        JsonElement root = JsonDocument.Parse(stream.ToArray()).RootElement;
        Assert.Equal(("libprof-check/1", true), (root.GetProperty("schema").GetString(), root.GetProperty("exceeded").GetBoolean()));
        JsonElement init = root.GetProperty("entry_points")[0].GetProperty("rules")[0];
        Assert.Equal(("init", "broken", 20.0, 15.0), (init.GetProperty("rule").GetString(), init.GetProperty("outcome").GetString(), init.GetProperty("value").GetDouble(), init.GetProperty("limit").GetDouble()));
        JsonElement link = init.GetProperty("offenders")[0].GetProperty("import_chain")[0];
        Assert.Equal(("/app/app.py", 3, "numpy"), (link.GetProperty("file").GetString(), link.GetProperty("line").GetInt32(), link.GetProperty("imports").GetString()));
    }

    [Fact]
    public void UpdateWritesLimitsAndLeavesTheRestAlone()
    {
        const string File = """
            {
              // keep me
              "init":  ["warn",   "1 ms"],  // and me
              "modules": 1, "total": "off",
              "forbidden": ["pandas"],
            }
            """;
        byte[] updated = BudgetUpdate.Apply(Encoding.UTF8.GetBytes(File), BudgetReader.Read(Encoding.UTF8.GetBytes(File)), [Run(), Run(40)]);
        Assert.Equal(File.Replace("\"1 ms\"", "\"52 ms\"", StringComparison.Ordinal).Replace("\"modules\": 1,", "\"modules\": 4,", StringComparison.Ordinal), Encoding.UTF8.GetString(updated));
        Assert.False(BudgetCheck.Of(BudgetReader.Read(updated), [Run(40)]).Fails);
    }

    [Fact]
    public void UpdateMakesAFileThatTheRecordingsKeepTo()
    {
        ReportModel[] reports = [Run(), Run(file: "bin/tool.py")];
        byte[] made = BudgetUpdate.Create(reports);
        BudgetReport report = BudgetCheck.Of(BudgetReader.Read(made), reports);
        Assert.False(report.Fails);
        Assert.Empty(report.Unseen);
        Assert.Contains("\"init\": [\"warn\", \"26 ms\"],", Encoding.UTF8.GetString(made), StringComparison.Ordinal);
        Assert.Contains("\"libraries\": [\"error\", 3],", Encoding.UTF8.GetString(made), StringComparison.Ordinal);
    }

    [Fact]
    public void NoLimitsAreMadeFromARunThatFailed()
    {
        Assert.Contains("ended with status 3", Assert.Throws<BudgetException>(() => BudgetUpdate.Create([Run(status: 3)])).Message, StringComparison.Ordinal);
        byte[] other = Encoding.UTF8.GetBytes("""{ "entry-points": { "other.py": { "modules": 1 } } }""");
        Assert.Contains("no limit for app.py", Assert.Throws<BudgetException>(() => BudgetUpdate.Apply(other, BudgetReader.Read(other), [Run()])).Message, StringComparison.Ordinal);
    }
}
