using LibProf.Analyzer.Exporters.Html;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters.Html;

public sealed class FlameTreeTests
{
    [Fact]
    public void Callers_come_before_callees_and_times_add_up()
    {
        var profile = Samples.Small().Profile();
        FlameTree tree = FlameTree.Of(profile);

        Assert.All(Enumerable.Range(0, tree.Parents.Count), node => Assert.True(tree.Parents[node] < node));
        Assert.Equal(Total(FlameTree.Of(profile, 5)), Total(tree));
        Assert.Contains(tree.Labels, label => label is { Kind: FlameKind.Import, Name: "numpy" });
        Assert.Contains(tree.Labels, label => label is { Kind: FlameKind.Machinery, Name: "_find_and_load_unlocked" });
    }

    [Fact]
    public void Too_many_nodes_are_cut_down_to_the_costliest_and_a_rest()
    {
        RecordingScript script = RecordingScript.Run();
        for (int i = 0; i < 300; i++)
        {
            script.Looks(10 * i, 10 * i + (i == 7 ? 9 : 2), Py.Script(1), Py.Code("/a.py", $"f{i}", 1), Py.Code("/a.py", "g", 1));
        }

        FlameTree tree = FlameTree.Of(script.End(4000).Profile(), 10);

        Assert.InRange(tree.Parents.Count, 10, 20);
        Assert.Contains(tree.Labels, label => label.Name == "f7");
        Assert.Contains(tree.Labels, label => label.Kind == FlameKind.Rest);
        Assert.True(Total(tree) > 0);
    }

    [Fact]
    public void A_kept_node_never_has_a_caller_that_was_left_out()
    {
        FlameTree tree = FlameTree.Of(Samples.Small().Profile(), 3);

        Assert.All(tree.Parents, parent => Assert.InRange(parent, -1, tree.Parents.Count - 1));
    }

    [Fact]
    public void More_threads_than_can_be_told_apart_are_one_entry_together()
    {
        RecordingScript script = RecordingScript.Run();
        for (int i = 0; i < 50; i++)
        {
            script.Looks(10 * i, 10 * i + 5, Py.Script(1));
            script.Look(10 * i + 5, (i + 1, [Py.Code("/a.py", "f", 1)], false));
        }

        FlameTree tree = FlameTree.Of(script.End(600).Profile());

        Assert.Equal(FlameTree.MaxThreads + 1, tree.Threads.Count);
        Assert.Equal("19 other threads", tree.Threads[^1].Name);
    }

    private static long Total(FlameTree tree) => tree.Threads.Sum(thread => thread.Self.Sum(self => self.Ns));
}
