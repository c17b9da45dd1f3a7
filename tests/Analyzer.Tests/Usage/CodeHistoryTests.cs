using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Usage;

/// <summary>What the readings of one code object prove. Its module's initialisation ends at 10, the program's at 20.</summary>
public sealed class CodeHistoryTests
{
    private const long ModuleEnd = 10;
    private const long ProgramEnd = 20;

    [Fact]
    public void UntouchedAtTheEndIsNever() => Assert.Equal(UseVerdict.Never, Judge([(5, CodeUse.Untouched, 0)]));

    [Fact]
    public void UntouchedWithoutALastReadingIsUnknown() => Assert.Equal(UseVerdict.Unknown, Judge([(5, CodeUse.Untouched, 0)], isComplete: false));

    [Fact]
    public void CountThatStoodStillSinceItsModulesInitialisationIsNotSinceInit() =>
        Assert.Equal(UseVerdict.NotSinceInit, Judge([(5, CodeUse.Counted, 2)]));

    [Fact]
    public void CountThatMovedAfterTheProgramsInitialisationIsUsed() =>
        Assert.Equal(UseVerdict.Used, Judge([(5, CodeUse.Counted, 2), (30, CodeUse.Counted, 3)], passes: [22]));

    [Fact]
    public void CountThatMovedAboutTheEndOfInitialisationIsUnknown() =>
        Assert.Equal(UseVerdict.Unknown, Judge([(5, CodeUse.Counted, 2), (30, CodeUse.Counted, 3)], passes: [15]));

    [Fact]
    public void FirstSeenTouchedAfterItsModulesInitialisationIsUnknown() => Assert.Equal(UseVerdict.Unknown, Judge([(15, CodeUse.Counted, 1)]));

    [Fact]
    public void SaturatedInInitialisationIsUnknown() => Assert.Equal(UseVerdict.Unknown, Judge([(5, CodeUse.Saturated, 0)]));

    [Fact]
    public void UntouchedAfterInitialisationAndTouchedLaterIsUsedAlsoWithoutALastReading() =>
        Assert.Equal(UseVerdict.Used, Judge([(25, CodeUse.Untouched, 0), (30, CodeUse.Saturated, 0)], isComplete: false));

    [Theory]
    [InlineData(CodeUse.Gone)]
    [InlineData(CodeUse.Unknown)]
    public void WhatCannotBeReadIsUnknown(CodeUse use) => Assert.Equal(UseVerdict.Unknown, Judge([(5, CodeUse.Untouched, 0), (30, use, 0)]));

    [Fact]
    public void NoReadingIsUnknown() => Assert.Equal(UseVerdict.Unknown, Judge([]));

    private static UseVerdict Judge((long TimeNs, CodeUse Use, int Count)[] readings, long[]? passes = null, bool isComplete = true)
    {
        CodeHistory history = new(new CodeInfo(0, 0, "module", -1));
        foreach ((long time, CodeUse use, int count) in readings)
        {
            history.Add(At(time), new CodeReading(0, use, count));
        }

        return history.Judge(ModuleEnd, ProgramEnd, [.. (passes ?? []).Select(At)], isComplete);
    }

    private static UsageSnapshot At(long timeNs) => new() { BeginNs = timeNs, EndNs = timeNs, Moment = UsageMoment.Periodic, IsComplete = true };
}
