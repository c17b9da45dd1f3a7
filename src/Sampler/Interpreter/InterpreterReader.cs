using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Interpreter;

/// <summary>What a look at the process came to.</summary>
internal enum LookResult
{
    /// <summary>At least one usable stack.</summary>
    Sample,
    /// <summary>No thread has a Python frame (starting, ending, or no thread at all).</summary>
    NoFrames,
    /// <summary>There were frames but no usable stack.</summary>
    Failed,
    /// <summary>The interpreter's memory cannot be read any more: it is gone, or the process is.</summary>
    Gone,
}

/// <summary>
/// Reads all threads of all interpreters of a process, again and again. In the steady state a look is one system call.
/// </summary>
internal sealed class InterpreterReader
{
    /// <summary>ESRCH: the process is gone. Any other error says only that an address could not be read just now.</summary>
    private const int NoSuchProcess = 3;

    /// <summary>
    /// Reads for one look; what is not settled by then is cut or given up. Short ones, of a few ranges, may be more: what changes under
    /// them changes all the time, and the next one has the same chance.
    /// </summary>
    private const int FewestTries = 25;
    private const int MostTries = 100;

    /// <summary>Ranges read for one look, after which it has had its tries.</summary>
    private const int MostRanges = 1200;

    private readonly IRemoteMemory _memory;
    private readonly CPythonLayout _layout;
    private readonly LocatedRuntime _runtime;
    private readonly CodeCache _codes;
    private readonly NameVerification _verification;
    private readonly StackInterner _interner;
    private readonly Func<ThreadIdentity, int, ulong, int> _nameThread;
    private readonly ReadBatch _batch = new();
    private readonly List<ThreadSlot> _slots = [];
    private readonly List<ThreadSlot> _found = [];
    private readonly List<int> _firstOfInterpreter = [];
    private readonly List<InterpreterEntry> _interpreters = [];
    private ThreadStack[] _stacks = new ThreadStack[16];
    private long _serial;
    private bool _threadsKnown;

    /// <summary>Makes a reader.</summary>
    /// <param name="objects">Access to the target's objects.</param>
    /// <param name="runtime">Where the interpreters are found.</param>
    /// <param name="interner">Numbers of frames and stacks.</param>
    /// <param name="nameThread">Called for each new thread with its identity, the number of its interpreter and the address of its state; gives its number in the recording.</param>
    public InterpreterReader(PythonObjects objects, LocatedRuntime runtime, StackInterner interner, Func<ThreadIdentity, int, ulong, int> nameThread)
    {
        _memory = objects.Memory.Source;
        _layout = objects.Layout;
        _runtime = runtime;
        _interner = interner;
        _codes = new CodeCache(objects, interner);
        _verification = new NameVerification(_memory, _codes);
        _nameThread = nameThread;
    }

    /// <summary>The stacks of the last look, one for each thread that has one.</summary>
    public ReadOnlySpan<ThreadStack> Stacks => _stacks.AsSpan(0, StackCount);

    /// <summary>Number of <see cref="Stacks"/>.</summary>
    public int StackCount { get; private set; }

    /// <summary>Whether some stack of the last look lost its newest frames, or some thread its whole stack.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Why the last look failed.</summary>
    public SampleFailure Failure { get; private set; }

    /// <summary>Threads known.</summary>
    public int ThreadCount => _slots.Count;

    /// <summary>Whether the oldest thread of the main interpreter has no Python frame.</summary>
    public bool IsMainIdle { get; private set; }

    /// <summary>Whether a thread had frames at the last look, but none that could be read for sure.</summary>
    public bool IsLost(int threadId)
    {
        ThreadSlot? slot = _slots.Find(slot => slot.ThreadId == threadId);
        return slot is { Settled: false, StackId: 0 };
    }

    /// <summary>The number of the thread whose state stands at an address; -1 when none is known there.</summary>
    public int ThreadAt(ulong address) => _slots.Find(slot => slot.Address == address)?.ThreadId ?? -1;

    /// <summary>Address of an int that looks bring along, for <see cref="IsCollecting"/>; 0 for none.</summary>
    public ulong CollectingAddress { get; set; }

    /// <summary>Whether the last look found the interpreter collecting garbage (<see cref="CollectingAddress"/>); null when it did not read that.</summary>
    public bool? IsCollecting { get; private set; }

    /// <summary>
    /// What the next look is to bring along, beside the stacks, from the same system call: it is read once, a moment before or after them. Filled
    /// when it was read.
    /// </summary>
    public ReadBatch Riders { get; } = new();

