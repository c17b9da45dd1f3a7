using System.Globalization;

namespace LibProf.TestSupport;

/// <summary>A target that makes many short calls under three callers (tests/Targets/three_parents.py), and itself says which share of its time each took.</summary>
public static class ThreeCallers
{
    private const double Bound = 1.5;

    // While libprof runs in its place, the target cannot be seen to move: looks then fall on where it was interrupted, which is no chance moment.
    // With one processor for both, shares are off by 3 to 5 points; so with a fifth of that, by less than the bound.
    private const double LongestWait = 0.2;
    private static readonly string[] s_callers = ["often", "sometimes", "seldom"];

    /// <summary>
    /// Looks at runs of the target until the shares are right. A machine that lets libprof or the target wait for a processor gives a few
    /// thousand looks that are not independent: chance moves the shares by points. It averages out over more runs, while a shift stays; so
    /// runs are added up.
    /// </summary>
    /// <param name="interpreter">What runs the target.</param>
    /// <param name="mostRuns">Runs after which what is not right is wrong.</param>
    /// <param name="look">Looks at a target, and gives the weight of the stacks below each of some callers.</param>
    /// <returns>What is wrong; empty when the shares are within 1.5 points of the truth. Skips the test where each run had to wait for a processor.</returns>
    public static string Compare(PythonInterpreter interpreter, int mostRuns, Func<TargetProcess, IReadOnlyList<string>, IReadOnlyList<long>> look)
    {
        double[] found = new double[s_callers.Length];
        double[] truth = new double[s_callers.Length];
        double error = double.PositiveInfinity;
        int counted = 0;
        for (int run = 1; run <= mostRuns && error > Bound; run++)
        {
            using TargetProcess target = TargetProcess.Start(interpreter, "three_parents.py");
            IReadOnlyList<long> weights = look(target, s_callers);
            double waited = WaitedShare(target.Pid);
            target.Input.Close();
            string[] said = target.ReadLine()!.Split(' ');
            if (waited > LongestWait)
            {
                continue;
            }

            counted++;
            for (int i = 0; i < s_callers.Length; i++)
            {
                found[i] += weights[i];
                truth[i] += double.Parse(said[i + 1], CultureInfo.InvariantCulture) * 100;
            }

            double total = found.Sum();
            error = Enumerable.Range(0, s_callers.Length).Max(i => Math.Abs((100 * found[i] / total) - (truth[i] / counted)));
        }

        Assert.SkipWhen(counted == 0, "too busy a machine: the target waited for a processor all the time");
        return error <= Bound ? "" : $"{error:F2} points in {counted} runs: {string.Join(", ", found.Select(count => $"{100 * count / found.Sum():F2}"))}";
    }

    // Of the time in which the process could have run; its only thread (Documentation/scheduler/sched-stats.rst).
    private static double WaitedShare(int pid)
    {
        string[] words = File.ReadAllText($"/proc/{pid}/schedstat").Split(' ');
        double ran = double.Parse(words[0], CultureInfo.InvariantCulture);
        double waited = double.Parse(words[1], CultureInfo.InvariantCulture);
        return waited / (ran + waited);
    }
}
