using System.Buffers.Binary;

namespace LibProf.CPythonLayouts.ExecutionEvidence;

/// <summary>Where in a function's bytecode the evidence stands, in bytes from the first instruction; -1 where there is none.</summary>
/// <param name="Resume">The instruction that begins each run.</param>
/// <param name="Counter">The inline cache of the first adaptive instruction that every run passes.</param>
/// <param name="Adaptive">That instruction.</param>
public readonly record struct EvidenceSite(int Resume, int Counter, int Adaptive)
{
    /// <summary>No evidence.</summary>
    public static EvidenceSite None => new(-1, -1, -1);

    /// <summary>Bytes of the bytecode that have to be read for it.</summary>
    public int Length => Math.Max(Resume + 2, Counter + 2);
}

/// <summary>Reads the evidence out of a code object's bytes. Pure; what is read may be torn or forged.</summary>
public static class EvidenceReader
{
    private const int WarmupStart = -8;       // QUICKENING_INITIAL_WARMUP_VALUE is -(1 << 3) of 3.11's pycore_code.h
    private const int EntryCountLimit = 1024; // OPCACHE_MIN_RUNS of Python/ceval.c

    /// <summary>Finds the evidence in a function's bytecode.</summary>
    /// <param name="layout">The version's evidence.</param>
    /// <param name="bytecode">The function's instructions from the first one on, as many as were read.</param>
    public static EvidenceSite Locate(EvidenceLayout layout, ReadOnlySpan<byte> bytecode)
    {
        if (layout.Opcodes is not { } opcodes)
        {
            return EvidenceSite.None;
        }

        int resume = layout.Kind == EvidenceKind.ResumeOpcode ? FindResume(opcodes, bytecode) : -1;
        int at = 0;
        while (at + 4 <= bytecode.Length)
        {
            byte opcode = bytecode[at];
            switch (opcodes.KindOf(opcode))
            {
                case OpcodeKind.Adaptive or OpcodeKind.Specialized:
                    return new EvidenceSite(resume, at + 2, at);
                case OpcodeKind.Harmless or OpcodeKind.Resume or OpcodeKind.ResumeEntered:
                    at += 2 + (2 * opcodes.CachesOf(opcode));
                    break;
                default:
                    // What may leave the function or jump: not every run comes further than here.
                    return new EvidenceSite(resume, -1, -1);
            }
        }

        return new EvidenceSite(resume, -1, -1);
    }

    // The instruction at the function's start has argument 0 in the two lowest bits (RESUME_AT_FUNC_START); a generator's stands behind
    // the instructions that make it.
    private static int FindResume(AdaptiveOpcodes opcodes, ReadOnlySpan<byte> bytecode)
    {
        for (int at = 0; at + 2 <= bytecode.Length; at += 2 + (2 * opcodes.CachesOf(bytecode[at])))
        {
            OpcodeKind kind = opcodes.KindOf(bytecode[at]);
            if (kind is OpcodeKind.Resume or OpcodeKind.ResumeEntered)
            {
                return (bytecode[at + 1] & 3) == 0 ? at : -1;
            }

            if (kind is not OpcodeKind.Harmless)
            {
                return -1;
            }
        }

        return -1;
    }

    /// <summary>Reads the evidence.</summary>
    /// <param name="layout">The version's evidence.</param>
    /// <param name="site">Where it stands in this function's bytecode.</param>
    /// <param name="code">The code object's bytes from its beginning; with evidence in the bytecode, at least up to its end.</param>
    /// <param name="knownReferences">3.6 and 3.7: how many references to the code object are accounted for by functions and constants.</param>
    public static ExecutionReading Read(EvidenceLayout layout, EvidenceSite site, ReadOnlySpan<byte> code, int knownReferences)
    {
        if (layout.Field.Exists && code.Length < layout.Field.Value + sizeof(long))
        {
            return default;
        }

        switch (layout.Kind)
        {
            case EvidenceKind.ZombieFrame:
                bool touched = BinaryPrimitives.ReadUInt64LittleEndian(code[layout.Field.Value..]) != 0;
                // While its only frame runs or is suspended it is NULL, too; but then that frame has a reference to the code.
                bool free = BinaryPrimitives.ReadInt64LittleEndian(code[layout.ReferenceCount.Value..]) <= knownReferences;
                return new ExecutionReading(touched ? ExecutionState.Saturated : free ? ExecutionState.Untouched : ExecutionState.Unknown, 0, 0);
            case EvidenceKind.EntryCount when !IsAlive(BinaryPrimitives.ReadInt64LittleEndian(code[layout.ReferenceCount.Value..])):
                // code_dealloc sets the count back to 0.
                return default;
            case EvidenceKind.EntryCount:
                return Counted(BinaryPrimitives.ReadInt32LittleEndian(code[layout.Field.Value..]), EntryCountLimit, 0);
            case EvidenceKind.Warmup:
                return Counted(BinaryPrimitives.ReadInt16LittleEndian(code[layout.Field.Value..]) - WarmupStart, -WarmupStart, Hash(layout, code));
            case EvidenceKind.AdaptiveCounter or EvidenceKind.ResumeOpcode:
                return ReadBytecode(layout, site, code);
            default:
                return default;
        }
    }

