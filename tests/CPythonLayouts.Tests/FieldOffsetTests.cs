namespace LibProf.CPythonLayouts.Tests;

public sealed class FieldOffsetTests
{
    [Fact]
    public void ZeroIsARealOffsetAndDefaultIsNone()
    {
        FieldOffset zero = 0;
        Assert.True(zero.Exists);
        Assert.Equal(0, zero.Value);
        Assert.False(default(FieldOffset).Exists);
        Assert.Throws<InvalidOperationException>(() => FieldOffset.Absent.Value);
    }
}
