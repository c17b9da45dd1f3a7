using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>What a read gave for a thread.</summary>
internal enum LookStatus
{
    /// <summary>A whole stack.</summary>
    Good,
    /// <summary>The thread has no Python frame.</summary>
    Empty,
    /// <summary>A frame stood where none was expected, or something was met for the first time: look again.</summary>
    Unpredicted,
    /// <summary>The stack changed under the read: look again.</summary>
    Torn,
    /// <summary>The thread state is no longer this thread's.</summary>
    Gone,
}

/// <summary>
/// A thread and its stack in the last look. One read has, in this order: the thread state, the frames, the witnesses of what
/// is not stable yet, the frames once more, and the pointer to the newest frame once more. Ranges are copied in order, so a
/// stack whose frames are the same in both copies, and whose newest frame is still on it at the end, was the thread's stack
/// at some moment in between.
/// </summary>
internal sealed class ThreadSlot
{
    /// <summary>Reads for which a witness is read along after it was last on the stack.</summary>
    private const int WitnessReads = 32;

    /// <summary>Witnesses read along at most for the sake of earlier stacks.</summary>
    private const int MaxWitnesses = 96;

    private readonly CPythonLayout _layout;
    private readonly FrameLayout _frame;
    private readonly CodeCache _codes;
    private readonly StackInterner _interner;
    private readonly int _stateSize;
    private readonly FramePrediction _prediction;
    private readonly CFramePrediction? _cframes;
    private readonly List<Witness> _witnesses = [];

    // Offsets in the read's buffer.
    private int _stateOffset;
    private int _witnessOffset;
    private int _lastPointerOffset;
    private int _witnessCount;

    // The stack as the last walk found it, newest frame first.
    private ulong[] _address = new ulong[64];
    private ulong[] _code = new ulong[64];
    private ulong[] _instruction = new ulong[64];
    private ulong[] _local = new ulong[64];
    private int[] _region = new int[64];
    private bool[] _isPython = new bool[64];
    private int _depth;

    // The stack as it was decoded last, oldest frame first.
    private DecodedFrame[] _decoded = new DecodedFrame[64];
    private int _decodedDepth;
    private bool _decodedYoung;
    private long _deathsSeen;

    private struct DecodedFrame
    {
        public ulong Code;
        public ulong Instruction;
        public ulong Local;
        public CodeEntry Entry;
        public StringEntry? Importing;
        public int Stack;
    }

    /// <summary>Makes a slot for the thread state at an address.</summary>
    public ThreadSlot(CPythonLayout layout, CodeCache codes, StackInterner interner, ulong address, ThreadIdentity identity, int threadId)
    {
        _layout = layout;
        _frame = layout.Frame;
        _codes = codes;
        _interner = interner;
        _stateSize = StateSize(layout.Thread);
        _prediction = new FramePrediction(layout);
        _cframes = layout.FrameShape == FrameShape.ThroughCFrame ? new CFramePrediction(layout.Thread.CFrameCurrentFrame.Value) : null;
        Address = address;
        Identity = identity;
        ThreadId = threadId;
    }

    /// <summary>Address of the <c>PyThreadState</c>.</summary>
    public ulong Address { get; }

    /// <summary>What tells this thread from another one whose state stands at the same address.</summary>
    public ThreadIdentity Identity { get; }

    /// <summary>The thread in the recording.</summary>
    public int ThreadId { get; }

    /// <summary>Whether this slot's stack is settled for the current look.</summary>
    public bool Settled { get; set; }

    /// <summary>The stack of the current look; 0 for none.</summary>
    public int StackId { get; private set; }

    /// <summary>Whether the stack of the current look lost its newest frames.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Address of the next older thread state, as last read.</summary>
    public ulong Next { get; private set; }

    /// <summary>Address of the next newer thread state, as last read.</summary>
    public ulong Newer { get; private set; }

    /// <summary>How many frames the newest stack has, shims included.</summary>
    public int Depth => _depth;

    /// <summary>Bytes of the thread state that a look needs.</summary>
    public static int StateSize(ThreadLayout thread)
    {
        int size = 0;
        ReadOnlySpan<FieldOffset> fields = [thread.Next, thread.Interpreter, thread.Frame, thread.ThreadId, thread.NativeThreadId, thread.UniqueId];
        foreach (FieldOffset field in fields)
        {
            size = field.Exists ? Math.Max(size, field.Value + sizeof(ulong)) : size;
        }

        return size;
    }

