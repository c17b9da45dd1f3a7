using System.Globalization;
using LibProf.Cli.Tests.Imports;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Sampling;

/// <summary>
/// Without a pace, a look at a stack that changes takes longer than one at a stack that stays, so there are fewer of them: what is
/// reported must be right all the same.
/// </summary>
[Collection(nameof(OneAtATime))]
public sealed class SharesTests
{
    /// <summary>One interpreter for each way in which versions keep their frames.</summary>
    public static TheoryData<PythonInterpreter> Kinds => [.. Interpreters.OnePerMinor.Where(interpreter => interpreter.Version.Minor is 7 or 10 or 13)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void As_many_looks_as_possible_have_the_shares_of_the_time(PythonInterpreter interpreter) => Assert.Empty(
        ThreeCallers.Compare(interpreter, mostRuns: 20, (target, callers) =>
        {
            LibProfResult result = LibProfProgram.Run("attach", "-q", "-r", "max", "-d", "1", "-f", "collapsed", "-o", "-", $"{target.Pid}");
            Assert.True(result.Status == 0, result.Errors);
            return [.. callers.Select(caller => CountUnder(result.Output, caller))];
        }));

    private static long CountUnder(string collapsed, string caller) => collapsed.Split('\n')
        .Where(line => line.Contains($";{caller} ", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
}
