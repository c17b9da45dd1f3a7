using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.CPythonLayouts.ExecutionEvidence;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Executions;

/// <summary>A code object of the target whose evidence of execution is followed.</summary>
internal sealed class FollowedCode
{
    /// <summary>Address of the code object.</summary>
    public required ulong Address { get; init; }

    /// <summary>Number in the recording; -1 while its name is being read.</summary>
    public int Id { get; set; } = -1;

    /// <summary>Bytes that a reading takes, from the object's beginning.</summary>
    public required int Length { get; init; }

    /// <summary>Where the evidence stands.</summary>
    public required EvidenceSite Site { get; init; }

    /// <summary>Fields that never change during the object's life: when they do, it is another object.</summary>
    public required (ulong Name, ulong File, int FirstLine) Identity { get; init; }

    /// <summary>Functions and constants that refer to it, as far as they were met.</summary>
    public int KnownReferences { get; set; }

    /// <summary>What the last reading said.</summary>
    public ExecutionReading Last { get; set; }

    /// <summary>The first bytes of an object, read by the walk, before it has a number.</summary>
    public ExecutionReading First { get; set; }

    /// <summary>Whether the object was found to be gone.</summary>
    public bool IsGone { get; set; }

    /// <summary>When <see cref="First"/> was read.</summary>
    public long FirstReadNs { get; init; }

    /// <summary>The identity that a code object's bytes show.</summary>
    public static (ulong Name, ulong File, int FirstLine) IdentityOf(CodeLayout layout, ReadOnlySpan<byte> code) => (
        BinaryPrimitives.ReadUInt64LittleEndian(code[layout.Name.Value..]),
        BinaryPrimitives.ReadUInt64LittleEndian(code[layout.FileName.Value..]),
        BinaryPrimitives.ReadInt32LittleEndian(code[layout.FirstLineNumber.Value..]));

    /// <summary>A reading as the recording has it.</summary>
    public static CodeReading ToRecord(int id, ExecutionReading reading) => new(
        id,
        reading.State switch
        {
            ExecutionState.Untouched => CodeUse.Untouched,
            ExecutionState.Counted => CodeUse.Counted,
            ExecutionState.Saturated => CodeUse.Saturated,
            _ => CodeUse.Unknown,
        },
        reading.Count);
}
