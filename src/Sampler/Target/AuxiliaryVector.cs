using System.Buffers.Binary;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>What the kernel told a program at its exec (getauxval(3)), from <c>/proc/PID/auxv</c>.</summary>
/// <param name="ProgramHeaders"><c>AT_PHDR</c>: address of the executable's program headers; 0 while an exec is under way.</param>
/// <param name="ProgramHeaderCount"><c>AT_PHNUM</c>.</param>
/// <param name="Random"><c>AT_RANDOM</c>: address of 16 bytes that are new with each exec.</param>
/// <param name="Uid"><c>AT_UID</c>: the real user at exec.</param>
/// <param name="Secure"><c>AT_SECURE</c>: a set-user-ID or otherwise privileged program.</param>
internal readonly record struct AuxiliaryVector(ulong ProgramHeaders, int ProgramHeaderCount, ulong Random, uint Uid, bool Secure)
{
    /// <summary>Reads that of a process; <c>self</c> for our own.</summary>
    public static bool TryRead(string process, out AuxiliaryVector vector)
    {
        byte[]? bytes = FileCalls.ReadAll($"/proc/{process}/auxv", out _);
        vector = bytes is null ? default : Parse(bytes);
        return vector.ProgramHeaders != 0;
    }

    /// <summary>Takes the entries of interest; the rest of a cut vector is 0.</summary>
    public static AuxiliaryVector Parse(ReadOnlySpan<byte> bytes)
    {
        AuxiliaryVector vector = default;
        for (; bytes.Length >= 16; bytes = bytes[16..])
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
            switch (BinaryPrimitives.ReadUInt64LittleEndian(bytes))
            {
                case 0:
                    return vector;
                case 3:
                    vector = vector with { ProgramHeaders = value };
                    break;
                case 5:
                    vector = vector with { ProgramHeaderCount = (int)Math.Min(value, ushort.MaxValue) };
                    break;
                case 11:
                    vector = vector with { Uid = (uint)value };
                    break;
                case 23:
                    vector = vector with { Secure = value != 0 };
                    break;
                case 25:
                    vector = vector with { Random = value };
                    break;
            }
        }

        return vector;
    }
}