    // Where a freed object's count of references was, its allocator keeps a pointer or nothing.
    private static bool IsAlive(long references) => references is > 0 and < 1L << 31;

    private static ExecutionReading Counted(int count, int limit, int adaptation) =>
        count < 0 ? default
        : count == 0 ? new ExecutionReading(ExecutionState.Untouched, 0, adaptation)
        : count < limit ? new ExecutionReading(ExecutionState.Counted, count, adaptation)
        : new ExecutionReading(ExecutionState.Saturated, 0, adaptation);

    private static ExecutionReading ReadBytecode(EvidenceLayout layout, EvidenceSite site, ReadOnlySpan<byte> code)
    {
        int start = layout.Instructions.Value;
        if (layout.Opcodes is not { } opcodes || code.Length < start + site.Length)
        {
            return default;
        }

        ReadOnlySpan<byte> bytecode = code[start..];
        int adaptation = Hash(layout, code);
        ExecutionReading ofCounter = site.Counter < 0 ? new ExecutionReading(ExecutionState.Unknown, 0, adaptation)
            : ReadCounter(opcodes, bytecode[site.Adaptive], BinaryPrimitives.ReadUInt16LittleEndian(bytecode[site.Counter..]), adaptation);
        if (layout.Kind == EvidenceKind.AdaptiveCounter)
        {
            return ofCounter.State == ExecutionState.Unknown && HasAdapted(opcodes, bytecode) ? ofCounter with { State = ExecutionState.Saturated } : ofCounter;
        }

        if (site.Resume < 0)
        {
            return new ExecutionReading(ExecutionState.Unknown, 0, adaptation);
        }

        return opcodes.KindOf(bytecode[site.Resume]) == OpcodeKind.Resume ? new ExecutionReading(ExecutionState.Untouched, 0, adaptation)
            : ofCounter.State == ExecutionState.Counted ? ofCounter
            : new ExecutionReading(ExecutionState.Saturated, 0, adaptation);
    }

    private static ExecutionReading ReadCounter(AdaptiveOpcodes opcodes, byte opcode, int counter, int adaptation) => opcodes.KindOf(opcode) switch
    {
        OpcodeKind.Adaptive when counter == opcodes.InitialCounter => new ExecutionReading(ExecutionState.Untouched, 0, adaptation),
        // One run less than it takes to specialise: the next one shows.
        OpcodeKind.Adaptive when counter == AdaptiveOpcodes.CounterAfterFirstRun => new ExecutionReading(ExecutionState.Counted, 1, adaptation),
        OpcodeKind.Adaptive or OpcodeKind.Specialized => new ExecutionReading(ExecutionState.Saturated, 0, adaptation),
        _ => new ExecutionReading(ExecutionState.Unknown, 0, adaptation),
    };

    // Any adaptive instruction that is no longer as it was made has run.
    private static bool HasAdapted(AdaptiveOpcodes opcodes, ReadOnlySpan<byte> bytecode)
    {
        for (int at = 0; at + 4 <= bytecode.Length; at += 2 + (2 * opcodes.CachesOf(bytecode[at])))
        {
            OpcodeKind kind = opcodes.KindOf(bytecode[at]);
            if (kind == OpcodeKind.Specialized
                || (kind == OpcodeKind.Adaptive && BinaryPrimitives.ReadUInt16LittleEndian(bytecode[(at + 2)..]) != opcodes.InitialCounter))
            {
                return true;
            }
        }

        return false;
    }

    private static int Hash(EvidenceLayout layout, ReadOnlySpan<byte> code)
    {
        if (!layout.Instructions.Exists || code.Length <= layout.Instructions.Value)
        {
            return 0;
        }

        // FNV-1a, eight bytes at a time: fast, and the same in every run.
        ulong hash = 14695981039346656037;
        ReadOnlySpan<byte> rest = code[layout.Instructions.Value..];
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest)) * 1099511628211;
            hash ^= hash >> 29;
        }

        foreach (byte b in rest)
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return (int)(hash ^ (hash >> 32));
    }
}