    /// <summary>Puts what a look at this thread reads on the list.</summary>
    public void Enlist(ReadBatch batch, long readSerial)
    {
        ThreadLayout thread = _layout.Thread;
        _stateOffset = batch.Add(Address, _stateSize);
        _cframes?.EnlistFirst(batch);
        Span<FramePrediction.Region> regions = _prediction.Regions;
        foreach (ref FramePrediction.Region region in regions)
        {
            region.First = batch.Add(region.Low, (int)(region.High - region.Low));
        }

        _witnessOffset = batch.Length;
        _witnessCount = _witnesses.Count;
        foreach (Witness witness in _witnesses)
        {
            batch.Add(witness.Address, witness.Expected.Length);
        }

        foreach (ref FramePrediction.Region region in regions)
        {
            region.Second = batch.Add(region.Low, (int)(region.High - region.Low));
        }

        _cframes?.EnlistSecond(batch);
        _lastPointerOffset = batch.Add(Address + (ulong)thread.Frame.Value, sizeof(ulong));
    }

    /// <summary>Where this slot's last range ends in the buffer: when that much was read, everything of it was.</summary>
    public int EndOffset => _lastPointerOffset + sizeof(ulong);

    /// <summary>
    /// Finds out what stopped a read in the middle of this slot's ranges, and gives it up. True when it was a prediction;
    /// false when the thread state itself is gone.
    /// </summary>
    public bool DropUnreadable(int filled)
    {
        if (filled < _stateOffset + _stateSize)
        {
            return false;
        }

        foreach (ref FramePrediction.Region region in _prediction.Regions)
        {
            int length = (int)(region.High - region.Low);
            if (filled >= region.First && filled < region.First + length)
            {
                _prediction.Drop(region.Low);
                return true;
            }

            if (filled >= region.Second && filled < region.Second + length)
            {
                _prediction.Drop(region.Low);
                return true;
            }
        }

        int offset = _witnessOffset;
        for (int i = 0; i < _witnessCount; i++)
        {
            offset += _witnesses[i].Expected.Length;
            if (filled < offset)
            {
                _witnesses[i].Kill();
                _witnesses.Clear();
                return true;
            }
        }

        _cframes?.Clear();
        return true;
    }

    /// <summary>Begins a look.</summary>
    public void BeginLook()
    {
        Settled = false;
        StackId = 0;
        IsCut = false;
        _prediction.Age();
        _cframes?.Age();
    }

    /// <summary>Takes what was read for this slot.</summary>
    public LookStatus Examine(IRemoteMemory memory, ReadOnlySpan<byte> bytes, long readSerial, long nowNs, bool lastTry)
    {
        ThreadLayout thread = _layout.Thread;
        RemoteStruct state = new(bytes.Slice(_stateOffset, _stateSize));
        Next = state.UInt64(thread.Next);
        // PyThreadState begins {prev, next, interp, ...} in all versions.
        Newer = thread.Next.Value >= sizeof(ulong) ? state.UInt64(thread.Next.Value - sizeof(ulong)) : 0;
        if (!Identity.Matches(state, thread))
        {
            return LookStatus.Gone;
        }

        int witnessOffset = _witnessOffset;
        for (int i = 0; i < _witnessCount; i++)
        {
            Witness witness = _witnesses[i];
            bool alive = !witness.IsDead;
            if (!witness.Check(bytes.Slice(witnessOffset, witness.Expected.Length), readSerial, nowNs) && alive)
            {
                _codes.NoteDeath(witness, nowNs);
            }

            witnessOffset += witness.Expected.Length;
        }

        if (!TryFindEnds(bytes, state, out ulong newest, out ulong newestAtEnd))
        {
            return LookStatus.Unpredicted;
        }

        if (newest == 0)
        {
            _depth = 0;
            return newestAtEnd == 0 ? LookStatus.Empty : LookStatus.Torn;
        }

        LookStatus walk = Walk(bytes, newest);
        if (walk != LookStatus.Good)
        {
            if (walk == LookStatus.Unpredicted)
            {
                _prediction.Learn(memory, newest);
            }

            return walk;
        }

        int top = FindTop(bytes, newest, newestAtEnd);
        int agreed = FindAgreed(bytes, top >= 0 ? top : 0);
        if (top < 0 || agreed > top)
        {
            if (!lastTry || agreed >= _depth)
            {
                return LookStatus.Torn;
            }

            // The frames from here to the root were the same throughout: that much of the stack existed.
            IsCut = true;
            top = agreed;
        }

        return Decode(top, readSerial, nowNs, lastTry);
    }

