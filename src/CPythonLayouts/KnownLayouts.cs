using System.Diagnostics.CodeAnalysis;
using LibProf.CPythonLayouts.Versions;

namespace LibProf.CPythonLayouts;

/// <summary>A range of CPython releases that share one layout.</summary>
/// <param name="First">The first release of the range.</param>
/// <param name="Last">The last release of the range; a minor version's open end is micro 255.</param>
/// <param name="Layout">The layout. From 3.13 on only what <c>_Py_DebugOffsets</c> lacks is to be taken from it: <see cref="DebugOffsets"/> does that.</param>
/// <param name="DebugOffsetNames">Members of <c>_Py_DebugOffsets</c> in order, each eight bytes wide; null before 3.13, which has no such struct.</param>
public sealed record KnownLayout(CPythonVersion First, CPythonVersion Last, CPythonLayout Layout, IReadOnlyList<string>? DebugOffsetNames);

/// <summary>
/// The CPython releases that can be read. One that is not listed is refused: the nearest one's layout would give wrong stacks.
/// Alphas and betas are refused too, since CPython changes its structures until the first release candidate.
/// </summary>
public static class KnownLayouts
{
    /// <summary>Every known layout, oldest first, a version's build with the GIL before its free-threaded build.</summary>
    public static IReadOnlyList<KnownLayout> All { get; } =
    [
        Minor(CPython36.Default),
        Minor(CPython37.Until373, lastMicro: 3),
        Minor(CPython37.Default),
        Minor(CPython38.Default),
        Minor(CPython39.Default),
        Minor(CPython310.Default),
        Minor(CPython311.Default),
        Minor(CPython312.Default),
        Minor(CPython313.Default, CPython313.DebugOffsetNames),
        Minor(CPython313.FreeThreaded, CPython313.DebugOffsetNames),
        Minor(CPython314.Default, CPython314.DebugOffsetNames),
        Minor(CPython314.FreeThreaded, CPython314.DebugOffsetNames),
        Minor(CPython315.Default, CPython315.DebugOffsetNames),
        Minor(CPython315.FreeThreaded, CPython315.DebugOffsetNames),
    ];

    /// <summary>The supported versions as text for messages: "3.6 to 3.15".</summary>
    public static string SupportedVersionsText { get; } =
        $"{All[0].First.Major}.{All[0].First.Minor} to {All[^1].First.Major}.{All[^1].First.Minor}";

    /// <summary>Finds the layout of a release.</summary>
    /// <param name="version">The release, from the running binary.</param>
    /// <param name="freeThreaded">Whether the build is free-threaded.</param>
    /// <param name="known">The entry, when there is one.</param>
    /// <returns>False when the release is not supported.</returns>
    public static bool TryFind(CPythonVersion version, bool freeThreaded, [NotNullWhen(true)] out KnownLayout? known)
    {
        foreach (KnownLayout candidate in All)
        {
            if (version >= candidate.First && version <= candidate.Last && candidate.Layout.FreeThreaded == freeThreaded)
            {
                known = candidate;
                return true;
            }
        }

        known = null;
        return false;
    }

    /// <summary>As <see cref="TryFind"/>, giving the layout alone.</summary>
    /// <param name="version">The release, from the running binary.</param>
    /// <param name="freeThreaded">Whether the build is free-threaded.</param>
    /// <param name="layout">The layout, when the release is supported.</param>
    /// <returns>False when the release is not supported.</returns>
    public static bool TryGet(CPythonVersion version, bool freeThreaded, [NotNullWhen(true)] out CPythonLayout? layout)
    {
        bool found = TryFind(version, freeThreaded, out KnownLayout? known);
        layout = known?.Layout;
        return found;
    }

    /// <summary>
    /// Whether the release is of a supported minor version or of the one before or after: what a text in a binary that looks like a version
    /// is taken for, so that an unsupported release can be named, and a version of SQLite is none of Python.
    /// </summary>
    /// <param name="version">What the text says.</param>
    public static bool IsNear(CPythonVersion version) =>
        version.Major == All[0].First.Major && version.Minor >= All[0].First.Minor - 1 && version.Minor <= All[^1].First.Minor + 1;

    /// <summary>Whether the release starts its <c>_PyRuntime</c> with <c>_Py_DebugOffsets</c>, so that the table alone must not be used.</summary>
    /// <param name="version">The release, from the running binary.</param>
    public static bool HasDebugOffsets(CPythonVersion version) =>
        TryFind(version, freeThreaded: false, out KnownLayout? known) && known.DebugOffsetNames is not null;

    private static KnownLayout Minor(CPythonLayout layout, IReadOnlyList<string>? debugOffsetNames = null, int lastMicro = 0xFF) => new(
        layout.Version with { Level = 0xC, Serial = 1 },
        layout.Version with { Micro = lastMicro, Level = 0xF, Serial = 0 },
        layout,
        debugOffsetNames);
}
