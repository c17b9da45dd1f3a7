using LibProf.CPythonLayouts;

namespace LibProf.TestSupport;

/// <summary>
/// The CPythons of this machine: pyenv's, the system's, and those of a Debian sid tree that <c>scripts/setup</c> lays down.
/// Each was run once to learn what it is; the answer is kept for the life of the test process.
/// </summary>
public static class Interpreters
{
    /// <summary>The oldest supported minor version.</summary>
    public const int OldestMinor = 6;

    /// <summary>The newest supported minor version.</summary>
    public const int NewestMinor = 15;

    private static readonly Lazy<IReadOnlyList<PythonInterpreter>> s_found = new(InterpreterSearch.Run);

    /// <summary>Every supported CPython (3.6 to 3.15, GIL builds, release builds), oldest first.</summary>
    public static IReadOnlyList<PythonInterpreter> All { get; } =
        [.. Found.Where(i => IsSupported(i.Version) && !i.IsFreeThreaded && !i.IsDebugBuild)];

    /// <summary>Free-threaded builds of supported versions.</summary>
    public static IReadOnlyList<PythonInterpreter> FreeThreaded { get; } =
        [.. Found.Where(i => IsSupported(i.Version) && i.IsFreeThreaded)];

    /// <summary>CPythons of other versions, such as 2.7, which libprof has to refuse.</summary>
    public static IReadOnlyList<PythonInterpreter> Unsupported { get; } =
        [.. Found.Where(i => !IsSupported(i.Version))];

    /// <summary>One supported CPython for each minor version: the newest micro release, the tests' own root first.</summary>
    public static IReadOnlyList<PythonInterpreter> OnePerMinor { get; } =
        [.. All.GroupBy(i => i.Version.Minor).Select(g => g.OrderBy(i => i.IsInOtherRoot).ThenByDescending(i => i.Version).First())];

    /// <summary>The supported minor versions that this machine has no interpreter for.</summary>
    public static IReadOnlyList<int> MissingMinors { get; } =
        [.. Enumerable.Range(OldestMinor, NewestMinor - OldestMinor + 1).Except(All.Select(i => i.Version.Minor))];

    /// <summary>The system's own python3 (/usr/bin/python3), which has Debian's packages; null where there is none that is supported.</summary>
    public static PythonInterpreter? System { get; } =
        All.FirstOrDefault(i => !i.IsInOtherRoot && i.Path == InterpreterSearch.RealPath("/usr/bin/python3"));

    private static IReadOnlyList<PythonInterpreter> Found => s_found.Value;

    /// <summary>Theory rows: every supported CPython. Use as <c>[MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]</c>.</summary>
    public static TheoryData<PythonInterpreter> EveryOne => [.. All];

    /// <summary>Theory rows: one supported CPython for each minor version.</summary>
    public static TheoryData<PythonInterpreter> EveryMinor => [.. OnePerMinor];

    /// <summary>A supported CPython of a minor version (3.<paramref name="minor"/>); skips the calling test where the machine has none.</summary>
    public static PythonInterpreter Require(int minor)
    {
        PythonInterpreter? found = OnePerMinor.FirstOrDefault(i => i.Version.Minor == minor);
        Assert.SkipWhen(found is null, $"no CPython 3.{minor} on this machine");
        return found!;
    }

    /// <summary>Any supported CPython of the tests' own root, the system's before others; skips the calling test where the machine has none.</summary>
    public static PythonInterpreter Any()
    {
        PythonInterpreter? found = System ?? All.LastOrDefault(i => !i.IsInOtherRoot);
        Assert.SkipWhen(found is null, "no supported CPython on this machine");
        return found!;
    }

    private static bool IsSupported(CPythonVersion version) =>
        version.Major == 3 && version.Minor is >= OldestMinor and <= NewestMinor;
}
