namespace LibProf.CPythonLayouts.Tests;

public sealed class KnownLayoutsTests
{
    /// <summary>What debug information does not tell, from CPython's headers (3.13 to 3.15: of the Debian packages of the figures' releases).</summary>
    /// <remarks>minor, threads, owners (thread, generator, frame object, C stack, interpreter), tag bits, step of f_lasti, managed dict.</remarks>
    public static TheoryData<int, bool, int[]?, ulong, int, int> FactsFromHeaders => new()
    {
        { 6, false, null, 0, 1, 0 },
        { 7, false, null, 0, 1, 0 },
        { 8, false, null, 0, 1, 0 },
        { 9, false, null, 0, 1, 0 },
        { 10, false, null, 0, 2, 0 },
        { 11, false, [0, 1, 2, -1, -1], 0, 1, -24 },
        { 12, false, [0, 1, 2, 3, -1], 0, 1, -24 },
        { 13, false, [0, 1, 2, 3, -1], 0, 1, -24 },
        { 13, true, [0, 1, 2, 3, -1], 0, 1, -8 },
        { 14, false, [0, 1, 2, 4, 3], 3, 1, -24 },
        { 14, true, [0, 1, 2, 4, 3], 3, 1, -8 },
        { 15, false, [0, 1, 2, -1, 3], 3, 1, -24 },
        { 15, true, [0, 1, 2, -1, 3], 3, 1, -8 },
    };

    [Theory]
    [MemberData(nameof(FactsFromHeaders))]
    public void TablesHaveTheFactsOfTheHeaders(int minor, bool freeThreaded, int[]? owners, ulong tagBits, int lastInstructionScale, int managedDict)
    {
        Assert.True(KnownLayouts.TryGet(new CPythonVersion(3, minor, 9), freeThreaded, out CPythonLayout? layout));
        FrameOwners? o = layout.Frame.Owners;
        Assert.Equal(owners, o is null ? null : [o.Thread, o.Generator, o.FrameObject, o.CStack, o.Interpreter]);
        Assert.Equal(~tagBits, layout.Frame.PointerMask);
        Assert.Equal(lastInstructionScale, layout.Frame.LastInstructionScale);
        Assert.Equal(managedDict, layout.Instance.ManagedDict);
    }

    [Theory]
    [InlineData(6, FrameShape.FrameObjects, LineTableKind.LineNumberTable, InstanceAttributes.DictPointer, false)]
    [InlineData(9, FrameShape.FrameObjects, LineTableKind.LineNumberTable, InstanceAttributes.DictPointer, false)]
    [InlineData(10, FrameShape.FrameObjects, LineTableKind.Pep626, InstanceAttributes.DictPointer, false)]
    [InlineData(11, FrameShape.ThroughCFrame, LineTableKind.LocationTable, InstanceAttributes.DictAndValuesPointers, false)]
    [InlineData(12, FrameShape.ThroughCFrame, LineTableKind.LocationTable, InstanceAttributes.TaggedPointer, true)]
    [InlineData(13, FrameShape.CurrentFrame, LineTableKind.LocationTable, InstanceAttributes.InlineValues, true)]
    [InlineData(15, FrameShape.CurrentFrame, LineTableKind.LocationTable, InstanceAttributes.InlineValues, true)]
    public void TablesHaveTheShapesOfTheirVersion(int minor, FrameShape frames, LineTableKind lines, InstanceAttributes attributes, bool hasTag)
    {
        Assert.True(KnownLayouts.TryGet(new CPythonVersion(3, minor, 0), freeThreaded: false, out CPythonLayout? layout));
        Assert.Equal(
            (frames, lines, attributes, hasTag), (layout.FrameShape, layout.LineTable, layout.Instance.Attributes, layout.Long.HasTag));
    }

