using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>A frame as it was read, nothing resolved.</summary>
internal struct WalkedFrame
{
    /// <summary>Address of the frame.</summary>
    public ulong Address;
    /// <summary>Address of its caller's frame.</summary>
    public ulong Previous;
    /// <summary>The pointer to its code object, with the tag bits that some versions keep in it.</summary>
    public ulong Executable;
    /// <summary>Address (or index, to 3.10) of the instruction.</summary>
    public ulong Instruction;
    /// <summary>Its first local variable, with tag bits.</summary>
    public ulong Local;
    /// <summary>The region of the prediction in which it stands.</summary>
    public int Region;
    /// <summary>Where in that region.</summary>
    public int Offset;
    /// <summary>Who owns it; to 3.10 its state.</summary>
    public byte Owner;
    /// <summary>Whether it runs Python code; else it is the interpreter's own mark of a call from C.</summary>
    public bool IsPython;
}

/// <summary>
/// Follows a thread's frames in what one read brought: the frames, later the pointer to the newest one, later the frames once more.
/// A chain of frames that begins at that pointer and is the same in both copies was the thread's stack when the pointer was read.
/// </summary>
internal sealed class StackWalk
{
    private readonly FrameLayout _layout;
    private readonly FrameOwners? _owners;
    private readonly bool _hasShims;
    private readonly bool _isPointer;
    private readonly int _previous;
    private readonly int _executable;
    private readonly int _instruction;
    private readonly int _owner;
    private readonly int _local;
    private readonly int _span;
    private WalkedFrame[] _frames = new WalkedFrame[64];
    private long _generation = -1;
    private bool _isResumed;

    /// <summary>Makes a walk for one thread.</summary>
    public StackWalk(CPythonLayout layout)
    {
        _layout = layout.Frame;
        _owners = _layout.Owners;
        _hasShims = _owners is { } owners && (owners.CStack >= 0 || owners.Interpreter >= 0);
        _isPointer = _layout.InstructionPointer.Exists;
        _previous = _layout.Previous.Value;
        _executable = _layout.Executable.Value;
        _instruction = _isPointer ? _layout.InstructionPointer.Value : _layout.LastInstruction.Value;
        _owner = _layout.Owner.Exists ? _layout.Owner.Value : _layout.State.Value;
        _local = _layout.Locals.Value;
        _span = _local + sizeof(ulong);
        Prediction = new FramePrediction(layout);
    }

    /// <summary>Where the frames are expected.</summary>
    public FramePrediction Prediction { get; }

    /// <summary>Whether the last walk found the older frames of the stack only.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Frames of the stack, shims included.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether this is the stack of the last walk, but for the newest frame's instruction.</summary>
    public bool IsRepeat { get; private set; }

    /// <summary>Counts the walks that were no repeats.</summary>
    public long Serial { get; private set; }

    /// <summary>A frame, the newest one first.</summary>
    public ref readonly WalkedFrame this[int index] => ref _frames[index];

    /// <summary>
    /// Whether the frames read once, after the pointer, are those of the last walk: then it is a stack that was proven, and goes on. What is
    /// not takes two copies to be told.
    /// </summary>
    /// <param name="bytes">What was read.</param>
    /// <param name="newest">The newest frame when the pointer was read, not 0.</param>
    public bool GoesOn(ReadOnlySpan<byte> bytes, ulong newest) =>
        IsRepeat = Depth > 0 && !IsCut && _frames[0].Address == newest && _generation == Prediction.Generation && TryRepeat(bytes);

    /// <summary>Forgets the stack: what comes next is no repeat of it.</summary>
    public void Forget() => Depth = 0;

    /// <summary>Follows the frames from the newest one to the root, and compares the copies.</summary>
    /// <param name="bytes">What was read, at the places that the prediction's regions know.</param>
    /// <param name="newest">The newest frame when the pointer was read, not 0.</param>
    /// <param name="lastTry">Whether, when the newer frames moved, the older ones will do.</param>
    /// <param name="lost">Unpredicted: the frame that stands where nothing was read.</param>
    public LookStatus Follow(ReadOnlySpan<byte> bytes, ulong newest, bool lastTry, out ulong lost)
    {
        lost = 0;
        IsCut = false;
        IsRepeat = Depth > 0 && _frames[0].Address == newest && _generation == Prediction.Generation && TryRepeat(bytes);
        if (IsRepeat)
        {
            return LookStatus.Good;
        }

        LookStatus status = Walk(bytes, newest, out lost);
        int agreeing = status == LookStatus.Good ? Agreeing(bytes) : 0;
        if (status == LookStatus.Good && agreeing < Depth && !(lastTry && TryCut(bytes, newest, agreeing)))
        {
            status = LookStatus.Torn;
        }

        if (status != LookStatus.Good)
        {
            Depth = 0;
            return status;
        }

        Serial++;
        _generation = IsCut ? -1 : Prediction.Generation;
        return IsCut || _frames[0].IsPython ? LookStatus.Good : _frames[0].Previous == 0 ? LookStatus.Empty : LookStatus.Torn;
    }

