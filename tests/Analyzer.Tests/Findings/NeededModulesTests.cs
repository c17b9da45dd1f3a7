using LibProf.Analyzer.Findings;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Findings;

public class NeededModulesTests
{
    [Theory]
    [InlineData(true, 10)]
    [InlineData(false, 30)]
    public void An_import_in_a_function_counts_only_if_the_function_may_have_run(bool ran, double savedMs)
    {
        Finding finding = Assert.Single(
            new Program().Imports("__main__", 1, "lib", 1).Imports("__main__", 2, "top", 10).Imports("top", 1, "big", 20).Imports("lib", 7, "big", 0, function: "rare")
                .Knows("lib", "rare", ran).Uses("lib", "work").Uses("__main__", "handler").Find(),
            finding => finding.Module == "top");

        Assert.Equal(savedMs, finding.SavingNs!.Value / 1e6, 1.5);
    }

    [Fact]
    public void What_a_function_mentions_that_ran_in_the_initialisation_would_be_loaded_a_moment_later()
    {
        Program program = new Program().Imports("__main__", 3, "constants", 20, usedBy: "setup").Uses("__main__", "handler");
        Assert.Single(program.Find());
        Assert.Empty(program.Knows("__main__", "setup", ran: true).Find());
    }

    [Fact]
    public void What_a_star_import_takes_would_be_loaded_at_once()
    {
        Program Starred(EagerUses exported) => new Program()
            .Imports("__main__", 1, "pkg", 2).Imports("pkg", 1, "compat", 2, name: "*").Imports("compat", 4, "paths", 20, eager: exported)
            .Imports("compat", 5, "pkg", 0, eager: EagerUses.Exported).Uses("pkg", "work").Uses("__main__", "handler");

        Assert.Empty(Starred(EagerUses.Exported).Find());
        // Another name is in __all__, this one is not.
        Assert.Equal("unused-library:paths", Assert.Single(Starred(EagerUses.None).Find()).Id);
    }

