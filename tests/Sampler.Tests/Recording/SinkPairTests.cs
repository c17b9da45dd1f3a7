using System.Reflection;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Tests.Recording;

/// <summary>Two sinks as one.</summary>
public sealed class SinkPairTests
{
    [Fact]
    public void NoEventIsLeftOut()
    {
        // Events that a sink may leave out have a body in the interface: here none may.
        InterfaceMapping map = typeof(SinkPair).GetInterfaceMap(typeof(IRecordingSink));

        Assert.All(map.TargetMethods, method => Assert.Equal(typeof(SinkPair), method.DeclaringType));
    }
}