    /// <summary>Takes a look.</summary>
    public LookResult Look(long nowNs)
    {
        StackCount = 0;
        IsCut = false;
        IsCollecting = null;
        Failure = SampleFailure.Torn;
        if (!_threadsKnown && !FindThreads())
        {
            return LookResult.Gone;
        }

        foreach (ThreadSlot slot in _slots)
        {
            slot.BeginLook();
        }

        int failed = 0;
        int ranges = 0;
        for (int tries = 1; ; tries++)
        {
            bool lastTry = tries == MostTries || (tries >= FewestTries && ranges >= MostRanges);
            failed = Try(nowNs, lastTry, out bool threadsChanged);
            ranges += _batch.Count;
            if (failed < 0)
            {
                return LookResult.Gone;
            }

            if (threadsChanged)
            {
                // A thread came or went during the look: the others' stacks hold, the list is read anew.
                if (!FindThreads())
                {
                    return LookResult.Gone;
                }

                failed = CountUnsettled();
            }

            if (failed == 0 || lastTry)
            {
                return Collect(failed);
            }
        }
    }

    private LookResult Collect(int failed)
    {
        if (_stacks.Length < _slots.Count)
        {
            _stacks = new ThreadStack[_slots.Count * 2];
        }

        foreach (ThreadSlot slot in _slots)
        {
            if (slot.StackId != 0)
            {
                _stacks[StackCount++] = new ThreadStack(slot.ThreadId, slot.StackId, slot.IsCut);
                IsCut |= slot.IsCut;
            }
        }

        IsMainIdle = _slots.Count == 0 || (_slots[^1].Settled && _slots[^1].StackId == 0);
        if (StackCount > 0)
        {
            IsCut |= failed > 0;
            return LookResult.Sample;
        }

        return failed > 0 ? LookResult.Failed : LookResult.NoFrames;
    }

    private int CountUnsettled()
    {
        int count = 0;
        foreach (ThreadSlot slot in _slots)
        {
            count += slot.Settled ? 0 : 1;
        }

        return count;
    }

    // One read of all threads that are not settled yet; gives how many are not after it, or -1 when the interpreter is gone.
    private int Try(long nowNs, bool lastTry, out bool threadsChanged)
    {
        threadsChanged = false;
        _serial++;
        _batch.Clear();
        foreach (ThreadSlot slot in _slots)
        {
            if (!slot.Settled)
            {
                slot.Enlist(_batch);
            }
        }

        int collecting = CollectingAddress != 0 && _batch.Count > 0 ? _batch.Add(CollectingAddress, sizeof(int)) : -1;
        int riders = _batch.Count > 0 && !Riders.IsWhole ? _batch.Add(Riders) : -1;
        bool whole = _batch.Count == 0 || _batch.Read(_memory);
        if (!whole && _batch.Filled == 0 && _memory is LiveProcessMemory { LastError: NoSuchProcess })
        {
            return -1;
        }

        ReadOnlySpan<byte> bytes = _batch.Bytes;
        if (whole && collecting >= 0)
        {
            IsCollecting = BinaryPrimitives.ReadInt32LittleEndian(bytes[collecting..]) != 0;
        }

        if (whole && riders >= 0)
        {
            Riders.Take(bytes[riders..]);
        }

        int unsettled = 0;
        foreach (ThreadSlot slot in _slots)
        {
            if (slot.Settled)
            {
                continue;
            }

            if (slot.EndOffset > bytes.Length)
            {
                // The first slot that was not read whole holds what stopped the read; those behind it have another try.
                unsettled++;
                if (!slot.DropUnreadable(bytes.Length, nowNs))
                {
                    threadsChanged = true;
                }

                unsettled += CountBehind(slot);
                break;
            }

            switch (slot.Examine(_memory, bytes, _serial, nowNs, lastTry))
            {
                case LookStatus.Good or LookStatus.Empty:
                    slot.Settled = true;
                    break;
                case LookStatus.Gone:
                    threadsChanged = true;
                    unsettled++;
                    break;
                default:
                    unsettled++;
                    break;
            }
        }

        threadsChanged |= !LinksHold();
        return unsettled;
    }

    private int CountBehind(ThreadSlot slot)
    {
        int count = 0;
        for (int i = _slots.IndexOf(slot) + 1; i < _slots.Count; i++)
        {
            count += _slots[i].Settled ? 0 : 1;
        }

        return count;
    }

