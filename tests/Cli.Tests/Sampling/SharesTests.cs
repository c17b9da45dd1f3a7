using System.Globalization;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Sampling;

/// <summary>
/// Without a pace, a look at a stack that changes takes longer than one at a stack that stays, so there are fewer of them: what is
/// reported must be right all the same.
/// </summary>
public sealed class SharesTests
{
    private const double Bound = 1.5;
    private const int MostRuns = 20;
    private static readonly string[] s_callers = ["often", "sometimes", "seldom"];

    /// <summary>One interpreter for each way in which versions keep their frames.</summary>
    public static TheoryData<PythonInterpreter> Kinds => [.. Interpreters.OnePerMinor.Where(interpreter => interpreter.Version.Minor is 7 or 10 or 13)];

    /// <remarks>Runs are added up until the shares are right: on a busy machine chance moves those of a single one.</remarks>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void As_many_looks_as_possible_have_the_shares_of_the_time(PythonInterpreter interpreter)
    {
        double[] found = new double[s_callers.Length];
        double[] truth = new double[s_callers.Length];
        double error = double.PositiveInfinity;
        for (int run = 1; run <= MostRuns && error > Bound; run++)
        {
            using TargetProcess target = TargetProcess.Start(interpreter, "three_parents.py");
            LibProfResult result = LibProfProgram.Run("attach", "-q", "-r", "max", "-d", "1", "-f", "collapsed", "-o", "-", $"{target.Pid}");
            Assert.True(result.Status == 0, result.Errors);
            target.Input.Close();
            string[] said = target.ReadLine()!.Split(' ');
            for (int i = 0; i < s_callers.Length; i++)
            {
                found[i] += CountUnder(result.Output, s_callers[i]);
                truth[i] += double.Parse(said[i + 1], CultureInfo.InvariantCulture) * 100;
            }

            double total = found.Sum();
            error = Enumerable.Range(0, s_callers.Length).Max(i => Math.Abs((100 * found[i] / total) - (truth[i] / run)));
        }

        Assert.True(error <= Bound, $"{error:F2} points in {MostRuns} runs: {string.Join(", ", found.Select(count => $"{100 * count / found.Sum():F2}"))}");
    }

    private static long CountUnder(string collapsed, string caller) => collapsed.Split('\n')
        .Where(line => line.Contains($";{caller} ", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
}
