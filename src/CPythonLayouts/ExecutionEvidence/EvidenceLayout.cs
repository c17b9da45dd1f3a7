namespace LibProf.CPythonLayouts.ExecutionEvidence;

/// <summary>Which field of a code object changes when the code runs.</summary>
public enum EvidenceKind
{
    /// <summary>None that is known (free-threaded builds, which run copies of the bytecode or do not specialise it).</summary>
    None,

    /// <summary>3.6 and 3.7: <c>co_zombieframe</c>, NULL until the first frame of the code is freed (Objects/frameobject.c).</summary>
    ZombieFrame,

    /// <summary>3.8 to 3.10: <c>co_opcache_flag</c>, one more at each entry and resumption, up to 1024 (Python/ceval.c).</summary>
    EntryCount,

    /// <summary>3.11: <c>co_warmup</c>, from -8 up by one at each entry and backward jump, to 0 (Include/internal/pycore_code.h).</summary>
    Warmup,

    /// <summary>3.12: the counter of the first adaptive instruction that every run passes (Python/specialize.c).</summary>
    AdaptiveCounter,

    /// <summary>3.13 on: the opcode RESUME, replaced by RESUME_CHECK at the first entry (Python/bytecodes.c), and the counter as in 3.12.</summary>
    ResumeOpcode,
}

/// <summary>Where a version's code objects keep the evidence of their execution.</summary>
public sealed record EvidenceLayout
{
    private readonly byte _makeFunction;
    private readonly byte _firstInstrumented;

    private EvidenceLayout(byte makeFunction = 0, byte firstInstrumented = 0) => (_makeFunction, _firstInstrumented) = (makeFunction, firstInstrumented);

    /// <summary>The kind of evidence.</summary>
    public required EvidenceKind Kind { get; init; }

    /// <summary>The field in the code object; absent where the bytecode itself is the evidence.</summary>
    public required FieldOffset Field { get; init; }

    /// <summary>The instructions in the code object; absent where they never change (to 3.10).</summary>
    public required FieldOffset Instructions { get; init; }

    /// <summary>Offset of <c>ob_refcnt</c> where the evidence needs it; else absent.</summary>
    public FieldOffset ReferenceCount { get; init; } = FieldOffset.Absent;

    /// <summary>The version's opcodes; null where they are not looked at.</summary>
    public AdaptiveOpcodes? Opcodes { get; init; }

    /// <summary>
    /// Whether code of these instructions may make functions or classes of code objects among its constants: it has MAKE_FUNCTION in it, or an
    /// instrumented instruction, which may stand in its place (Lib/opcode.py, MIN_INSTRUMENTED_OPCODE). Inline caches are looked at as if they
    /// were instructions, so that it may say yes for nothing. Always yes where the instructions do not stand in the code object.
    /// </summary>
    /// <param name="bytecode">All of its instructions.</param>
    public bool MayMakeFunctions(ReadOnlySpan<byte> bytecode)
    {
        if (!Instructions.Exists)
        {
            return true;
        }

        for (int at = 0; at < bytecode.Length; at += 2)
        {
            if (bytecode[at] == _makeFunction || bytecode[at] >= _firstInstrumented)
            {
                return true;
            }
        }

        return false;
    }


    /// <summary>The evidence that a release's code objects carry.</summary>
    /// <param name="layout">The release.</param>
    public static EvidenceLayout Of(CPythonLayout layout)
    {
        FieldOffset code = layout.Code.Instructions;
        return layout.FreeThreaded ? s_none : layout.Version.Minor switch
        {
            6 or 7 => new EvidenceLayout() { Kind = EvidenceKind.ZombieFrame, Field = 120, Instructions = FieldOffset.Absent, ReferenceCount = 0 },
            8 or 9 or 10 => new EvidenceLayout() { Kind = EvidenceKind.EntryCount, Field = 168, Instructions = FieldOffset.Absent, ReferenceCount = 0 },
            11 => new EvidenceLayout(132, byte.MaxValue) { Kind = EvidenceKind.Warmup, Field = 52, Instructions = code },
            12 => Bytecode(EvidenceKind.AdaptiveCounter, code, AdaptiveOpcodes.Of312, 132, 237),
            13 => Bytecode(EvidenceKind.ResumeOpcode, code, AdaptiveOpcodes.Of313, 26, 236),
            14 => Bytecode(EvidenceKind.ResumeOpcode, code, AdaptiveOpcodes.Of314, 23, 234),
            15 => Bytecode(EvidenceKind.ResumeOpcode, code, AdaptiveOpcodes.Of315, 21, 233),
            _ => s_none,
        };
    }

    private static readonly EvidenceLayout s_none = new() { Kind = EvidenceKind.None, Field = FieldOffset.Absent, Instructions = FieldOffset.Absent };

    private static EvidenceLayout Bytecode(EvidenceKind kind, FieldOffset instructions, AdaptiveOpcodes opcodes, byte makeFunction, byte firstInstrumented) =>
        new(makeFunction, firstInstrumented) { Kind = kind, Field = FieldOffset.Absent, Instructions = instructions, Opcodes = opcodes };
}