    // The list of threads is whole when each state's links lead to its neighbours and the newest has none before it. A state that was freed
    // keeps most of its fields: its neighbours tell.
    private bool LinksHold()
    {
        int interpreter = 0;
        for (int i = 0; i < _slots.Count; i++)
        {
            ThreadSlot slot = _slots[i];
            if (!slot.Settled)
            {
                continue;
            }

            while (interpreter + 1 < _firstOfInterpreter.Count && _firstOfInterpreter[interpreter + 1] <= i)
            {
                interpreter++;
            }

            bool isFirst = _firstOfInterpreter[interpreter] == i;
            int end = interpreter + 1 < _firstOfInterpreter.Count ? _firstOfInterpreter[interpreter + 1] : _slots.Count;
            ulong next = i + 1 < end ? _slots[i + 1].Address : 0;
            ulong newer = isFirst ? 0 : _slots[i - 1].Address;
            if (slot.Next != next || slot.Newer != newer)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Looks for interpreters and threads anew at the next look.</summary>
    public void ForgetThreads() => _threadsKnown = false;

    // Walks the lists of interpreters and threads; keeps the slots of those already known. False when there is none to be found.
    private bool FindThreads()
    {
        _found.Clear();
        _firstOfInterpreter.Clear();
        if (!_runtime.TryReadFirstInterpreter(_memory, out ulong interpreter))
        {
            return false;
        }

        ThreadLayout thread = _layout.Thread;
        bool isTorn = false;
        Span<byte> bytes = stackalloc byte[ThreadSlot.StateSize(thread)];
        // Without ids an interpreter's number is how many are older: the list begins with the newest.
        int number = 0;
        if (!_layout.Interpreter.Id.Exists)
        {
            InterpreterList.Read(_memory, _layout, interpreter, _interpreters);
            number = Math.Max(0, _interpreters.Count - 1);
        }

        for (int seen = 0; interpreter != 0 && seen < ReadLimits.MaxInterpreters; seen++, number--)
        {
            if (!_memory.TryReadUInt64(interpreter + (ulong)_layout.Interpreter.ThreadsHead.Value, out ulong state))
            {
                break;
            }

            _firstOfInterpreter.Add(_found.Count);
            int id = _layout.Interpreter.Id.Exists
                && _memory.TryReadUInt64(interpreter + (ulong)_layout.Interpreter.Id.Value, out ulong value) ? (int)value : number;
            while (state != 0 && _found.Count < ReadLimits.MaxThreads)
            {
                bool read = _memory.TryRead(state, bytes);
                RemoteStruct fields = new(bytes);
                if (!read || fields.UInt64(thread.Interpreter) != interpreter)
                {
                    // The state was freed under the walk. What was found so far holds; the next look goes on.
                    isTorn = true;
                    break;
                }

                ThreadIdentity identity = ThreadIdentity.Of(fields, thread);
                if (identity.PthreadId != 0 || _found.Count > 0 || _slots.Count == 0)
                {
                    ThreadSlot slot = Reuse(state, identity) ?? new ThreadSlot(_layout, _codes, _interner, state, identity, _nameThread(identity, id, state));
                    slot.NoteLinks(fields);
                    _found.Add(slot);
                }

                state = fields.UInt64(thread.Next);
            }

            if (!_memory.TryReadUInt64(interpreter + (ulong)_layout.Interpreter.Next.Value, out interpreter))
            {
                break;
            }
        }

        if (_found.Count == 0 && isTorn)
        {
            // The newest thread ended under the walk, and the way to the others with it: they are looked for again.
            _threadsKnown = false;
            return true;
        }

        _slots.Clear();
        _slots.AddRange(_found);
        _threadsKnown = _slots.Count > 0;
        return true;
    }

    private ThreadSlot? Reuse(ulong address, ThreadIdentity identity)
    {
        foreach (ThreadSlot slot in _slots)
        {
            if (slot.Address == address && slot.Identity == identity)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>
    /// Checks that everything that the stacks since the last call were named by is still the same. Gives what may
    /// have been something else in between; nothing when every stack holds.
    /// </summary>
    public void VerifyNames(long nowNs, List<Doubt> doubtful)
    {
        _verification.Run(++_serial, nowNs, doubtful);
        _codes.BeginPeriod();
        foreach (ThreadSlot slot in _slots)
        {
            slot.UseEntries();
        }
    }
}
