using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Imports;

public sealed class ImportTimesTests
{
    [Fact]
    public void Bounds_are_midway_between_the_looks()
    {
        ModuleImport json = Import(RecordingScript.Run()
            .Look(10, Py.Script(1))
            .Look(12, [Py.Script(2), .. Py.Body("json", "/l/json.py", 5)])
            .Look(20, [Py.Script(2), .. Py.Body("json", "/l/json.py", 6)])
            .Look(26, Py.Script(3)), "json");

        Assert.Equal(RecordingScript.Ns(11), json.StartNs);
        Assert.Equal(RecordingScript.Ns(12), json.InclusiveNs); // 11 to 23
        Assert.Equal(json.InclusiveNs, json.ExclusiveNs);
    }

    [Fact]
    public void Nested_imports_are_inclusive_for_the_outer_and_exclusive_for_the_inner()
    {
        FrameSpec[] a = [Py.Script(1), .. Py.Body("a", "/l/a.py", 3)];
        ImportTree tree = Tree(RecordingScript.Run()
            .Looks(0, 10, a)
            .Looks(10, 30, [.. a, .. Py.Body("b", "/l/b.py", 1)])
            .Looks(30, 35, [Py.Script(1), .. Py.Body("a", "/l/a.py", 4)])
            .Looks(35, 36, Py.Script(2)));

        AssertMs(35, tree.Find("a")!.InclusiveNs);
        AssertMs(15, tree.Find("a")!.ExclusiveNs);
        AssertMs(20, tree.Find("b")!.InclusiveNs);
        Assert.Equal("a", tree.Find("b")!.Within);
        Assert.Null(tree.Find("a")!.Within);
        Assert.Equal(["a", "b"], tree.Modules.Select(module => module.Name));
    }

    [Fact]
    public void The_same_module_nested_in_itself_counts_once()
    {
        // a imports b, b imports a again by importlib.import_module: both frames are on the stack.
        FrameSpec[] outer = [Py.Script(1), .. Py.Body("a", "/l/a.py", 3)];
        ImportTree tree = Tree(RecordingScript.Run()
            .Looks(0, 10, outer)
            .Looks(10, 20, [.. outer, .. Py.Body("b", "/l/b.py", 1), Py.Import("a")])
            .Looks(20, 21, Py.Script(2)));

        AssertMs(20, tree.Find("a")!.InclusiveNs);
        AssertMs(20, tree.Find("a")!.ExclusiveNs);
        AssertMs(10, tree.Find("b")!.InclusiveNs);
        AssertMs(0, tree.Find("b")!.ExclusiveNs);
    }

    [Fact]
    public void Repeated_attempts_add_up_and_the_first_gives_begin_and_cause()
    {
        ModuleImport module = Import(RecordingScript.Run()
            .Looks(0, 5, Py.Script(1))
            .Looks(5, 10, [Py.Script(7), .. Py.FindSpec("fast")])
            .Looks(10, 20, Py.Script(8))
            .Looks(20, 25, [Py.Script(9), .. Py.FindSpec("fast")])
            .Looks(25, 26, Py.Script(10)), "fast");

        AssertMs(10, module.InclusiveNs);
        AssertMs(4.5, module.StartNs);
        Assert.Equal(7, module.Cause!.Line);
    }

    [Fact]
    public void A_line_moving_inside_find_and_load_is_the_same_import()
    {
        ImportTree tree = Tree(RecordingScript.Run()
            .Looks(0, 5, [Py.Script(1), Py.Import("a", 1170)])
            .Looks(5, 10, [Py.Script(1), Py.Import("a", 1178)])
            .Looks(10, 11, Py.Script(2)));

        ImportSpan span = Assert.Single(tree.Spans);
        AssertMs(10, span.EndNs - span.StartNs);
    }

    [Fact]
    public void Threads_have_intervals_of_their_own_and_the_loading_one_counts()
    {
        FrameSpec[] waiting = [Py.Code("/l/t.py", "work", 4), Py.Import("slow"), Py.Code(Py.Bootstrap, "_ModuleLockManager.__enter__", 170)];
        FrameSpec[] loading = [Py.Script(1), .. Py.Body("slow", "/l/slow.py", 1)];
        FrameSpec[] other = [Py.Code("/l/t.py", "work", 9), .. Py.Body("other", "/l/other.py", 1)];
        RecordingScript script = RecordingScript.Run().Thread(1).Thread(2);
        for (int ms = 0; ms < 10; ms++)
        {
            script.Look(ms, (1, waiting, false), (0, loading, false), (2, other, false));
        }

        for (int ms = 10; ms < 20; ms++)
        {
            script.Look(ms, (0, loading, false), (2, [Py.Code("/l/t.py", "work", 10)], false));
        }

        ImportTree tree = Tree(script.Looks(20, 21, Py.Script(2)));
        ModuleImport slow = tree.Find("slow")!;
        Assert.Equal(0, slow.ThreadId);
        Assert.Equal(1, slow.OtherThreads);
        AssertMs(20, slow.InclusiveNs);
        Assert.Equal(2, tree.Find("other")!.ThreadId);
        AssertMs(10, tree.Find("other")!.InclusiveNs);
        Assert.Equal(3, tree.Spans.Count);
    }

    [Fact]
    public void A_cut_stack_does_not_interrupt_what_its_neighbours_share()
    {
        FrameSpec[] a = [Py.Script(1), .. Py.Body("a", "/l/a.py", 3)];
        FrameSpec[] b = [.. a, .. Py.Body("b", "/l/b.py", 1)];
        ImportTree tree = Tree(RecordingScript.Run()
            .Looks(0, 5, b)
            .CutLook(5, Py.Script(1))
            .CutLook(6, a[..3])
            .Looks(7, 10, b)
            .Looks(10, 11, Py.Script(2)));

        Assert.Equal(2, tree.Spans.Count);
        AssertMs(10, tree.Find("b")!.InclusiveNs);
        AssertMs(0, tree.Find("a")!.ExclusiveNs);
    }

    [Fact]
    public void A_cut_stack_does_not_carry_over_what_has_changed()
    {
        FrameSpec[] b = [Py.Script(1), .. Py.Body("b", "/l/b.py", 1)];
        ImportTree tree = Tree(RecordingScript.Run()
            .Looks(0, 5, b)
            .CutLook(5, Py.Script(2))
            .Looks(6, 10, [Py.Script(2), .. Py.Body("c", "/l/c.py", 1)])
            .Looks(10, 11, Py.Script(3)));

        AssertMs(5, tree.Find("b")!.InclusiveNs);
        AssertMs(4, tree.Find("c")!.InclusiveNs);
    }

    [Fact]
    public void A_module_without_a_look_inside_its_import_has_no_times()
    {
        ImportTree tree = Tree(RecordingScript.Run().Module("errno").Looks(0, 5, Py.Script(1)));

        Assert.Null(tree.Find("errno"));
        Assert.Empty(tree.Modules);
    }

    private static ImportTree Tree(RecordingScript script) => ImportTree.Of(script.Profile());

    private static ModuleImport Import(RecordingScript script, string name) => Tree(script).Find(name)!;

    /// <summary>Up to the half millisecond by which the very first look reaches back, or not.</summary>
    private static void AssertMs(double expected, long actualNs) =>
        Assert.InRange(actualNs, RecordingScript.Ns(expected) - 500_001, RecordingScript.Ns(expected));
}
