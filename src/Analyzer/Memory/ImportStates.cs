using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Memory;

/// <summary>A time during which the innermost import on a thread's stack was the same.</summary>
/// <param name="Path">Number of that import; 0 for none.</param>
/// <param name="Waits">Whether it did nothing but wait for another thread to import the module.</param>
/// <param name="StartNs">Begin, midway between two looks.</param>
/// <param name="EndNs">End, likewise.</param>
internal readonly record struct ImportState(int Path, bool Waits, long StartNs, long EndNs);

/// <summary>What a thread was importing, asked in the order of time.</summary>
internal sealed class ImportStates
{
    private readonly List<ImportState> _states = [];
    private int _first;

    private ImportStates(int threadId) => ThreadId = threadId;

    /// <summary>The thread's number in the recording.</summary>
    public int ThreadId { get; }

    /// <summary>The threads that import something at some time.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="paths">Its imports.</param>
    public static IReadOnlyList<ImportStates> Of(Profile profile, ImportPathTable paths)
    {
        var threads = new List<ImportStates>();
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            var states = new ImportStates(timeline.Thread.Id);
            states.Add(timeline, profile.Stacks, paths);
            if (states._states.Exists(state => state.Path != 0))
            {
                threads.Add(states);
            }
        }

        return threads;
    }

    /// <summary>The states during a time, whole, in order. Times must not go back from call to call.</summary>
    public ReadOnlySpan<ImportState> During(long fromNs, long toNs)
    {
        while (_first < _states.Count && _states[_first].EndNs <= fromNs)
        {
            _first++;
        }

        int end = _first;
        while (end < _states.Count && _states[end].StartNs < toNs)
        {
            end++;
        }

        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_states)[_first..end];
    }

    private void Add(ThreadTimeline timeline, StackTable stacks, ImportPathTable paths)
    {
        StackId before = StackId.None;
        // Before its first look and after its last one a thread imports nothing.
        Add(new ImportState(0, false, long.MinValue / 2, timeline.StartNs));
        long nowNs = timeline.StartNs;
        for (int i = 0; i < timeline.Runs.Count; i++)
        {
            StackRun run = timeline.Runs[i];
            StackId stack = CutStacks.Complete(stacks, timeline.Runs, i, before);
            int path = paths.Innermost(stack).Id;
            Add(new ImportState(path, path != 0 && paths.Step(stack) == LoadStep.Waiting, nowNs, run.EndNs));
            before = stack;
            nowNs = run.EndNs;
        }

        Add(new ImportState(0, false, nowNs, long.MaxValue / 2));
    }

    private void Add(in ImportState state)
    {
        if (_states.Count > 0 && _states[^1] is var last && last.Path == state.Path)
        {
            _states[^1] = last with { EndNs = state.EndNs, Waits = last.Waits && state.Waits };
        }
        else if (state.EndNs > state.StartNs)
        {
            _states.Add(state);
        }
    }
}
