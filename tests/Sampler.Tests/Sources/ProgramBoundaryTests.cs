using LibProf.Sampler.Recording;
using LibProf.Sampler.Sources;

namespace LibProf.Sampler.Tests.Sources;

public sealed class ProgramBoundaryTests
{
    // What site imported was seen late: the inventory lags behind.
    private static readonly ModuleInfo[] _modules =
    [
        Module("os", 0, 1), Module("site", 1, 2), Module("certifi", 2, 6), Module("json", 3, 6), Module("json.decoder", 4, 7), Module("math", 5, 8),
    ];

    [Fact]
    public void Begins_with_what_was_being_imported_at_the_first_look() =>
        Assert.Equal(["json", "json.decoder", "math"], Of(new ProgramBoundary(5, "json")));

    [Fact]
    public void A_parent_is_imported_first() =>
        Assert.Equal(["json", "json.decoder", "math"], Of(new ProgramBoundary(5, "json.decoder")));

    [Fact]
    public void Without_an_import_by_then_times_tell() =>
        Assert.Equal(["json.decoder", "math"], Of(new ProgramBoundary(6, null)));

    [Fact]
    public void A_module_that_is_gone_leaves_the_times() =>
        Assert.Equal(["json.decoder", "math"], Of(new ProgramBoundary(6, "gone")));

    [Fact]
    public void Of_a_program_that_was_not_seen_there_is_none() =>
        Assert.Empty(Of(new ProgramBoundary(long.MaxValue, null)));

    private static IEnumerable<string> Of(ProgramBoundary boundary) => _modules.Where(boundary.Among(_modules)).Select(module => module.Name);

    private static ModuleInfo Module(string name, int order, long seenNs) => new(name, "", ModuleKind.Source, order, seenNs, false, []);
}
