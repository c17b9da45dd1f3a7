using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Imports;

/// <summary>
/// Completes stacks that lost their leaf side in a look: what the looks before and after have in common above the cut
/// was there in between too. Without this each cut stack would seem to end every import above the cut.
/// </summary>
internal static class CutStacks
{
    /// <summary>A complete stack farther away than this many runs says nothing of a cut one.</summary>
    private const int FarthestLook = 16;

    /// <summary>The stack to use for a run.</summary>
    /// <param name="stacks">The stacks.</param>
    /// <param name="runs">A thread's runs.</param>
    /// <param name="index">Which run.</param>
    /// <param name="before">What was used for the run before; none for the first.</param>
    public static StackId Complete(StackTable stacks, IReadOnlyList<StackRun> runs, int index, StackId before)
    {
        StackRun run = runs[index];
        if (!run.Cut)
        {
            return run.Stack;
        }

        int next = index + 1;
        int last = Math.Min(runs.Count, next + FarthestLook);
        while (next < last && runs[next].Cut)
        {
            next++;
        }

        if (next == last)
        {
            return run.Stack;
        }

        StackId after = runs[next].Stack;
        StackId common = stacks.CommonPrefix(before, after);
        int depth = stacks.Depth(common);
        if (depth < stacks.Depth(after) && depth < stacks.Depth(before))
        {
            // One frame further: the same call may stand at another line in the look after.
            StackId oneMore = stacks.Prefix(after, depth + 1);
            if (SameCall(stacks, stacks.Prefix(before, depth + 1), oneMore))
            {
                common = oneMore;
                depth++;
            }
        }

        return depth > stacks.Depth(run.Stack) && stacks.Prefix(common, stacks.Depth(run.Stack)) == run.Stack ? common : run.Stack;
    }

    private static bool SameCall(StackTable stacks, StackId left, StackId right)
    {
        ref readonly var a = ref stacks.Leaf(left);
        ref readonly var b = ref stacks.Leaf(right);
        return a.FunctionId == b.FunctionId && a.Importing == b.Importing;
    }
}
