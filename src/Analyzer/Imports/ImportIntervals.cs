using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Imports;

/// <summary>One stay of an import on a thread's stack.</summary>
/// <param name="ThreadId">The thread's number in the recording.</param>
/// <param name="Path">The import.</param>
/// <param name="StartNs">Midway between the last look without it and the first with it.</param>
/// <param name="EndNs">Midway between the last look with it and the first without.</param>
internal readonly record struct ImportInterval(int ThreadId, ImportPath Path, long StartNs, long EndNs);

/// <summary>Time on one thread at leaves whose innermost import is the same, in one step.</summary>
/// <param name="ThreadId">The thread's number in the recording.</param>
/// <param name="PathId">Number of the innermost import.</param>
/// <param name="Step">How far it had come.</param>
internal readonly record struct ImportLeaf(int ThreadId, int PathId, LoadStep Step);

/// <summary>Cuts each thread's timeline into the stays of imports on its stack.</summary>
internal sealed class ImportIntervals
{
    /// <summary>Works through all timelines once.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="paths">Its imports.</param>
    public ImportIntervals(Profile profile, ImportPathTable paths)
    {
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            AddThread(timeline, profile.Stacks, paths);
        }
    }

    /// <summary>Every stay, by thread; within a thread in the order in which they began, outer before inner.</summary>
    public List<ImportInterval> Intervals { get; } = [];

    /// <summary>Where the time went, in nanoseconds.</summary>
    public Dictionary<ImportLeaf, long> LeafNs { get; } = [];

    private void AddThread(ThreadTimeline timeline, StackTable stacks, ImportPathTable paths)
    {
        int threadId = timeline.Thread.Id;
        var open = new Stack<int>(); // indices into Intervals
        ImportPath current = paths.Paths[0];
        StackId before = StackId.None;
        long nowNs = timeline.StartNs;
        for (int i = 0; i < timeline.Runs.Count; i++)
        {
            StackRun run = timeline.Runs[i];
            StackId stack = CutStacks.Complete(stacks, timeline.Runs, i, before);
            ImportPath innermost = paths.Innermost(stack);
            if (innermost.Id != current.Id)
            {
                Move(threadId, current, innermost, nowNs, open, paths);
                current = innermost;
            }

            if (innermost.Id != 0 && run.EndNs > nowNs)
            {
                var leaf = new ImportLeaf(threadId, innermost.Id, paths.Step(stack));
                LeafNs[leaf] = LeafNs.GetValueOrDefault(leaf) + run.EndNs - nowNs;
            }

            before = stack;
            nowNs = run.EndNs;
        }

        Move(threadId, current, paths.Paths[0], nowNs, open, paths);
    }

    /// <summary>Ends the stays that are in <paramref name="from"/> alone and begins those that are in <paramref name="to"/> alone.</summary>
    private void Move(int threadId, ImportPath from, ImportPath to, long nowNs, Stack<int> open, ImportPathTable paths)
    {
        var begun = new Stack<ImportPath>();
        while (from.Id != to.Id)
        {
            // Parents have smaller numbers, so the larger of two different ones is not a common ancestor.
            if (from.Id > to.Id)
            {
                int index = open.Pop();
                Intervals[index] = Intervals[index] with { EndNs = nowNs };
                from = paths.Paths[from.Parent];
            }
            else
            {
                begun.Push(to);
                to = paths.Paths[to.Parent];
            }
        }

        foreach (ImportPath path in begun)
        {
            open.Push(Intervals.Count);
            Intervals.Add(new ImportInterval(threadId, path, nowNs, nowNs));
        }
    }
}
