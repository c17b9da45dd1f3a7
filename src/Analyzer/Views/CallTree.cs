using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Views;

/// <summary>A function called from one place in the call tree, all its lines together.</summary>
/// <param name="Function">The function.</param>
/// <param name="TotalNs">Time with it and this path of calls on the stack.</param>
/// <param name="SelfNs">The part of it at the leaf.</param>
/// <param name="Children">What it called, the costliest first.</param>
public sealed record CallTreeNode(FunctionInfo Function, long TotalNs, long SelfNs, IReadOnlyList<CallTreeNode> Children);

/// <summary>Stacks merged from the root by function.</summary>
public static class CallTree
{
    /// <summary>The roots of the call tree of some threads, the costliest first.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="threads">Which of its threads; null for all.</param>
    public static IReadOnlyList<CallTreeNode> Of(Profile profile, Func<ThreadTimeline, bool>? threads = null)
    {
        var root = new Building(default);
        var places = new Dictionary<StackId, Building> { [StackId.None] = root };
        foreach (ThreadTimeline timeline in profile.Threads.Where(timeline => threads is null || threads(timeline)))
        {
            foreach ((StackId stack, StackWeight weight) in StackWeights.Of(timeline))
            {
                Place(profile.Stacks, places, stack).SelfNs += weight.Ns;
            }
        }

        return root.Freeze().Children;
    }

    /// <summary>The node of a stack. Walks without recursion: stacks of targets may be ten thousand frames deep.</summary>
    private static Building Place(StackTable stacks, Dictionary<StackId, Building> places, StackId stack)
    {
        var missing = new Stack<StackId>();
        Building? node;
        while (!places.TryGetValue(stack, out node))
        {
            missing.Push(stack);
            stack = stacks.Parent(stack);
        }

        foreach (StackId next in missing)
        {
            node = node.Child(stacks.LeafFunction(next));
            places[next] = node;
        }

        return node;
    }

    private sealed class Building(FunctionInfo function)
    {
        private readonly Dictionary<int, Building> _children = [];

        public long SelfNs { get; set; }

        public Building Child(FunctionInfo called)
        {
            if (!_children.TryGetValue(called.Id, out Building? child))
            {
                _children[called.Id] = child = new Building(called);
            }

            return child;
        }

        /// <summary>Children before parents, by an explicit stack.</summary>
        public CallTreeNode Freeze()
        {
            var order = new List<Building> { this };
            for (int i = 0; i < order.Count; i++)
            {
                order.AddRange(order[i]._children.Values);
            }

            var frozen = new Dictionary<Building, CallTreeNode>(ReferenceEqualityComparer.Instance);
            for (int i = order.Count - 1; i >= 0; i--)
            {
                Building node = order[i];
                List<CallTreeNode> children = [.. node._children.Values.Select(child => frozen[child]).OrderByDescending(child => child.TotalNs)];
                frozen[node] = new CallTreeNode(node.Own, node.SelfNs + children.Sum(child => child.TotalNs), node.SelfNs, children);
            }

            return frozen[this];
        }

        private FunctionInfo Own => function;
    }
}
