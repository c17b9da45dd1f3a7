using LibProf.TestSupport;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>Every table against the debug information of real builds: kept figures, and the interpreters of this machine.</summary>
public sealed class FiguresTests
{
    public static TheoryData<string> KeptFigures => Figures.Kept;

    [Fact]
    public void EveryNumberOfALayoutIsCompared() =>
        Assert.Equal(LayoutFigures.AllNumbers.Order(StringComparer.Ordinal), LayoutFigures.Covered.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(KeptFigures))]
    public void TableAgreesWithKeptFigures(string name)
    {
        (CPythonVersion version, bool freeThreaded) = Figures.Release(name);
        Figures figures = Figures.Load(name);
        Assert.True(KnownLayouts.TryFind(version, freeThreaded, out KnownLayout? known));
        // The thread state's tail differs between micro releases; DebugOffsets takes its size from the interpreter itself.
        Assert.Empty(LayoutFigures.Differences(known.Layout, figures, except: number => number == "Thread.Size" && known.DebugOffsetNames is not null));
        Assert.Equal(figures.DebugOffsetNames, known.DebugOffsetNames ?? []);
    }

    [Fact]
    public void EveryTableHasKeptFigures()
    {
        HashSet<CPythonLayout> compared = [];
        foreach (string name in Figures.Kept)
        {
            (CPythonVersion version, bool freeThreaded) = Figures.Release(name);
            Assert.True(KnownLayouts.TryGet(version, freeThreaded, out CPythonLayout? layout));
            compared.Add(layout);
        }

        Assert.Equal(KnownLayouts.All.Count, compared.Count);
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void TableAgreesWithTheDebugInformationOfAnInstalledInterpreter(PythonInterpreter interpreter)
    {
        Assert.SkipWhen(Gdb.Path is null, "gdb is not installed");
        string? json = Gdb.Extract(PythonBinary.Find(interpreter));
        Assert.SkipWhen(json is null, "this interpreter has no debug information");
        Assert.True(KnownLayouts.TryGet(interpreter.Version, freeThreaded: false, out CPythonLayout? layout));
        Assert.Empty(LayoutFigures.Differences(layout, Figures.Parse(json), except: number => number == "Thread.Size"));
    }
}
