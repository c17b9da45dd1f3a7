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
/// A thread and its stack in the last look. One read has, in this order: the frames, the witnesses of what is not stable yet, what
/// stands on the C stack, the thread state with the pointer to the newest frame, and the frames once more. Ranges are copied in order:
/// a chain that begins at the pointer and is the same in both copies was the thread's stack at the moment in between.
/// </summary>
/// <remarks>
/// In 3.11 and 3.12 the thread state points to a <c>_PyCFrame</c> on the C stack, which has the pointer, and is read right after the
/// state. If that was another one's by then, or nobody's any more, what it points to was the newest frame of the moment before, and the
/// copies tell whether it still stood. (Equal states before and after would prove no more, and generators, each resumed from C, seldom
/// leave them equal.)
/// </remarks>
internal sealed class ThreadSlot
{
    /// <summary>Looks in a row with the same stack after which it is expected once more.</summary>
    private const int ExpectingRepeats = 3;

    private readonly CPythonLayout _layout;
    private readonly CodeCache _codes;
    private readonly int _stateSize;
    private readonly bool _hasCFrames;
    private readonly StackWalk _walk;
    private readonly StackDecoder _decoder;

    // Offsets in the read's buffer.
    private int _stateOffset;
    private int _end;

    // Whether the last read that told found no frame.
    private bool _wasEmpty;

    // Looks in a row that found the stack of the look before; and whether this one expects the same, and reads the frames once.
    private int _repeats;
    private bool _isExpected;

    /// <summary>Makes a slot for the thread state at an address.</summary>
    public ThreadSlot(CPythonLayout layout, CodeCache codes, StackInterner interner, ulong address, ThreadIdentity identity, int threadId)
    {
        _layout = layout;
        _codes = codes;
        _stateSize = StateSize(layout.Thread);
        _hasCFrames = layout.FrameShape == FrameShape.ThroughCFrame;
        _walk = new StackWalk(layout);
        _decoder = new StackDecoder(layout, codes, interner);
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

    /// <summary>Where this slot's last range ends in the buffer: when that much was read, everything of it was.</summary>
    public int EndOffset => _end;

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
    public void Enlist(ReadBatch batch)
    {
        if (!_isExpected)
        {
            _walk.Prediction.EnlistFirst(batch);
        }

        _decoder.Witnesses.Enlist(batch);
        if (!_hasCFrames)
        {
            _walk.Prediction.EnlistOnce(batch);
        }

        _stateOffset = batch.Add(Address, _stateSize);
        if (_hasCFrames)
        {
            _walk.Prediction.EnlistOnce(batch);
        }

        _walk.Prediction.EnlistSecond(batch, _isExpected);
        _end = batch.Length;
    }

    /// <summary>
    /// Finds out what stopped a read in the middle of this slot's ranges, and does without it the next time. True when it was a
    /// prediction; false when the thread state itself is gone.
    /// </summary>
    public bool DropUnreadable(int filled, long nowNs) =>
        _walk.Prediction.Suspend(filled) || _decoder.Witnesses.DropUnreadable(filled, nowNs, _codes);

    /// <summary>Begins a look.</summary>
    public void BeginLook()
    {
        _wasEmpty = Settled && StackId == 0;
        Settled = false;
        StackId = 0;
        IsCut = false;
        // What is to be proven along with the frames takes both copies.
        _isExpected = _repeats >= ExpectingRepeats && _decoder.Witnesses.IsEmpty;
        _walk.Prediction.Age();
    }

    /// <summary>Takes the links to the neighbouring states from a copy of the state.</summary>
    public void NoteLinks(RemoteStruct state)
    {
        FieldOffset next = _layout.Thread.Next;
        Next = state.UInt64(next);
        // PyThreadState begins {prev, next, interp, ...} in all versions.
        Newer = next.Value >= sizeof(ulong) ? state.UInt64(next.Value - sizeof(ulong)) : 0;
    }

    /// <summary>Takes what was read for this slot.</summary>
    public LookStatus Examine(IRemoteMemory memory, ReadOnlySpan<byte> bytes, long readSerial, long nowNs, bool lastTry)
    {
        ThreadLayout thread = _layout.Thread;
        RemoteStruct state = new(bytes.Slice(_stateOffset, _stateSize));
        NoteLinks(state);
        if (!Identity.Matches(state, thread))
        {
            return LookStatus.Gone;
        }

        if (!_decoder.Witnesses.IsEmpty)
        {
            _decoder.Witnesses.Check(bytes, readSerial, nowNs, _codes);
        }

        ulong newest = state.UInt64(thread.Frame);
        if (_hasCFrames && newest != 0)
        {
            ulong pointer = newest + (ulong)thread.CFrameCurrentFrame.Value;
            if (!_walk.Prediction.TryGetPointer(bytes, pointer, out ulong frame))
            {
                _walk.Prediction.LearnPointer(pointer);
                return LookStatus.Unpredicted;
            }

            if (frame == 0 && newest - Address >= (ulong)thread.Size)
            {
                // Only the state's own, root_cframe, has none. Another one has not been filled in yet: _PyEval_EvalFrameDefault (Python/ceval.c)
                // puts it on the C stack, makes the state point to it, and only then gives it the frame.
                return LookStatus.Torn;
            }

            newest = frame;
        }

        if (newest == 0)
        {
            _walk.Forget();
            _decoder.Witnesses.Clear();
            return Emptied(lastTry);
        }

        LookStatus status = Follow(memory, bytes, newest, lastTry);

        if (status != LookStatus.Good)
        {
            return status == LookStatus.Empty ? Emptied(lastTry) : status;
        }

        status = _decoder.Decode(_walk, readSerial, nowNs, lastTry);
        if (status == LookStatus.Good)
        {
            StackId = _decoder.StackId;
            IsCut = _decoder.IsCut || _walk.IsCut;
            _repeats = _walk.IsRepeat ? _repeats + 1 : 0;
        }

        return status;
    }

    private LookStatus Follow(IRemoteMemory memory, ReadOnlySpan<byte> bytes, ulong newest, bool lastTry)
    {
        if (_isExpected && _walk.GoesOn(bytes, newest))
        {
            return LookStatus.Good;
        }

        _repeats = 0;
        if (_isExpected)
        {
            _isExpected = false;
            return LookStatus.Torn;
        }

        LookStatus status = _walk.Follow(bytes, newest, lastTry, out ulong lost);
        if (status == LookStatus.Unpredicted)
        {
            _walk.Prediction.Learn(memory, lost);
        }

        return status;
    }

    // That a thread has come to have no frames is believed when it is seen twice: a frame on the C stack that is not filled in yet may say so, too.
    private LookStatus Emptied(bool lastTry)
    {
        bool isSure = _wasEmpty || lastTry;
        _wasEmpty = true;
        return isSure ? LookStatus.Empty : LookStatus.Torn;
    }

    /// <summary>Notes that samples go on to rely on the entries of the newest stack.</summary>
    public void UseEntries() => _decoder.UseEntries();
}
