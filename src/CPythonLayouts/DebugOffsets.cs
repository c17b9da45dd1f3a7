using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace LibProf.CPythonLayouts;

/// <summary>
/// Turns the bytes of <c>_Py_DebugOffsets</c>, with which <c>_PyRuntime</c> starts from 3.13 on
/// (Include/internal/pycore_debug_offsets.h), into a validated layout.
/// The bytes come from the target and are not trusted: every offset must lie in its struct, be aligned and be unique there.
/// </summary>
public static class DebugOffsets
{
    /// <summary>Bytes that <see cref="TryReadVersion"/> needs: cookie, version and the free-threaded flag.</summary>
    public const int PrefixSize = 24;

    private static ReadOnlySpan<byte> Cookie => "xdebugpy"u8;

    /// <summary>Bytes of the largest known <c>_Py_DebugOffsets</c>: reading this many of any version is enough, more do no harm.</summary>
    public static int MaxSize { get; } = KnownLayouts.All.Max(known => known.DebugOffsetNames?.Count ?? 0) * sizeof(ulong);

    /// <summary>Reads which release the struct belongs to.</summary>
    /// <param name="bytes">At least <see cref="PrefixSize"/> bytes from the start of <c>_PyRuntime</c>.</param>
    /// <param name="version">The release.</param>
    /// <param name="freeThreaded">Whether the build is free-threaded.</param>
    /// <returns>False when the bytes do not start with the cookie (3.12 and before, or no CPython) or make no sense.</returns>
    public static bool TryReadVersion(ReadOnlySpan<byte> bytes, out CPythonVersion version, out bool freeThreaded)
    {
        version = default;
        freeThreaded = false;
        if (bytes.Length < PrefixSize || !bytes.StartsWith(Cookie))
        {
            return false;
        }

        ulong hex = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        ulong flag = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        if (hex > uint.MaxValue || flag > 1)
        {
            return false;
        }

        version = CPythonVersion.FromHex((uint)hex);
        freeThreaded = flag == 1;
        return true;
    }

    /// <summary>Validates the struct and lays it over the version's table, which gives what the struct lacks.</summary>
    /// <param name="bytes">The bytes from the start of <c>_PyRuntime</c>; <see cref="MaxSize"/> is always enough.</param>
    /// <param name="layout">The layout of the running interpreter.</param>
    /// <param name="error">Why not, as a clause for a message; empty on success.</param>
    /// <returns>False when the bytes are no valid <c>_Py_DebugOffsets</c> of a supported version.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CPythonLayout? layout, out string error)
    {
        layout = null;
        if (!TryReadVersion(bytes, out CPythonVersion version, out bool freeThreaded))
        {
            error = "_PyRuntime does not start with a valid _Py_DebugOffsets";
            return false;
        }

        if (!KnownLayouts.TryFind(version, freeThreaded, out KnownLayout? known) || known.DebugOffsetNames is not { } names)
        {
            error = $"CPython {version}{(freeThreaded ? " (free-threaded)" : "")} is not supported ({KnownLayouts.SupportedVersionsText} are)";
            return false;
        }

        if (bytes.Length < names.Count * sizeof(ulong))
        {
            error = $"_Py_DebugOffsets of {version} is cut: {bytes.Length} of {names.Count * sizeof(ulong)} bytes";
            return false;
        }

        DebugOffsetMerge merge = new(bytes, names);
        CPythonLayout merged = merge.Over(known.Layout, version);
        error = merge.Error;
        if (error.Length != 0)
        {
            return false;
        }

        layout = merged;
        return true;
    }
}
