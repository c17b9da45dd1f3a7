using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Views;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters.Html;

/// <summary>What a node of a <see cref="FlameTree"/> stands for: a function, the import of a module, or calls too short to draw.</summary>
/// <param name="Name">The function's name, or that of the module.</param>
/// <param name="File">The function's file; empty where there is none.</param>
/// <param name="Line">The function's first line; 0 where there is none.</param>
/// <param name="Kind">Which of them.</param>
internal readonly record struct FlameLabel(string Name, string File, int Line, FlameKind Kind);

/// <summary>Kinds of nodes of a flame graph; the numbers are part of the page's data.</summary>
internal enum FlameKind
{
    /// <summary>A function of the program or of a library.</summary>
    Function = 0,

    /// <summary>A function of the import system.</summary>
    Machinery = 1,

    /// <summary>The import of a module: the import system's entry, with the name that it was called with.</summary>
    Import = 2,

    /// <summary>Callees that are too many and too short to be drawn one by one.</summary>
    Rest = 3,
}

/// <summary>One thread's part of a flame graph.</summary>
/// <param name="Name">The thread's name.</param>
/// <param name="NativeId">The kernel's number; 0 when unknown.</param>
/// <param name="IsMain">Whether it is the main thread.</param>
/// <param name="Self">Nanoseconds at nodes of the tree, nodes in ascending order.</param>
internal sealed record FlameThread(string Name, int NativeId, bool IsMain, IReadOnlyList<(int Node, long Ns)> Self);