    // Whether both copies still hold the frames of the last walk. Only the newest frame may have gone on to another instruction.
    private bool TryRepeat(ReadOnlySpan<byte> bytes)
    {
        Span<FramePrediction.Region> regions = Prediction.Regions;
        Span<WalkedFrame> frames = _frames.AsSpan(0, Depth);
        for (int i = 0; i < frames.Length; i++)
        {
            ref WalkedFrame frame = ref frames[i];
            ref FramePrediction.Region region = ref regions[frame.Region];
            ReadOnlySpan<byte> first = bytes.Slice(region.First + frame.Offset, _span);
            ReadOnlySpan<byte> second = bytes.Slice(region.Second + frame.Offset, _span);
            bool isFree = i == 0 || !frame.IsPython;
            if (!IsSame(first, in frame, isFree) || (region.Second != region.First && !IsSame(second, in frame, isFree)))
            {
                return false;
            }

            frame.Instruction = InstructionOf(first);
            frame.Local = ULong(first, _local);
        }

        return frames[0].IsPython;
    }

    private bool IsSame(ReadOnlySpan<byte> fields, in WalkedFrame frame, bool isFree) =>
        ULong(fields, _executable) == frame.Executable && ULong(fields, _previous) == frame.Previous && fields[_owner] == frame.Owner
        && (isFree || InstructionOf(fields) == frame.Instruction);

    // Follows the first copy.
    private LookStatus Walk(ReadOnlySpan<byte> bytes, ulong frame, out ulong lost)
    {
        lost = 0;
        Span<FramePrediction.Region> regions = Prediction.Regions;
        int limit = (int)Math.Min(ReadLimits.MaxFrames, (Prediction.Length / 24) + 1);
        int region = 0;
        long walk = ++Prediction.Walks;
        Depth = 0;
        _isResumed = false;
        while (frame != 0)
        {
            region = Prediction.Find(frame, region);
            if (region < 0 || (frame & 7) != 0)
            {
                lost = frame;
                return LookStatus.Unpredicted;
            }

            if (Depth >= limit)
            {
                // A cycle: more frames than there is room for.
                return LookStatus.Torn;
            }

            if (Depth == _frames.Length)
            {
                Array.Resize(ref _frames, Depth * 2);
            }

            ref FramePrediction.Region place = ref regions[region];
            if (place.Walk != walk)
            {
                place.Rank = Depth;
            }

            place.Use(frame, frame + (ulong)_span, walk);

            ref WalkedFrame walked = ref _frames[Depth++];
            walked.Region = region;
            walked.Offset = (int)(frame - place.Low);
            ReadOnlySpan<byte> fields = bytes.Slice(place.First + walked.Offset, _span);
            walked.Address = frame;
            walked.Previous = ULong(fields, _previous);
            walked.Executable = ULong(fields, _executable);
            walked.Instruction = InstructionOf(fields);
            walked.Local = ULong(fields, _local);
            walked.Owner = fields[_owner];
            if (!IsAlive(walked.Owner, out walked.IsPython, out bool isThreadFrame) && !(Depth == 1 && TryResumed(bytes, ref walked, in place)))
            {
                return LookStatus.Torn;
            }

            if (walked.Previous == 0 && !IsRoot(fields, walked.IsPython, isThreadFrame) && !(Depth == 1 && TryResumed(bytes, ref walked, in place)))
            {
                return LookStatus.Torn;
            }

            frame = walked.Previous;
        }

        return LookStatus.Good;
    }

