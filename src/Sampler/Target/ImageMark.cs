using System.Globalization;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Target;

/// <summary>
/// The 16 random bytes that the kernel gives to each program image (<c>AT_RANDOM</c>), at the place where they stand: whether a process still runs
/// the image. For where <see cref="ProcessImageWatch"/> cannot tell: memory that is held outlives its image.
/// </summary>
internal sealed class ImageMark
{
    private const int Length = 16;

    private readonly LiveProcessMemory _memory;
    private readonly ulong _address;
    private readonly byte[] _bytes;
    private int _asked;

    private ImageMark(LiveProcessMemory memory, ulong address, byte[] bytes) => (_memory, _address, _bytes) = (memory, address, bytes);

    /// <summary>Whether the process has them still: one system call. Not to be asked once held memory is read.</summary>
    public bool IsThere
    {
        get
        {
            Span<byte> now = stackalloc byte[Length];
            return _memory.TryRead(_address, now) && now.SequenceEqual(_bytes);
        }
    }

    /// <summary>Puts the mark on the list of a read.</summary>
    public void Ask(ReadBatch batch) => _asked = batch.Add(_address, Length);

    /// <summary>Whether the read that it was put on the list of last found it.</summary>
    /// <param name="bytes">What that brought.</param>
    public bool IsIn(ReadOnlySpan<byte> bytes) => bytes.Slice(_asked, Length).SequenceEqual(_bytes);

    /// <summary>Reads the mark of a process's image; null when it cannot be read.</summary>
    public static ImageMark? TryRead(int pid, LiveProcessMemory memory)
    {
        byte[] bytes = new byte[Length];
        return AuxiliaryVector.TryRead(pid.ToString(CultureInfo.InvariantCulture), out AuxiliaryVector vector)
            && memory.TryRead(vector.Random, bytes) ? new ImageMark(memory, vector.Random, bytes) : null;
    }
}