/// <summary>
/// The samples as a tree of calls with a bounded number of nodes: the costliest are kept, and what lies above them is added up.
/// Parents have smaller numbers than their children; roots have parent -1.
/// </summary>
/// <param name="Labels">What nodes stand for, each once.</param>
/// <param name="Parents">By node: its caller's node.</param>
/// <param name="LabelOf">By node: which label.</param>
/// <param name="Threads">Times by thread, the busiest first; threads beyond a number are one entry together.</param>
internal sealed record FlameTree(
    IReadOnlyList<FlameLabel> Labels, IReadOnlyList<int> Parents, IReadOnlyList<int> LabelOf, IReadOnlyList<FlameThread> Threads)
{
    /// <summary>So many nodes are kept at most (and one for the rest beside each that lost callees).</summary>
    public const int MaxNodes = 20_000;

    /// <summary>So many threads are told apart.</summary>
    public const int MaxThreads = 32;

    /// <summary>Builds the tree of a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="maxNodes">How many nodes to keep.</param>
    public static FlameTree Of(Profile profile, int maxNodes = MaxNodes)
    {
        var whole = new WholeTree(profile.Stacks);
        List<Dictionary<int, long>> threads = [];
        List<ThreadTimeline> timelines = [.. profile.Threads.OrderByDescending(timeline => timeline.Samples).ThenBy(timeline => timeline.Thread.Id)];
        for (int i = 0; i < timelines.Count; i++)
        {
            if (i <= MaxThreads)
            {
                threads.Add([]);
            }

            Dictionary<int, long> self = threads[^1];
            foreach ((StackId stack, StackWeight weight) in StackWeights.Of(profile, timelines[i]))
            {
                int node = whole.NodeOf(stack);
                self[node] = self.GetValueOrDefault(node) + weight.Ns;
            }
        }

        return new Pruning(whole, threads, maxNodes).Build(timelines);
    }

    /// <summary>All stacks merged by function (and by module, where one is being imported).</summary>
    private sealed class WholeTree
    {
        private readonly int[] _nodes;

        public WholeTree(StackTable stacks)
        {
            _nodes = new int[stacks.StackCount + 1];
            _nodes[0] = -1;
            var labels = new Dictionary<(int Function, string? Importing), int>();
            var places = new Dictionary<(int Parent, int Label), int>();
            for (int i = 1; i < _nodes.Length; i++)
            {
                var stack = new StackId(i);
                ref readonly FrameInfo leaf = ref stacks.Leaf(stack);
                (int, string?) key = (leaf.Importing is null ? leaf.FunctionId : -1, leaf.Importing);
                if (!labels.TryGetValue(key, out int label))
                {
                    labels[key] = label = Labels.Count;
                    Labels.Add(Label(stacks.LeafFunction(stack), leaf.Importing));
                }

                int parent = _nodes[stacks.Parent(stack).Value];
                if (!places.TryGetValue((parent, label), out int node))
                {
                    places[(parent, label)] = node = Parents.Count;
                    Parents.Add(parent);
                    LabelOf.Add(label);
                }

                _nodes[i] = node;
            }
        }

        public List<FlameLabel> Labels { get; } = [];

        public List<int> Parents { get; } = [];

        public List<int> LabelOf { get; } = [];

        public int NodeOf(StackId stack) => _nodes[stack.Value];

        private static FlameLabel Label(in FunctionInfo function, string? importing) => importing is not null
            ? new FlameLabel(importing, "", 0, FlameKind.Import)
            : new FlameLabel(function.Name, function.File, function.FirstLine, MachineryFunction.Of(function).IsMachinery ? FlameKind.Machinery : FlameKind.Function);
    }

    /// <summary>Keeps the costliest nodes; a caller takes at least as long as what it calls, so callers of kept nodes are kept.</summary>
    private sealed class Pruning
    {
        private readonly WholeTree _whole;
        private readonly List<Dictionary<int, long>> _threads;
        private readonly int[] _kept;
        private readonly List<FlameLabel> _labels = [];
        private readonly List<int> _parents = [];
        private readonly List<int> _labelOf = [];
        private readonly Dictionary<int, int> _rests = [];
        private int _restLabel = -1;

        public Pruning(WholeTree whole, List<Dictionary<int, long>> threads, int maxNodes)
        {
            _whole = whole;
            _threads = threads;
            var totals = new long[whole.Parents.Count];
            foreach ((int node, long ns) in threads.SelectMany(thread => thread))
            {
                totals[node] += ns;
            }

            for (int i = totals.Length - 1; i >= 0; i--)
            {
                if (whole.Parents[i] >= 0)
                {
                    totals[whole.Parents[i]] += totals[i];
                }
            }

            Keep(totals, maxNodes);
            _kept = Number(totals);
        }

        private void Keep(long[] totals, int maxNodes)
        {
            if (totals.Length > maxNodes)
            {
                // Costlier first; of equals the earlier, which is the caller.
                int[] order = [.. Enumerable.Range(0, totals.Length).OrderByDescending(node => totals[node]).ThenBy(node => node).Skip(maxNodes)];
                Array.ForEach(order, node => totals[node] = 0);
            }
        }

        private int[] Number(long[] totals)
        {
            var kept = new int[totals.Length];
            var labels = new Dictionary<int, int>();
            for (int i = 0; i < totals.Length; i++)
            {
                if (totals[i] == 0)
                {
                    kept[i] = -1;
                    continue;
                }

                int label = _whole.LabelOf[i];
                if (!labels.TryGetValue(label, out int shown))
                {
                    labels[label] = shown = _labels.Count;
                    _labels.Add(_whole.Labels[label]);
                }

                kept[i] = _parents.Count;
                _parents.Add(_whole.Parents[i] < 0 ? -1 : kept[_whole.Parents[i]]);
                _labelOf.Add(shown);
            }

            return kept;
        }

        public FlameTree Build(List<ThreadTimeline> timelines)
        {
            var threads = new List<FlameThread>();
            for (int i = 0; i < _threads.Count; i++)
            {
                var self = new SortedDictionary<int, long>();
                foreach ((int node, long ns) in _threads[i])
                {
                    int place = Place(node);
                    self[place] = self.GetValueOrDefault(place) + ns;
                }

                ThreadInfo thread = timelines[i].Thread;
                List<(int, long)> times = [.. self.Where(pair => pair.Value > 0).Select(pair => (pair.Key, pair.Value))];
                threads.Add(i < MaxThreads
                    ? new FlameThread(thread.Name, thread.NativeId, thread.IsMain, times)
                    : new FlameThread(FormattableString.Invariant($"{timelines.Count - MaxThreads} other threads"), 0, false, times));
            }

            return new FlameTree(_labels, _parents, _labelOf, threads);
        }

        /// <summary>A kept node itself; for one that is not, the rest beside its nearest kept caller's callees.</summary>
        private int Place(int node)
        {
            if (_kept[node] >= 0)
            {
                return _kept[node];
            }

            while (node >= 0 && _kept[node] < 0)
            {
                node = _whole.Parents[node];
            }

            int caller = node < 0 ? -1 : _kept[node];
            if (!_rests.TryGetValue(caller, out int rest))
            {
                if (_restLabel < 0)
                {
                    _restLabel = _labels.Count;
                    _labels.Add(new FlameLabel("", "", 0, FlameKind.Rest));
                }

                _rests[caller] = rest = _parents.Count;
                _parents.Add(caller);
                _labelOf.Add(_restLabel);
            }

            return rest;
        }
    }
}