    private bool IsAlive(byte owner, out bool isPython, out bool isThreadFrame)
    {
        if (_owners is null)
        {
            // A dead frame keeps its fields, but for its caller, and its place is used again.
            isPython = isThreadFrame = true;
            return (sbyte)owner == _layout.ExecutingState;
        }

        int value = (sbyte)owner;
        isThreadFrame = value == _owners.Thread;
        isPython = isThreadFrame || value == _owners.Generator;
        return isPython || value == _owners.CStack || value == _owners.Interpreter;
    }

    // The newest frame is a generator's that was resumed after its first copy. It ran at its second one, and all older frames stood from
    // before that to after it (see Agreeing): then this was the stack. It had its code all the time, as the generator's frame.
    private bool TryResumed(ReadOnlySpan<byte> bytes, ref WalkedFrame newest, in FramePrediction.Region place)
    {
        ReadOnlySpan<byte> first = bytes.Slice(place.First + newest.Offset, _span);
        ReadOnlySpan<byte> second = bytes.Slice(place.Second + newest.Offset, _span);
        if (ULong(second, _executable) != newest.Executable || ULong(second, _previous) == 0 || !IsGenerators(first, second))
        {
            return false;
        }

        newest.Previous = ULong(second, _previous);
        newest.Instruction = InstructionOf(second);
        newest.Local = ULong(second, _local);
        newest.Owner = second[_owner];
        _isResumed = true;
        return true;
    }

    // Whether it is one generator's frame in both copies, and runs in the second: to 3.10 its state says so, later on that it has a caller.
    private bool IsGenerators(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (_owners is not null)
        {
            return (sbyte)first[_owner] == _owners.Generator && (sbyte)second[_owner] == _owners.Generator;
        }

        ulong generator = ULong(first, _layout.Generator.Value);
        return generator != 0 && ULong(second, _layout.Generator.Value) == generator && (sbyte)second[_owner] == _layout.ExecutingState;
    }

    // A suspended generator's frame has no caller either: a walk that ends in one was led astray.
    private bool IsRoot(ReadOnlySpan<byte> fields, bool isPython, bool isThreadFrame) =>
        _owners is null ? ULong(fields, _layout.Generator.Value) == 0 : _hasShims ? !isPython : isThreadFrame;

    // How many of the oldest frames are the same in the second copy. The newest one may have gone on to another instruction; one that is known
    // from its second copy only was copied before the others were.
    private int Agreeing(ReadOnlySpan<byte> bytes)
    {
        Span<FramePrediction.Region> regions = Prediction.Regions;
        int since = _isResumed ? regions[_frames[0].Region].Second : 0;
        for (int i = Depth - 1; i >= 0; i--)
        {
            ref WalkedFrame frame = ref _frames[i];
            ReadOnlySpan<byte> second = bytes.Slice(regions[frame.Region].Second + frame.Offset, _span);
            if (regions[frame.Region].Second < since
                || ULong(second, _executable) != frame.Executable
                || ULong(second, _previous) != frame.Previous
                || second[_owner] != frame.Owner
                || (i > 0 && frame.IsPython && InstructionOf(second) != frame.Instruction))
            {
                return Depth - 1 - i;
            }
        }

        return Depth;
    }

    // The newer frames came and went during the read. What both copies lead to from the same pointer stood below them all the time.
    private bool TryCut(ReadOnlySpan<byte> bytes, ulong newest, int agreeing)
    {
        Span<FramePrediction.Region> regions = Prediction.Regions;
        Span<WalkedFrame> stable = _frames.AsSpan(Depth - agreeing, agreeing);
        ulong frame = newest;
        int region = 0;
        for (int steps = 0; steps <= Depth && frame != 0 && agreeing > 0; steps++)
        {
            for (int i = 0; i < stable.Length; i++)
            {
                if (stable[i].Address == frame)
                {
                    stable[i..].CopyTo(_frames);
                    Depth = agreeing - i;
                    IsCut = true;
                    return true;
                }
            }

            region = Prediction.Find(frame, region);
            if (region < 0 || (frame & 7) != 0)
            {
                return false;
            }

            ref FramePrediction.Region place = ref regions[region];
            frame = ULong(bytes.Slice(place.Second + (int)(frame - place.Low), _span), _previous);
        }

        return false;
    }

    private ulong InstructionOf(ReadOnlySpan<byte> fields) =>
        _isPointer ? ULong(fields, _instruction) : (ulong)(long)BinaryPrimitives.ReadInt32LittleEndian(fields[_instruction..]);

    private static ulong ULong(ReadOnlySpan<byte> fields, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(fields[offset..]);
}
