using System.Buffers.Binary;
using System.Collections.Concurrent;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Elf;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// Where a binary that contains CPython keeps the roots of its state, all as linked addresses (0: not found), and which release it is.
/// </summary>
/// <param name="Runtime"><c>_PyRuntime</c> (3.7 on).</param>
/// <param name="InterpreterHead">3.6 and before: the static variable <c>interp_head</c>.</param>
/// <param name="CurrentThreadState">3.6 and before: <c>_PyThreadState_Current</c>.</param>
/// <param name="Version">The release that its code or read-only data names; null when only the running interpreter can say.</param>
/// <param name="Segments">Its program headers, for the load bias.</param>
/// <param name="BuildId">Its build id, or empty.</param>
internal sealed record PythonModule(ulong Runtime, ulong InterpreterHead, ulong CurrentThreadState, CPythonVersion? Version,
    IReadOnlyList<ElfSegment> Segments, string BuildId)
{
    /// <summary>3.6 and before: <c>_Py_Finalizing</c>.</summary>
    public ulong Finalizing { get; init; }

    private const int MaxCached = 1024;

    private static readonly ConcurrentDictionary<(FileIdentity File, bool Thorough), PythonModule?> s_cache = new();

    /// <summary>What a file holds, from the cache when it was looked at before.</summary>
    /// <param name="file">The file.</param>
    /// <param name="thorough">Search the symbol table, too.</param>
    /// <returns>Null when no CPython is in it.</returns>
    public static PythonModule? Inspect(MappedFile file, bool thorough)
    {
        if (s_cache.TryGetValue((file.Identity, thorough), out PythonModule? known))
        {
            return known;
        }

        if (s_cache.Count >= MaxCached)
        {
            s_cache.Clear();
        }

        PythonModule? module = ElfImage.TryRead(file, out ElfImage? image) ? Inspect(image, thorough) : null;
        s_cache[(file.Identity, thorough)] = module;
        return module;
    }

    /// <summary>What an image holds.</summary>
    /// <param name="image">The image.</param>
    /// <param name="thorough">Search the symbol table, too.</param>
    /// <returns>Null when no CPython is in it.</returns>
    public static PythonModule? Inspect(ElfImage image, bool thorough)
    {
        // The dynamic symbol is found by hash; 3.10 and later have a section of its own for _PyRuntime (bpo-41796's
        // GENERATE_DEBUG_SECTION), which also a binary without exported symbols keeps.
        ulong runtime = image.TryFindDynamicSymbol("_PyRuntime", out ElfSymbol symbol) ? symbol.Address
            : image.TryFindSection(".PyRuntime", out ElfSection section) ? section.Address
            : thorough && image.TryFindLocalSymbol("_PyRuntime", out symbol) ? symbol.Address : 0;
        ulong head = 0;
        ulong current = 0;
        if (runtime == 0)
        {
            current = Find(image, "_PyThreadState_Current", thorough);
            if (current == 0)
            {
                return null;
            }

            // interp_head is static: in a stripped library only the code of the function that returns it knows where it is.
            head = image.TryFindLocalSymbol("interp_head", out symbol) ? symbol.Address
                : BinaryCode.TryFindReturnedVariable(image, "PyInterpreterState_Head", out ulong variable) ? variable : 0;
        }

        ulong finalizing = runtime == 0 ? Find(image, "_Py_Finalizing", thorough) : 0;
        return new PythonModule(runtime, head, current, FindVersion(image, thorough), image.Segments, image.BuildId) { Finalizing = finalizing };
    }

    private static ulong Find(ElfImage image, string name, bool thorough) =>
        (thorough ? image.TryFindSymbol(name, out ElfSymbol symbol) : image.TryFindDynamicSymbol(name, out symbol)) ? symbol.Address : 0;

    private static CPythonVersion? FindVersion(ElfImage image, bool thorough)
    {
        // 3.11 on: const unsigned long Py_Version, the value of PY_VERSION_HEX.
        Span<byte> hex = stackalloc byte[8];
        if (Find(image, "Py_Version", thorough) is ulong address and not 0 && image.TryReadAddress(address, hex)
            && BinaryPrimitives.ReadUInt64LittleEndian(hex) is ulong value and > 0x02000000 and < 0x10000000)
        {
            return CPythonVersion.FromHex((uint)value);
        }

        return BinaryCode.TryFindVersionInCode(image, "Py_GetVersion", out CPythonVersion version)
            || BinaryCode.TryFindVersionInData(image, out version) ? version : null;
    }
}
