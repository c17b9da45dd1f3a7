using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Findings;

public class FindingsTests
{
    [Fact]
    public void A_library_that_nothing_uses_is_found_with_the_statement_to_change()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 3, "pandas", 20).Imports("pandas", 1, "pandas.core", 10).Imports("__main__", 4, "json", 5)
            .Imports("pandas", 2, "json", 0).Uses("__main__", "handler").Uses("json", "loads").Find());

        Assert.Equal("unused-library:pandas", finding.Id);
        Assert.Equal(FindingConfidence.Proof, finding.Confidence);
        Assert.Equal(30, finding.SavingNs!.Value / 1e6, 2.0); // json stays: the program uses it
        Assert.Equal(("/app/app.py", 3, "pandas"), (finding.Chain[0].File, finding.Chain[0].Line, finding.Chain[0].Imports));
        Assert.Equal(("__main__", "/app/app.py", 3), (Assert.Single(finding.Edits).Importer, finding.Edits[0].File, finding.Edits[0].Line));
        Assert.Contains("remove 'import pandas'", finding.Suggestion, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_uses_what_it_imports_has_no_finding() =>
        Assert.Empty(new Program().Imports("__main__", 3, "pandas", 20).Imports("pandas", 1, "pandas.core", 10).Uses("__main__", "handler").Uses("pandas.core", "read").Find());

    [Fact]
    public void A_name_that_a_used_function_mentions_is_needed() =>
        Assert.Empty(new Program().Imports("__main__", 3, "constants", 20, usedBy: "handler").Uses("__main__", "handler").Find());

    [Fact]
    public void So_is_one_that_a_function_mentions_which_may_have_run()
    {
        Program program = new Program().Imports("__main__", 3, "constants", 20, usedBy: "main");
        Assert.Single(program.Find());
        Assert.Empty(program.MayRun("__main__", "main").Find());
    }

    [Fact]
    public void A_call_of_a_function_that_never_ran_stands_in_a_branch_that_was_not_taken()
    {
        Program program = new Program().Imports("__main__", 3, "command", 20, usedBy: "main", attribute: "run()").Imports("__main__", 5, "other", 0, usedBy: "Other.method").Imports("command", 1, "parts", 5, usedBy: "run").Uses("__main__", "main");
        Assert.Equal(["unused-library:command"], program.Find().Select(finding => finding.Id));
        Assert.DoesNotContain(program.Imports("__main__", 4, "command", 0, usedBy: "main", attribute: "VALUE").Find(), finding => finding.Module == "command");
    }

    [Fact]
    public void What_a_package_has_from_elsewhere_is_needed_when_it_is_taken_of_the_package()
    {
        Program program = new Program().Imports("__main__", 1, "pack", 5, usedBy: "handler", attribute: "LIMIT").Imports("pack", 1, "pack.limits", 20, name: "LIMIT")
            .Imports("pack", 2, "pack.idle", 20, name: "IDLE").Uses("__main__", "handler");

        Assert.Equal(["unused-library:pack.idle"], program.Find().Select(finding => finding.Id));
        Assert.Empty(program.Imports("__main__", 4, "pack", 0, usedBy: "handler", attribute: "idle.IDLE").Find());
    }

    [Fact]
    public void A_function_that_ran_after_its_import_was_called_by_something()
    {
        Program program = new Program().Imports("__main__", 1, "plugin", 20).Uses("__main__", "handler").RunsLate("plugin", LateRun.Certain);
        Assert.Empty(program.Find());

        // Something that is imported later, and not needed either, explains it.
        Assert.Equal(2, program.Imports("__main__", 2, "frame", 20).Imports("frame", 1, "plugin", 0).Find().Count);
    }

    [Fact]
    public void A_module_that_hands_nothing_out_is_not_used_by_a_function_that_may_have_run_in_its_import() =>
        Assert.Single(new Program().Imports("__main__", 1, "plugin", 20).Uses("__main__", "handler").RunsLate("plugin", LateRun.Possible).Find());

    [Fact]
    public void What_runs_in_forked_children_is_not_known()
    {
        Program program = new Program().Imports("__main__", 1, "work", 20, usedBy: "child").Imports("__main__", 2, "idle", 20).Uses("__main__", "handler").Forks();

        Assert.Equal(["unused-library:idle"], program.Find().Select(finding => finding.Id));
    }

    [Fact]
    public void A_module_that_is_asked_for_by_its_name_is_needed() =>
        Assert.Empty(new Program().Imports("__main__", 3, "plugin", 20).Imports("__main__", 4, "plugin", 0, byName: true).Uses("__main__", "handler").Find());

    [Fact]
    public void What_the_initialisation_evaluates_is_needed_but_not_all_that_it_imports()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 3, "frame", 20, eager: EagerUses.Evaluated).Imports("frame", 1, "plots", 10).Uses("__main__", "handler").Find());

        Assert.Equal("unused-library:plots", finding.Id);
        Assert.Equal(["frame", "plots"], finding.Chain.Select(link => link.Imports));
        Assert.Contains("upstream", finding.Suggestion, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_is_found_and_not_its_children()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 1, "graph", 10).Imports("graph", 5, "graph.drawing", 10).Imports("graph.drawing", 1, "graph.drawing.colors", 10)
            .Imports("graph", 6, "graph.drawing.colors", 0).Uses("graph", "Graph.bfs").Uses("__main__", "handler").Find());

        Assert.Equal("unused-library:graph.drawing", finding.Id);
        Assert.Equal([5, 6], finding.Edits.Select(edit => edit.Line));
    }

    [Fact]
    public void What_the_standard_library_imports_for_itself_is_no_finding() =>
        Assert.Empty(new Program().Imports("__main__", 1, "json", 10).Imports("json", 1, "email", 20).Uses("json", "loads").Uses("__main__", "handler").Find());

    [Fact]
    public void A_base_class_of_a_class_that_nobody_wants_can_be_put_off()
    {
        Program program = new Program().Imports("__main__", 1, "learn", 10).Imports("learn", 2, "stats", 20, eager: EagerUses.Definition, definition: "Log").Uses("learn", "fit").Uses("__main__", "handler");
        Finding finding = Assert.Single(program.Find());
        Assert.Equal("unused-library:stats", finding.Id);
        Assert.Equal(["Log"], finding.Edits[0].Definitions);

        // Another needed module that evaluates the class needs what it is made of.
        Assert.Empty(program.Imports("__main__", 7, "learn", 0, eager: EagerUses.Evaluated, name: "Log").Find());
    }

    [Fact]
    public void What_two_unneeded_modules_share_is_one_finding()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 1, "left", 0.2).Imports("left", 1, "big", 30).Imports("__main__", 2, "right", 0.2).Imports("right", 1, "big", 0).Uses("__main__", "handler").Find(gate: 0.2));

        Assert.Equal("big", finding.Module);
        Assert.Equal(["left", "right"], finding.Edits.Select(edit => edit.Importer).Order());
    }

    // What comes of 'second' comes only together with 'first', which saves more; and of its statements one goes along with another.
    [Fact]
    public async Task What_is_left_for_the_next_report_is_not_looked_at_for_ever()
    {
        Program program = new Program()
            .Imports("__main__", 1, "first", 60).Imports("first", 1, "second.core", 20, eager: EagerUses.Evaluated)
            .Imports("__main__", 2, "second", 0.2).Imports("second", 1, "second.core", 0).Imports("second", 2, "helper", 0.2).Imports("helper", 1, "second.part", 0.2)
            .Uses("__main__", "handler");

        IReadOnlyList<Finding> findings = await Task.Run(() => program.Find(), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(["unused-library:first"], findings.Select(finding => finding.Id));
    }

    [Fact]
    public void What_only_annotations_mention_is_avoidable()
    {
        Finding finding = Assert.Single(new Program().Imports("__main__", 3, "hints", 20, eager: EagerUses.Annotation).Uses("__main__", "handler").Find());

        Assert.Equal("avoidable-library", finding.Pattern);
        Assert.Contains("TYPE_CHECKING", finding.Suggestion, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_there_are_lazy_imports_they_are_proposed()
    {
        Finding finding = Assert.Single(new Program("3.15.2").Imports("__main__", 3, "pandas", 20, usedBy: "other").Uses("__main__", "handler").Find());

        Assert.Contains("lazy import pandas", finding.Suggestion, StringComparison.Ordinal);
    }

    [Fact]
    public void Below_the_gate_there_is_no_finding()
    {
        Program program = new Program().Imports("__main__", 3, "pandas", 20).Uses("__main__", "handler");
        Assert.Single(program.Find(gate: 0.1));
        Assert.Empty(program.Find(gate: 0.9));
    }

    [Fact]
    public void Without_proof_of_use_it_is_said_that_it_is_missing()
    {
        FindingsReport report = new Program().Imports("__main__", 3, "pandas", 20).Report(hasUse: false);

        Assert.Empty(report.Findings);
        Assert.Contains("proof of use", report.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void Processor_time_is_what_the_process_had_meanwhile()
    {
        Finding finding = Assert.Single(new Program().Imports("__main__", 3, "pandas", 20).Uses("__main__", "handler").Busy(0.5).Find());

        Assert.Equal(finding.SavingNs!.Value / 2, finding.SavingCpuNs!.Value, finding.SavingNs.Value * 0.1);
    }

    [Fact]
    public void A_users_rules_are_read_and_nonsense_is_refused()
    {
        FindingRules rules = FindingRules.Default.With("""{"alternatives": [{"library": "x", "instead": "y"}], "scanners": ["z"]}"""u8);
        Assert.Equal("x", rules.Alternatives[0].Library);
        Assert.True(rules.IsScanner("z") && rules.IsScanner("pkg_resources"));
        Assert.Throws<InvalidDataException>(() => FindingRules.Default.With("[1]"u8));
        Assert.Throws<InvalidDataException>(() => FindingRules.Default.With("""{"alternatives": [{}]}"""u8));
        Assert.Throws<InvalidDataException>(() => FindingRules.Default.With("nonsense"u8));
    }

    [Theory]
    [InlineData("a.b", false, "x.y", "x.y")]
    [InlineData("a.b", false, ".c", "a.c")]
    [InlineData("a.b", true, ".c", "a.b.c")]
    [InlineData("a.b", true, "..c", "a.c")]
    [InlineData("a.b", false, ".", "a")]
    [InlineData("a", false, ".c", null)]
    public void Relative_imports_are_resolved(string module, bool isPackage, string target, string? expected) =>
        Assert.Equal(expected, ImportGraph.Resolve(module, isPackage, target));
}
