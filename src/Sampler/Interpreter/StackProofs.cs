namespace LibProf.Sampler.Interpreter;

/// <summary>A frame of a thread's stack, decoded.</summary>
internal struct DecodedFrame
{
    /// <summary>Where it stands.</summary>
    public ulong Address;
    /// <summary>Address of its code object.</summary>
    public ulong Code;
    /// <summary>Address (or index, to 3.10) of its instruction.</summary>
    public ulong Instruction;
    /// <summary>Its first local variable.</summary>
    public ulong Local;
    /// <summary>What is known of its code.</summary>
    public CodeEntry Entry;
    /// <summary>The name of the module that it imports, when it is the import machinery's.</summary>
    public StringEntry? Importing;
    /// <summary>The stack up to it.</summary>
    public int Stack;
    /// <summary>When its witnesses last passed; what continues it may rely on that for a while.</summary>
    public long ProvenNs;
}

/// <summary>
/// What proves the names of one thread's stack: witnesses that pass together with it, that are stable, or that passed so lately, in calm
/// (<see cref="CodeChurn"/>), that the sample may wait for the next verification.
/// </summary>
internal sealed class StackProofs(CodeCache codes)
{
    /// <summary>
    /// How long the body of a module that goes on in its place is taken for the one whose witnesses passed there, in nanoseconds.
    /// They are read along again after half of it.
    /// </summary>
    private const long ContinuedNs = 20_000_000;

    /// <summary>
    /// From the frame that runs a module's body down to the one that knows its name: _call_with_frames_removed, exec_module,
    /// _load_unlocked, _find_and_load_unlocked, _find_and_load (Lib/importlib/_bootstrap.py, 3.6 to 3.15).
    /// </summary>
    private const int FramesOfImport = 5;

    // What the stack relies on without having it seen, and until when a repeat of it may go without proof of anything.
    private readonly List<CodeEntry> _relied = [];
    private long _untilNs;

    // Whether something is not stable: of the stack at hand, of the last one.
    private bool _isYoung;
    private bool _wasYoung;

    /// <summary>The witnesses that the next reads bring along.</summary>
    public WitnessSet Witnesses { get; } = new();

    /// <summary>Begins with a stack.</summary>
    public void Begin()
    {
        _relied.Clear();
        _untilNs = long.MaxValue;
        _isYoung = false;
    }

    /// <summary>Whether the last stack, when it is there again, needs no proof now. Notes that a sample relies on it.</summary>
    public bool HoldForRepeat(long nowNs)
    {
        if (!_wasYoung)
        {
            return true;
        }

        if (nowNs >= _untilNs || !codes.IsCalmNow)
        {
            return false;
        }

        foreach (CodeEntry entry in _relied)
        {
            codes.Rely(entry);
        }

        return true;
    }

    /// <summary>Whether the newest of some frames is what it is taken for.</summary>
    /// <param name="frames">The frames up to it, the oldest first.</param>
    /// <param name="readSerial">Number of the read.</param>
    /// <param name="nowNs">The sampler's clock.</param>
    public bool Hold(Span<DecodedFrame> frames, long readSerial, long nowNs)
    {
        ref DecodedFrame frame = ref frames[^1];
        if (frame.Entry.IsStable && frame.Importing is null or { Proof.IsStable: true })
        {
            return true;
        }

        _isYoung = true;
        bool isProven = IsProven(frame.Entry, readSerial, nowNs, frames.Length == 1)
            && (frame.Importing is not { } importing || IsProven(importing.Proof, readSerial, nowNs, isRoot: false));
        if (isProven)
        {
            frame.ProvenNs = frame.Entry.ProvenNs;
        }

        NoteRepeats(frames, nowNs);
        return isProven || IsContinuedBody(frames, nowNs, ContinuedNs);
    }

    /// <summary>Lists what is read along next time.</summary>
    /// <param name="frames">The stack, the oldest frame first.</param>
    /// <param name="isWhole">Whether all of it holds.</param>
    /// <param name="readSerial">Number of the read.</param>
    /// <param name="nowNs">The sampler's clock.</param>
    public void End(Span<DecodedFrame> frames, bool isWhole, long readSerial, long nowNs)
    {
        if (_isYoung || _wasYoung || !isWhole)
        {
            ListWitnesses(frames, readSerial, nowNs);
            _wasYoung = _isYoung;
        }
    }

    // Seen unchanged in this read, or so lately that it may be relied on until it is verified.
    private bool IsProven(CodeEntry entry, long readSerial, long nowNs, bool isRoot)
    {
        if (codes.IsTrustedIn(entry, readSerial, nowNs))
        {
            return true;
        }

        bool isCalm = codes.IsCalm(entry, nowNs, CodeChurn.CalmNs, isRoot);
        if (isCalm)
        {
            codes.Rely(entry);
        }

        return isCalm;
    }

    private void NoteRepeats(Span<DecodedFrame> frames, long nowNs)
    {
        ref DecodedFrame frame = ref frames[^1];
        long untilNs = IsContinuedBody(frames, nowNs, ContinuedNs / 2) ? frame.ProvenNs + (ContinuedNs / 2) : 0;
        NoteRepeats(frame.Entry, nowNs, frames.Length == 1, untilNs);
        if (frame.Importing is { } importing)
        {
            NoteRepeats(importing.Proof, nowNs, isRoot: false, 0);
        }
    }

    private void NoteRepeats(CodeEntry entry, long nowNs, bool isRoot, long untilNs)
    {
        if (entry.IsStable)
        {
            return;
        }

        if (codes.IsCalm(entry, nowNs, CodeChurn.CalmNs / 2, isRoot))
        {
            _relied.Add(entry);
            untilNs = entry.ProvenNs + (CodeChurn.CalmNs / 2);
        }

        _untilNs = Math.Min(_untilNs, untilNs);
    }

    // A module's body runs once, so that its code never counts as stable. But while the frames below it stand as they stood, and import
    // the module of that name, which its own witness proves, it is the body that was there before: a name is imported once at a time.
    private static bool IsContinuedBody(Span<DecodedFrame> frames, long nowNs, long forNs)
    {
        int depth = frames.Length - 1;
        ref DecodedFrame frame = ref frames[depth];
        return nowNs - frame.ProvenNs < forNs && frame.Entry.Role == ImportRole.Body && depth >= FramesOfImport
            && frames[depth - 1].Entry.Role == ImportRole.RunsBody && frames[depth - FramesOfImport].Importing is not null;
    }

    private void ListWitnesses(Span<DecodedFrame> frames, long readSerial, long nowNs)
    {
        for (int i = 0; i < frames.Length; i++)
        {
            CodeEntry entry = frames[i].Entry;
            if (!entry.IsStable && !codes.IsCalm(entry, nowNs, CodeChurn.CalmNs / 2, isRoot: i == 0) && !IsContinuedBody(frames[..(i + 1)], nowNs, ContinuedNs / 2))
            {
                foreach (Witness witness in entry.Witnesses)
                {
                    Witnesses.Need(witness, readSerial);
                }
            }

            if (frames[i].Importing is { Proof.IsStable: false } importing && !codes.IsCalm(importing.Proof, nowNs, CodeChurn.CalmNs / 2, isRoot: false))
            {
                Witnesses.Need(importing.Witness, readSerial);
            }
        }

        // In calm, what only earlier stacks relied on has to be read again only when it is met again.
        Witnesses.Trim(readSerial, keeps: !codes.IsCalmNow);
    }
}