    // The newest frame at the beginning and at the end of the read.
    private bool TryFindEnds(ReadOnlySpan<byte> bytes, RemoteStruct state, out ulong newest, out ulong newestAtEnd)
    {
        newest = state.UInt64(_layout.Thread.Frame);
        newestAtEnd = BinaryPrimitives.ReadUInt64LittleEndian(bytes[_lastPointerOffset..]);
        return _cframes is null
            || (_cframes.TryGetFrame(bytes, newest, second: false, out newest)
                & _cframes.TryGetFrame(bytes, newestAtEnd, second: true, out newestAtEnd));
    }

    // Follows the first copy from the newest frame to the root.
    private LookStatus Walk(ReadOnlySpan<byte> bytes, ulong frame)
    {
        Span<FramePrediction.Region> regions = _prediction.Regions;
        FrameLayout layout = _frame;
        FrameOwners? owners = layout.Owners;
        int previousOffset = layout.Previous.Value;
        int executableOffset = layout.Executable.Value;
        int instructionOffset = layout.InstructionPointer.Exists ? layout.InstructionPointer.Value : layout.LastInstruction.Value;
        bool pointer = layout.InstructionPointer.Exists;
        int ownerOffset = layout.Owner.Exists ? layout.Owner.Value : layout.State.Value;
        int localsOffset = layout.Locals.Value;
        ulong span = (ulong)(localsOffset + sizeof(ulong));
        int limit = (int)Math.Min(ReadLimits.MaxFrames, (_prediction.Length / 24) + 1);
        int region = 0;
        _depth = 0;
        while (frame != 0)
        {
            region = _prediction.Find(frame, region);
            if (region < 0 || (frame & 7) != 0)
            {
                return LookStatus.Unpredicted;
            }

            if (_depth >= limit)
            {
                // A cycle: more frames than there is room for.
                return LookStatus.Torn;
            }

            if (_depth == _address.Length)
            {
                Grow();
            }

            ref FramePrediction.Region place = ref regions[region];
            place.UsedLow = Math.Min(place.UsedLow, frame);
            place.UsedHigh = Math.Max(place.UsedHigh, frame + span);
            ReadOnlySpan<byte> fields = bytes.Slice(place.First + (int)(frame - place.Low), (int)span);
            ulong code = BinaryPrimitives.ReadUInt64LittleEndian(fields[executableOffset..]) & layout.PointerMask;
            ulong instruction = pointer
                ? BinaryPrimitives.ReadUInt64LittleEndian(fields[instructionOffset..])
                : (ulong)(long)BinaryPrimitives.ReadInt32LittleEndian(fields[instructionOffset..]);
            bool isPython = true;
            bool isThreadFrame = true;
            int owner = (sbyte)fields[ownerOffset];
            if (owners is null)
            {
                // A dead frame keeps its fields, but for its caller, and its place is used again.
                if (owner != layout.ExecutingState)
                {
                    return LookStatus.Torn;
                }
            }
            else
            {
                isThreadFrame = owner == owners.Thread;
                isPython = isThreadFrame || owner == owners.Generator;
                if (!isPython && owner != owners.CStack && owner != owners.Interpreter)
                {
                    return LookStatus.Torn;
                }
            }

            _address[_depth] = frame;
            _region[_depth] = region;
            _code[_depth] = code;
            _instruction[_depth] = isPython ? instruction : 0;
            _local[_depth] = BinaryPrimitives.ReadUInt64LittleEndian(fields[localsOffset..]) & layout.PointerMask;
            _isPython[_depth] = isPython;
            _depth++;
            frame = BinaryPrimitives.ReadUInt64LittleEndian(fields[previousOffset..]);
            if (frame == 0 && !IsRoot(fields, isPython, isThreadFrame))
            {
                return LookStatus.Torn;
            }
        }

        return LookStatus.Good;
    }

    // A suspended generator's frame has no caller either: a walk that ends in one was led astray.
    private bool IsRoot(ReadOnlySpan<byte> fields, bool isPython, bool isThreadFrame)
    {
        if (_frame.Owners is null)
        {
            return BinaryPrimitives.ReadUInt64LittleEndian(fields[_frame.Generator.Value..]) == 0;
        }

        bool hasShims = _frame.Owners.CStack >= 0 || _frame.Owners.Interpreter >= 0;
        return hasShims ? !isPython : isThreadFrame;
    }

