namespace LibProf.CPythonLayouts;

/// <summary>A CPython release: major, minor, micro and, for pre-releases, level and serial.</summary>
/// <param name="Major">3.</param>
/// <param name="Minor">The 11 in 3.11.2.</param>
/// <param name="Micro">The 2 in 3.11.2.</param>
/// <param name="Level">0xA alpha, 0xB beta, 0xC release candidate, 0xF final, as in <c>PY_VERSION_HEX</c>.</param>
/// <param name="Serial">The 2 in 3.15.0rc2; 0 for a final release.</param>
public readonly record struct CPythonVersion(int Major, int Minor, int Micro, int Level = 0xF, int Serial = 0) : IComparable<CPythonVersion>
{
    /// <summary>The version as <c>PY_VERSION_HEX</c> has it (Include/patchlevel.h).</summary>
    public uint Hex => (uint)((Major << 24) | (Minor << 16) | (Micro << 8) | (Level << 4) | Serial);

    /// <summary>The version that <c>Py_Version</c> or <c>_Py_DebugOffsets.version</c> encodes.</summary>
    public static CPythonVersion FromHex(uint hex) =>
        new((int)(hex >> 24), (int)(hex >> 16) & 0xFF, (int)(hex >> 8) & 0xFF, (int)(hex >> 4) & 0xF, (int)hex & 0xF);

    /// <inheritdoc/>
    public int CompareTo(CPythonVersion other) => Hex.CompareTo(other.Hex);

    /// <summary>As <c>sys.version</c> begins: 3.11.2, 3.15.0rc2.</summary>
    public override string ToString()
    {
        string pre = Level switch { 0xA => $"a{Serial}", 0xB => $"b{Serial}", 0xC => $"rc{Serial}", _ => "" };
        return $"{Major}.{Minor}.{Micro}{pre}";
    }

    /// <summary>Whether <paramref name="left"/> is older.</summary>
    public static bool operator <(CPythonVersion left, CPythonVersion right) => left.CompareTo(right) < 0;
    /// <summary>Whether <paramref name="left"/> is newer.</summary>
    public static bool operator >(CPythonVersion left, CPythonVersion right) => left.CompareTo(right) > 0;
    /// <summary>Whether <paramref name="left"/> is not newer.</summary>
    public static bool operator <=(CPythonVersion left, CPythonVersion right) => left.CompareTo(right) <= 0;
    /// <summary>Whether <paramref name="left"/> is not older.</summary>
    public static bool operator >=(CPythonVersion left, CPythonVersion right) => left.CompareTo(right) >= 0;
}
