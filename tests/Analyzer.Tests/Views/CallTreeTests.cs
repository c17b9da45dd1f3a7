using LibProf.Analyzer.Model;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Tests.Views;

public sealed class CallTreeTests
{
    [Fact]
    public void Lines_of_a_function_are_one_node()
    {
        Profile profile = RecordingScript.Run()
            .Looks(0, 10, Py.Script(1), Py.Code("a.py", "f", 1))
            .Looks(10, 30, Py.Script(2), Py.Code("a.py", "f", 2))
            .Looks(30, 60, Py.Script(3), Py.Code("a.py", "g", 1))
            .Looks(60, 61, Py.Script(3)).End(61).Profile();

        CallTreeNode root = Assert.Single(CallTree.Of(profile));
        Assert.Equal(["g", "f"], root.Children.Select(child => child.Function.Name));
        Assert.Equal(profile.MainThread!.EndNs - profile.MainThread.StartNs, root.TotalNs);
        Assert.Equal(RecordingScript.Ns(30), root.Children[0].SelfNs);
        Assert.Equal(root.TotalNs, root.SelfNs + root.Children.Sum(child => child.TotalNs));
    }

    [Fact]
    public void Ten_thousand_frames_are_no_problem()
    {
        FrameSpec[] deep = [.. Enumerable.Range(0, 10_000).Select(i => Py.Code("deep.py", "f", 1 + (i % 3)))];
        CallTreeNode node = Assert.Single(CallTree.Of(RecordingScript.Run().Looks(0, 3, deep).Profile()));
        int depth = 1;
        while (node.Children.Count > 0)
        {
            node = node.Children[0];
            depth++;
        }

        Assert.Equal(10_000, depth);
    }

    [Fact]
    public void Hot_spots_are_functions_by_their_own_time()
    {
        Profile profile = RecordingScript.Run()
            .Looks(0, 70, Py.Script(1), Py.Code("a.py", "f", 1))
            .Looks(70, 90, Py.Script(2), Py.Code("a.py", "g", 2))
            .Looks(90, 100, Py.Script(3), Py.Code("a.py", "h", 1)).End(100).Profile();

        Assert.Equal(["f", "g", "h"], HotSpots.Of(profile).Select(spot => spot.Function.Name));
        Assert.Equal([0.70, 0.20, 0.10], HotSpots.Of(profile).Select(spot => Math.Round(spot.Share, 2)));
        Assert.Empty(HotSpots.Of(profile, _ => false));
    }
}
