using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Views;

/// <summary>A function called from one place in the call tree, all its lines together.</summary>
/// <param name="Function">The function.</param>
/// <param name="TotalNs">Time with it and this path of calls on the stack.</param>
/// <param name="SelfNs">The part of it at the leaf.</param>
/// <param name="Children">What it called, the costliest first.</param>
public sealed record CallTreeNode(FunctionInfo Function, long TotalNs, long SelfNs, IReadOnlyList<CallTreeNode> Children)
{
    /// <summary>With imports folded: the module whose import this node stands for, its body included; null for a function.</summary>
    public string? Import { get; init; }
}

/// <summary>Stacks merged from the root by function.</summary>
public static class CallTree
{
    /// <summary>The roots of the call tree of some threads, the costliest first.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="threads">Which of its threads; null for all.</param>
    /// <param name="foldImports">Whether an import is one node: without the frames of the machinery and the module's own body.</param>
    public static IReadOnlyList<CallTreeNode> Of(Profile profile, Func<ThreadTimeline, bool>? threads = null, bool foldImports = false)
    {
        var root = new Building(default, null);
        var places = new Dictionary<StackId, Building> { [StackId.None] = root };
        foreach (ThreadTimeline timeline in profile.Threads.Where(timeline => threads is null || threads(timeline)))
        {
            foreach ((StackId stack, StackWeight weight) in StackWeights.Of(profile, timeline))
            {
                Place(profile.Stacks, places, stack, foldImports).SelfNs += weight.Ns;
            }
        }

        return root.Freeze().Children;
    }

    /// <summary>The node of a stack. Walks without recursion: stacks of targets may be ten thousand frames deep.</summary>
    private static Building Place(StackTable stacks, Dictionary<StackId, Building> places, StackId stack, bool foldImports)
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
            node = foldImports ? Fold(stacks, node, next) : node.Child(stacks.LeafFunction(next), null);
            places[next] = node;
        }

        return node;
    }

    private static Building Fold(StackTable stacks, Building node, StackId next)
    {
        ref readonly FunctionInfo function = ref stacks.LeafFunction(next);
        if (stacks.Leaf(next).Importing is { } module)
        {
            // Importing a submodule imports its packages first, by calls within the machinery.
            return node.Child(function, module);
        }

        MachineryFunction kind = MachineryFunction.Of(function);
        return kind.IsMachinery || (kind.IsModuleBody && node.Import is not null) ? node : node.Child(function, null);
    }

    private sealed class Building(FunctionInfo function, string? import)
    {
        private readonly Dictionary<(int Function, string? Import), Building> _children = [];

        public string? Import => import;

        public long SelfNs { get; set; }

        public Building Child(FunctionInfo called, string? module)
        {
            if (!_children.TryGetValue((called.Id, module), out Building? child))
            {
                _children[(called.Id, module)] = child = new Building(called, module);
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
                frozen[node] = new CallTreeNode(node.Own, node.SelfNs + children.Sum(child => child.TotalNs), node.SelfNs, children) { Import = node.Import };
            }

            return frozen[this];
        }

        private FunctionInfo Own => function;
    }
}
