using System.Text;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;

namespace LibProf.Sampler.Tests.Interpreter;

public sealed class VersionTextTests
{
    [Theory]
    [InlineData("3.8.18", 0x030812f0u)]
    [InlineData("3.9.2+", 0x030902f0u)]
    [InlineData("3.10.0rc2", 0x030a00c2u)]
    [InlineData("3.10.0b1", 0x030a00b1u)]
    [InlineData("3.10.0a7+", 0x030a00a7u)]
    [InlineData("2.7.18", 0x020712f0u)]
    public void Parses_what_CPython_calls_itself(string text, uint hex)
    {
        Assert.True(VersionText.TryParse(Encoding.ASCII.GetBytes(text + "\0rest"), out CPythonVersion version));
        Assert.Equal(CPythonVersion.FromHex(hex), version);
    }

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("3.")]
    [InlineData("3.8")]
    [InlineData("3.8.")]
    [InlineData("3.8.1x")]
    [InlineData("3.8.1rc")]
    [InlineData("3.8.1++")]
    [InlineData("3.8.1.2")]
    [InlineData("3.-8.1")]
    [InlineData("3.+8.1")]
    [InlineData("3.8.100")]
    [InlineData("4.0.1")]
    [InlineData("3.99999999999999999999.1")]
    public void Refuses_anything_else(string text) => Assert.False(VersionText.TryParse(Encoding.ASCII.GetBytes(text + "\0"), out _));

    [Fact]
    public void Refuses_text_without_end() => Assert.False(VersionText.TryParse("3.8.18"u8, out _));
}