    [Fact]
    public void EveryMinorVersionFrom3_6To3_15IsThere()
    {
        Assert.Equal("3.6 to 3.15", KnownLayouts.SupportedVersionsText);
        Assert.Equal(Enumerable.Range(6, 10), KnownLayouts.All.Select(known => known.First.Minor).Distinct());
        Assert.Equal([13, 14, 15], KnownLayouts.All.Where(known => known.Layout.FreeThreaded).Select(known => known.First.Minor));
        for (int minor = 6; minor <= 15; minor++)
        {
            Assert.Equal(minor >= 13, KnownLayouts.HasDebugOffsets(new CPythonVersion(3, minor, 1)));
        }
    }

    [Fact]
    public void RangesDoNotOverlap()
    {
        foreach (IGrouping<bool, KnownLayout> builds in KnownLayouts.All.GroupBy(known => known.Layout.FreeThreaded))
        {
            KnownLayout[] ranges = [.. builds];
            for (int i = 0; i < ranges.Length; i++)
            {
                Assert.True(ranges[i].First <= ranges[i].Last);
                Assert.True(i == 0 || ranges[i - 1].Last < ranges[i].First);
            }
        }
    }

    [Theory]
    [InlineData(2, 7, 18, 0xF, 0, false)]
    [InlineData(3, 5, 10, 0xF, 0, false)]
    [InlineData(3, 16, 0, 0xF, 0, false)]
    [InlineData(3, 16, 0, 0xA, 1, false)]
    [InlineData(4, 0, 0, 0xF, 0, false)]
    [InlineData(3, 15, 0, 0xA, 7, false)]
    [InlineData(3, 13, 0, 0xB, 4, false)]
    [InlineData(3, 12, 0, 0xB, 4, false)]
    [InlineData(3, 12, 3, 0xF, 0, true)]
    [InlineData(0, 0, 0, 0, 0, false)]
    public void RefusesWhatItDoesNotKnow(int major, int minor, int micro, int level, int serial, bool freeThreaded)
    {
        CPythonVersion version = new(major, minor, micro, level, serial);
        Assert.False(KnownLayouts.TryGet(version, freeThreaded, out CPythonLayout? layout));
        Assert.Null(layout);
        Assert.False(KnownLayouts.HasDebugOffsets(version));
    }

    [Theory]
    [InlineData(3, 5, true)]
    [InlineData(3, 6, true)]
    [InlineData(3, 16, true)]
    [InlineData(3, 4, false)]
    [InlineData(3, 17, false)]
    [InlineData(3, 40, false)]
    [InlineData(2, 7, false)]
    public void NeighboursOfSupportedVersionsAreNear(int major, int minor, bool isNear) =>
        Assert.Equal(isNear, KnownLayouts.IsNear(new CPythonVersion(major, minor, 1)));

    [Fact]
    public void TellsReleasesOf3_7Apart()
    {
        Assert.Equal(1392, CurrentThreadState(new CPythonVersion(3, 7, 0)));
        Assert.Equal(1392, CurrentThreadState(new CPythonVersion(3, 7, 3)));
        Assert.Equal(1480, CurrentThreadState(new CPythonVersion(3, 7, 4, 0xC, 1)));
        Assert.Equal(1480, CurrentThreadState(new CPythonVersion(3, 7, 17)));

        static int CurrentThreadState(CPythonVersion version)
        {
            Assert.True(KnownLayouts.TryGet(version, freeThreaded: false, out CPythonLayout? layout));
            return layout.Runtime!.CurrentThreadState.Value;
        }
    }

    [Fact]
    public void EveryReleaseCandidateAndMicroReleaseOfAMinorVersionIsKnown()
    {
        foreach (int minor in Enumerable.Range(6, 10))
        {
            Assert.True(KnownLayouts.TryGet(new CPythonVersion(3, minor, 0, 0xC, 1), freeThreaded: false, out CPythonLayout? _));
            Assert.All(Enumerable.Range(0, 60), micro =>
                Assert.True(KnownLayouts.TryGet(new CPythonVersion(3, minor, micro), freeThreaded: false, out CPythonLayout? _)));
        }
    }
}