    [Fact]
    public void What_a_finder_imports_is_loaded_by_whoever_imports_what_it_searches()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 1, "lib", 5).Imports("lib", 2, "old", 2).Finds("old", "tools", 30).Uses("lib", "work").Uses("hack", "find_spec").Uses("__main__", "handler").Find());

        Assert.Equal("unused-library:old", finding.Id);
        Assert.Equal(("lib", 2), (Assert.Single(finding.Edits).Importer, finding.Edits[0].Line));
        Assert.Equal(32, finding.SavingNs!.Value / 1e6, 2.0);
    }

    [Fact]
    public void What_imports_a_module_and_goes_along_with_it_need_not_be_changed()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 1, "left", 0.2).Imports("left", 1, "big", 30).Imports("big", 1, "tools", 10).Imports("tools", 9, "big", 0, eager: EagerUses.Evaluated)
            .Imports("__main__", 2, "right", 0.2).Imports("right", 1, "big", 0).Uses("__main__", "handler").Find(gate: 0.2));

        Assert.Equal("big", finding.Module);
        Assert.Equal(["left", "right"], finding.Edits.Select(edit => edit.Importer).Order());
    }

    [Fact]
    public void A_finding_names_all_statements_that_it_takes_also_those_in_what_another_finding_is_about()
    {
        IReadOnlyList<Finding> findings = new Program()
            .Imports("__main__", 1, "first", 40).Imports("first", 7, "second", 20).Imports("__main__", 2, "lib", 1).Imports("lib", 4, "second", 0)
            .Uses("lib", "work").Uses("__main__", "handler").Find();

        Assert.Equal(["first", "second"], findings.Select(finding => finding.Module));
        Assert.Equal(["first", "lib"], findings[1].Edits.Select(edit => edit.Importer).Order());
        Assert.DoesNotContain("other findings", findings[1].Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_names_what_has_to_go_with_it_and_promises_all_of_that()
    {
        FindingsReport report = new Program()
            .Imports("__main__", 1, "lib", 1).Imports("lib", 4, "plot", 20).Imports("plot", 7, "numbers_", 40, eager: EagerUses.Evaluated).Imports("lib", 2, "numbers_", 0)
            .Uses("lib", "work").Uses("__main__", "handler").Report();

        Assert.Equal(["numbers_", "plot"], report.Findings.Select(finding => finding.Module));
        Assert.Equal([("lib", 2, "numbers_"), ("lib", 4, "plot")], report.Findings[0].Edits.Select(edit => (edit.Importer, edit.Line, edit.Imports)));
        Assert.Equal([60.0, 20.0], report.Findings.Select(finding => finding.SavingNs!.Value / 1e6).Zip([2.0, 1.0], (ms, unit) => Math.Round(ms / unit) * unit));
        Assert.Contains("plot loads it as well", report.Findings[0].Suggestion, StringComparison.Ordinal);
        Assert.Contains("20.", report.Findings[0].Evidence, StringComparison.Ordinal);
        Assert.Equal(report.Findings[0].SavingNs, report.SavingNs);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)] // it ran: the module is used
    [InlineData(null, false)] // nobody knows
    public void A_method_of_a_used_class_can_be_put_off_when_it_never_ran(bool? ran, bool isFound)
    {
        const EagerUses Eager = EagerUses.ClassAttribute | EagerUses.Definition | EagerUses.Evaluated;
        Program program = new Program()
            .Imports("__main__", 1, "lib", 1).Imports("lib", 4, "drawing", 20, eager: Eager, usedBy: "Graph.work", definition: "Graph.plot", name: "plot")
            .Uses("lib", "Graph.work").Uses("__main__", "handler");
        if (ran is { } known)
        {
            program.Knows("drawing", "plot", known);
        }

        IReadOnlyList<Finding> findings = program.Find();

        Assert.Equal(isFound ? ["unused-library:drawing"] : [], findings.Select(finding => finding.Id));
        Assert.All(findings, finding => Assert.Contains("make Graph.plot a method that calls it", finding.Suggestion, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("array() cumsum()", true)] // native, and one that never ran: neither did the other
    [InlineData("array()", false)] // native: nobody knows
    [InlineData("cumsum() load()", true)]
    [InlineData("load()", false)] // it ran while importing
    public void A_branch_that_calls_what_never_ran_was_not_taken(string calls, bool isFound)
    {
        IReadOnlyList<Finding> findings = new Program()
            .Imports("__main__", 1, "walks", 1).Imports("walks", 2, "numbers_", 10, usedBy: "transform", branches: [calls])
            .Imports("numbers_", 1, "numbers_.core", 10, name: "*").Imports("numbers_", 2, "numbers_.native", 1, name: "array", eager: EagerUses.Evaluated)
            .Knows("numbers_.core", "cumsum", ran: false).Knows("numbers_.core", "load", ran: true)
            .Uses("walks", "transform").Uses("walks", "Walk.step").Uses("__main__", "handler").Find();

        Assert.Equal(isFound ? ["unused-library:numbers_"] : [], findings.Select(finding => finding.Id));
    }

    [Fact]
    public void A_method_that_somebody_asks_for_by_its_name_is_needed() => Assert.Empty(new Program()
        .Imports("__main__", 1, "lib", 1, attribute: "plot", usedBy: "handler")
        .Imports("lib", 4, "drawing", 20, eager: EagerUses.ClassAttribute | EagerUses.Definition, definition: "Graph.plot", name: "plot").Knows("drawing", "plot", ran: false)
        .Uses("lib", "Graph.work").Uses("__main__", "handler").Find());

    [Fact]
    public void Every_branch_has_to_be_untaken() => Assert.Empty(new Program()
        .Imports("__main__", 1, "walks", 1).Imports("walks", 2, "numbers_", 20, usedBy: "transform", branches: ["cumsum()", "other()"])
        .Knows("numbers_", "cumsum", ran: false).Uses("walks", "transform").Uses("walks", "Walk.step").Uses("__main__", "handler").Find());

    [Fact]
    public void Collecting_garbage_is_shared_out_and_not_promised_by_the_module_that_it_fell_into()
    {
        // 30 ms of the 40 in the first one.
        IReadOnlyList<Finding> findings = new Program().Imports("__main__", 1, "first", 40).Imports("__main__", 2, "second", 30).Uses("__main__", "handler").Collects(5, 35).Find();

        Assert.Equal(["second", "first"], findings.Select(finding => finding.Module));
        Assert.Equal([52.5, 17.5], findings.Select(finding => finding.SavingNs!.Value / 1e6), (expected, actual) => Math.Abs(expected - actual) < 1);
        Assert.Equal(findings.Select(finding => finding.SavingNs!.Value / 1e6), findings.Select(finding => finding.SavingCpuNs!.Value / 1e6), (wall, cpu) => Math.Abs(wall - cpu) < 1);
    }

    [Fact]
    public void Modules_that_need_each_other_vanish_together()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 1, "pkg", 5).Imports("pkg", 2, "pkg.a", 10).Imports("pkg", 3, "pkg.b", 12).Imports("pkg.a", 1, "pkg.b", 0, eager: EagerUses.Evaluated)
            .Imports("pkg.b", 1, "pkg.a", 0, eager: EagerUses.Evaluated).Uses("pkg", "work").Uses("__main__", "handler").Find());

        Assert.StartsWith("pkg.", finding.Module, StringComparison.Ordinal);
        Assert.Equal([2, 3], finding.Edits.Select(edit => edit.Line));
        Assert.Equal(22, finding.SavingNs!.Value / 1e6, 2.0);
    }

    [Fact]
    public void The_import_system_is_no_part_of_what_vanishes()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 1, "pandas", 20).Uses("pandas", "read").Imports("__main__", 2, "tools", 5).Imports("tools", 1, "importlib._bootstrap", 1).Uses("__main__", "handler").Find());

        Assert.Equal("unused-library:tools", finding.Id);
        Assert.Equal(6, finding.SavingNs!.Value / 1e6, 1.0);
    }

    [Fact]
    public void A_heavy_library_is_not_held_by_what_another_imports_for_its_objects()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 1, "pandas", 30, usedBy: "handler").Imports("__main__", 2, "learn", 5).Imports("learn", 9, "pandas", 0, function: "convert")
            .Library("pandas", 1000, 5).Library("learn", 10, 5)
            .Uses("pandas", "read_csv").Uses("learn", "convert").Uses("__main__", "handler").Find());

        Assert.Equal("heavy-library:pandas", finding.Id);
        Assert.Contains("csv module", finding.Suggestion, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_asks_for_a_name_that_is_passed_on_has_to_change_as_well()
    {
        Finding finding = Assert.Single(new Program()
            .Imports("__main__", 1, "lib", 1, usedBy: "handler").Imports("lib", 1, "compat", 1, name: "heavy").Imports("compat", 4, "heavy", 20, usedBy: "never")
            .Imports("lib", 2, "other", 1, name: "unrelated").Uses("lib", "work").Uses("compat", "work").Uses("other", "work").Uses("__main__", "handler").Find());

        Assert.Equal("unused-library:heavy", finding.Id);
        Assert.Equal([("compat", 4, "heavy"), ("lib", 1, "compat.heavy")], finding.Edits.Select(edit => (edit.Importer, edit.Line, edit.Imports)).Order());
    }

    [Fact]
    public void Who_makes_use_of_a_name_that_is_passed_on_needs_what_it_is()
    {
        Assert.Empty(new Program()
            .Imports("__main__", 1, "lib", 1, usedBy: "handler").Imports("lib", 1, "compat", 1, name: "heavy", eager: EagerUses.Evaluated).Imports("compat", 4, "heavy", 20, usedBy: "never")
            .Uses("lib", "work").Uses("compat", "work").Uses("__main__", "handler").Find());
    }

    [Theory]
    [InlineData("Failure", null, true)]
    [InlineData("Other", null, false)] // no class: another name for something of it
    [InlineData("Failure", "retry", false)] // a function that ran mentions it
    [InlineData("Failure", "Failure.text", true)] // a method of the class does
    public void A_library_that_gives_nothing_but_base_classes_is_heavy(string derived, string? usedBy, bool isFound)
    {
        IReadOnlyList<Finding> findings = new Program()
            .Imports("__main__", 1, "client", 1, usedBy: "handler").Imports("client", 1, "client.errors", 1).Imports("client.errors", 15, "web", 20, eager: EagerUses.Definition, definition: "Failure", usedBy: usedBy)
            .Imports("client", 2, "client.errors", 0, eager: EagerUses.Evaluated, name: "Failure").Derives("client.errors", derived)
            .Library("web", 100, 0).Library("client", 100, 50).MayRun("client.errors", usedBy ?? "format").Uses("client", "work").Uses("__main__", "handler").Find();

        Assert.Equal(isFound ? ["heavy-library:web"] : [], findings.Select(finding => finding.Id));
        Assert.All(findings, finding => Assert.Equal((FindingConfidence.Guess, "client.errors", 15), (finding.Confidence, finding.Edits[0].Importer, finding.Edits[0].Line)));
    }

    [Theory]
    [InlineData(EagerUses.Definition, "Base.__init_subclass__", false)]
    [InlineData(EagerUses.Definition, "Base.method", true)]
    [InlineData(EagerUses.Evaluated, "register", false)]
    [InlineData(EagerUses.None, "register", true)]
    public void A_module_that_registers_with_its_library_is_needed_though_nothing_mentions_it(EagerUses eager, string ran, bool isFound)
    {
        IReadOnlyList<Finding> findings = new Program()
            .Imports("__main__", 1, "pkg", 1, usedBy: "handler").Imports("pkg", 2, "pkg.events", 1, usedBy: "work").Imports("pkg", 3, "pkg.listeners", 20)
            .Imports("pkg.listeners", 1, "pkg.events", 0, eager: eager).Library("pkg", 10, 5)
            .Knows("pkg.events", ran, ran: true).Uses("pkg", "work").Uses("pkg.events", "fire").Uses("__main__", "handler").Find();

        Assert.Equal(isFound, findings.Any(finding => finding.Module == "pkg.listeners"));
    }
}