    // The index of the frame that was the newest at the end, or the newest at the beginning when calls were made since; -1 when
    // the two cannot be brought together.
    private int FindTop(ReadOnlySpan<byte> bytes, ulong newest, ulong newestAtEnd)
    {
        if (newestAtEnd == newest)
        {
            return 0;
        }

        for (int i = 1; i < _depth; i++)
        {
            if (_address[i] == newestAtEnd)
            {
                return i;
            }
        }

        Span<FramePrediction.Region> regions = _prediction.Regions;
        int region = 0;
        ulong frame = newestAtEnd;
        for (int steps = 0; steps < 1024 && frame != 0 && (frame & 7) == 0; steps++)
        {
            region = _prediction.Find(frame, region);
            if (region < 0)
            {
                return -1;
            }

            ref FramePrediction.Region place = ref regions[region];
            frame = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(place.Second + (int)(frame - place.Low) + _frame.Previous.Value)..]);
            if (frame == newest)
            {
                return 0;
            }
        }

        return -1;
    }

    // The index of the newest frame from which all frames to the root are the same in both copies. Only the top frame itself
    // may have gone on to another instruction.
    private int FindAgreed(ReadOnlySpan<byte> bytes, int top)
    {
        Span<FramePrediction.Region> regions = _prediction.Regions;
        FrameLayout layout = _frame;
        int instructionOffset = layout.InstructionPointer.Exists ? layout.InstructionPointer.Value : layout.LastInstruction.Value;
        int instructionSize = layout.InstructionPointer.Exists ? sizeof(ulong) : sizeof(int);
        int ownerOffset = layout.Owner.Exists ? layout.Owner.Value : layout.State.Value;
        int span = layout.Locals.Value;
        int agreed = _depth;
        for (int i = _depth - 1; i >= top; i--)
        {
            ref FramePrediction.Region place = ref regions[_region[i]];
            int offset = (int)(_address[i] - place.Low);
            ReadOnlySpan<byte> first = bytes.Slice(place.First + offset, span);
            ReadOnlySpan<byte> second = bytes.Slice(place.Second + offset, span);
            if (!Same(first, second, layout.Executable.Value, sizeof(ulong))
                || !Same(first, second, layout.Previous.Value, sizeof(ulong))
                || first[ownerOffset] != second[ownerOffset]
                || (i > top && _isPython[i] && !Same(first, second, instructionOffset, instructionSize)))
            {
                break;
            }

            agreed = i;
        }

        return agreed;
    }

    private static bool Same(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int offset, int size) =>
        first.Slice(offset, size).SequenceEqual(second.Slice(offset, size));

    // Gives the frames from index top to the root their names; what is the same as in the last look keeps its stack.
    private LookStatus Decode(int top, long readSerial, long nowNs, bool lastTry)
    {
        if (_deathsSeen != _codes.Deaths)
        {
            _deathsSeen = _codes.Deaths;
            _decodedDepth = 0;
        }

        int depth = 0;
        int stack = 0;
        bool reusing = true;
        bool young = false;
        LookStatus status = LookStatus.Good;
        for (int i = _depth - 1; i >= top; i--)
        {
            if (!_isPython[i])
            {
                continue;
            }

            if (depth == _decoded.Length)
            {
                Array.Resize(ref _decoded, depth * 2);
            }

            ref DecodedFrame frame = ref _decoded[depth];
            reusing = reusing && depth < _decodedDepth
                && frame.Code == _code[i] && frame.Instruction == _instruction[i]
                && (frame.Importing is null || frame.Local == _local[i]);
            if (!reusing)
            {
                if (!TryDecode(ref frame, i, nowNs))
                {
                    if (!_codes.IsUnreadable(_code[i], nowNs))
                    {
                        status = LookStatus.Torn;
                        break;
                    }

                    // For good: it costs this frame, not the sample.
                    continue;
                }
            }

            if (!frame.Entry.IsStable || frame.Importing is not null)
            {
                // The name of a module being imported rides along as long as it is imported: nothing else holds the string.
                young = true;
                if (!_codes.IsTrustedIn(frame.Entry, readSerial)
                    || (frame.Importing is { } importing && importing.Witness.PassedIn != readSerial))
                {
                    // Known, but not seen unchanged together with this stack: read its witnesses along next time.
                    status = LookStatus.Unpredicted;
                }
            }

            if (status == LookStatus.Good && !reusing)
            {
                frame.Stack = Intern(ref frame, stack);
            }

            if (status == LookStatus.Good)
            {
                stack = frame.Stack;
            }
            else
            {
                // Not to be reused as it is: it was never given a stack.
                frame.Stack = reusing ? frame.Stack : -1;
            }

            depth++;
        }

        if (young || _decodedYoung || status != LookStatus.Good)
        {
            ListWitnesses(depth, readSerial);
            _decodedYoung = young;
        }

        if (status != LookStatus.Good)
        {
            _decodedDepth = 0;
            return CutBelow(stack, lastTry) ? LookStatus.Good : status;
        }

        _decodedDepth = depth;
        StackId = stack;
        return stack == 0 ? LookStatus.Empty : LookStatus.Good;
    }

    // On the last try, the frames below the first that could not be trusted are a stack that existed.
    private bool CutBelow(int stack, bool lastTry)
    {
        if (!lastTry || stack == 0)
        {
            return false;
        }

        IsCut = true;
        StackId = stack;
        return true;
    }

    private bool TryDecode(ref DecodedFrame frame, int index, long nowNs)
    {
        ulong address = _code[index];
        if (!_codes.TryGet(address, out CodeEntry entry) && !_codes.TryResolve(address, nowNs, out entry))
        {
            return false;
        }

        StringEntry? importing = null;
        if (entry.IsFindAndLoad && !_codes.TryResolveString(_local[index], nowNs, out importing))
        {
            importing = null;
        }

        frame = new DecodedFrame
        {
            Code = _code[index],
            Instruction = _instruction[index],
            Local = _local[index],
            Entry = entry,
            Importing = importing,
        };
        return true;
    }

    private int Intern(ref DecodedFrame frame, int parentStack)
    {
        CodeEntry entry = frame.Entry;
        _codes.Use(entry);
        if (entry.FunctionId < 0)
        {
            entry.FunctionId = _interner.Function(entry.Name, entry.File, entry.FirstLine);
        }

        int range = entry.FindRange(ByteOffset(entry, frame.Instruction));
        int frameId = frame.Importing is null ? entry.FrameOf(range) : -1;
        if (frameId < 0)
        {
            frameId = _interner.Frame(entry.FunctionId, entry.LineOf(range), frame.Importing);
            if (frame.Importing is null)
            {
                entry.SetFrame(range, frameId);
            }
        }

        return _interner.Stack(parentStack, frameId);
    }

    private int ByteOffset(CodeEntry entry, ulong instruction)
    {
        if (entry.Instructions == 0)
        {
            return (int)(long)instruction * _frame.LastInstructionScale;
        }

        ulong offset = instruction - entry.Instructions;
        if (offset < (ulong)entry.CodeLength)
        {
            return (int)offset;
        }

        return _codes.TryFindThreadLocalOffset(entry, instruction, out int local) ? local : -1;
    }

    // What is read along next time: whatever of this stack is not stable, and of the stacks just before, since a program comes back
    // to the same functions.
    private void ListWitnesses(int depth, long readSerial)
    {
        for (int i = 0; i < depth; i++)
        {
            CodeEntry entry = _decoded[i].Entry;
            if (!entry.IsStable)
            {
                foreach (Witness witness in entry.Witnesses)
                {
                    witness.NeededIn = readSerial;
                    List(witness);
                }
            }

            if (_decoded[i].Importing is { } importing)
            {
                importing.Witness.NeededIn = readSerial;
                List(importing.Witness);
            }
        }

        int kept = 0;
        int keepFrom = _witnesses.Count - MaxWitnesses;
        for (int i = 0; i < _witnesses.Count; i++)
        {
            Witness witness = _witnesses[i];
            bool isCurrent = witness.NeededIn == readSerial;
            if (!witness.IsDead && (isCurrent || (i >= keepFrom && readSerial - witness.NeededIn <= WitnessReads)))
            {
                _witnesses[kept++] = witness;
            }
        }

        _witnesses.RemoveRange(kept, _witnesses.Count - kept);
    }

    private void List(Witness witness)
    {
        if (!witness.IsDead && !_witnesses.Contains(witness))
        {
            _witnesses.Add(witness);
        }
    }

    /// <summary>Notes that samples go on to rely on the entries of the newest stack.</summary>
    public void UseEntries()
    {
        for (int i = 0; i < _decodedDepth; i++)
        {
            _codes.Use(_decoded[i].Entry);
        }
    }

    private void Grow()
    {
        int size = _address.Length * 2;
        Array.Resize(ref _address, size);
        Array.Resize(ref _code, size);
        Array.Resize(ref _instruction, size);
        Array.Resize(ref _local, size);
        Array.Resize(ref _region, size);
        Array.Resize(ref _isPython, size);
    }
}
