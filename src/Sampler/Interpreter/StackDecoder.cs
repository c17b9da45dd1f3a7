using LibProf.CPythonLayouts;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// Gives the frames of one thread their names and numbers. What is the same as in the last look keeps its stack; a function counts only
/// when the witnesses of its names passed together with the frames, or are stable.
/// </summary>
internal sealed class StackDecoder(CPythonLayout layout, CodeCache codes, StackInterner interner)
{
    /// <summary>Long before the clock began.</summary>
    private const long Never = long.MinValue / 2;

    private readonly List<ulong> _unknown = [];

    // The frames of the import machinery whose argument names a module: their place in the walk, and the argument.
    private readonly List<(int Index, ulong Local)> _arguments = [];

    // The stack as it was decoded last, oldest frame first.
    private DecodedFrame[] _decoded = new DecodedFrame[64];
    private int _depth;
    private readonly StackProofs _proofs = new(codes);
    private long _deathsSeen;
    private long _walk = -1;

    /// <summary>The witnesses that the next reads bring along.</summary>
    public WitnessSet Witnesses => _proofs.Witnesses;

    /// <summary>The number of the stack, 0 for none.</summary>
    public int StackId { get; private set; }

    /// <summary>Whether only the older frames could be named for sure.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Names a stack that a walk found whole.</summary>
    public LookStatus Decode(StackWalk walk, long readSerial, long nowNs, bool lastTry)
    {
        IsCut = false;
        if (_deathsSeen != codes.Deaths)
        {
            _deathsSeen = codes.Deaths;
            ForgetDead();
        }

        if (walk.IsRepeat && walk.Serial == _walk && _depth > 0 && _proofs.HoldForRepeat(nowNs) && HasSameArguments(walk))
        {
            return Repeat(walk);
        }

        _walk = walk.Serial;
        return DecodeAll(walk, readSerial, nowNs, lastTry);
    }

    // What stands on a frame that is no longer the one that was decoded is to be decoded anew.
    private void ForgetDead()
    {
        for (int i = 0; i < _depth; i++)
        {
            if (_decoded[i].Entry.IsDead || _decoded[i].Importing is { Witness.IsDead: true })
            {
                (_depth, _walk) = (i, -1);
            }
        }
    }

    private bool HasSameArguments(StackWalk walk)
    {
        foreach ((int index, ulong local) in _arguments)
        {
            if ((walk[index].Local & layout.Frame.PointerMask) != local)
            {
                return false;
            }
        }

        return true;
    }

    // The same frames as the last time: only the newest may stand at another instruction.
    private LookStatus Repeat(StackWalk walk)
    {
        ref DecodedFrame newest = ref _decoded[_depth - 1];
        ulong instruction = walk[0].Instruction;
        if (newest.Instruction != instruction)
        {
            newest.Instruction = instruction;
            newest.Stack = Intern(ref newest, _depth > 1 ? _decoded[_depth - 2].Stack : 0);
        }

        StackId = newest.Stack;
        return LookStatus.Good;
    }

    private LookStatus DecodeAll(StackWalk walk, long readSerial, long nowNs, bool lastTry)
    {
        int depth = 0;
        int stack = 0;
        _arguments.Clear();
        _proofs.Begin();
        bool reusing = true;
        bool resolved = false;
        int named = 0;
        LookStatus status = LookStatus.Good;
        for (int i = walk.Depth - 1; i >= 0; i--)
        {
            ref readonly WalkedFrame walked = ref walk[i];
            if (!walked.IsPython)
            {
                continue;
            }

            if (depth == _decoded.Length)
            {
                Array.Resize(ref _decoded, depth * 2);
            }

            ulong code = walked.Executable & layout.Frame.PointerMask;
            ulong local = walked.Local & layout.Frame.PointerMask;
            ref DecodedFrame frame = ref _decoded[depth];
            // When it was last proven, if it is the same call as in the last look, and so are all that it came from.
            long provenNs = reusing && depth < _depth && frame.Code == code && frame.Address == walked.Address ? frame.ProvenNs : Never;
            reusing = reusing && depth < _depth && frame.Code == code && frame.Instruction == walked.Instruction
                && (frame.Importing is null || frame.Local == local);
            if (!reusing)
            {
                if (!resolved && !codes.TryGet(code, out _))
                {
                    // All that is new on this stack, in as few reads as one.
                    resolved = true;
                    ResolveFrom(walk, i, nowNs);
                }

                if (!TryDecode(ref frame, code, walked.Instruction, local, nowNs))
                {
                    if (!codes.IsUnreadable(code, nowNs))
                    {
                        status = LookStatus.Torn;
                        break;
                    }

                    // For good: it costs this frame, not the sample.
                    continue;
                }
            }

            (frame.Address, frame.ProvenNs) = (walked.Address, provenNs);
            if (frame.Importing is not null)
            {
                _arguments.Add((i, local));
            }

            if (!_proofs.Hold(_decoded.AsSpan(0, depth + 1), readSerial, nowNs))
            {
                // Known, but not seen unchanged together with this stack: read its witnesses along next time.
                status = LookStatus.Unpredicted;
            }

            if (status == LookStatus.Good && !reusing)
            {
                frame.Stack = Intern(ref frame, stack);
            }

            depth++;
            if (status == LookStatus.Good)
            {
                (stack, named) = (frame.Stack, depth);
            }
        }

        _proofs.End(_decoded.AsSpan(0, depth), status == LookStatus.Good, readSerial, nowNs);
        if (status != LookStatus.Good)
        {
            // What could be named holds, for the next try to go on from.
            (_depth, _walk) = (named, -1);
            return CutBelow(stack, lastTry) ? LookStatus.Good : status;
        }

        _depth = depth;
        StackId = stack;
        return stack == 0 ? LookStatus.Empty : LookStatus.Good;
    }

    private void ResolveFrom(StackWalk walk, int oldest, long nowNs)
    {
        _unknown.Clear();
        for (int i = oldest; i >= 0; i--)
        {
            ulong code = walk[i].Executable & layout.Frame.PointerMask;
            if (walk[i].IsPython && !codes.TryGet(code, out _) && !_unknown.Contains(code))
            {
                _unknown.Add(code);
            }
        }

        codes.Resolve(_unknown, nowNs);
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

    private bool TryDecode(ref DecodedFrame frame, ulong code, ulong instruction, ulong local, long nowNs)
    {
        if (!codes.TryGet(code, out CodeEntry entry))
        {
            return false;
        }

        StringEntry? importing = null;
        if (entry.Role == ImportRole.FindAndLoad && !codes.TryResolveArgument(local, nowNs, out importing))
        {
            importing = null;
        }

        frame = new DecodedFrame { Code = code, Instruction = instruction, Local = local, Entry = entry, Importing = importing };
        return true;
    }

    private int Intern(ref DecodedFrame frame, int parentStack)
    {
        CodeEntry entry = frame.Entry;
        codes.Use(entry);
        if (entry.FunctionId < 0)
        {
            entry.FunctionId = interner.Function(entry.Name, entry.File, entry.FirstLine);
        }

        if (frame.Importing is { } importing)
        {
            importing.Proof.FunctionId = entry.FunctionId;
            codes.Use(importing.Proof);
        }

        int range = entry.FindRange(ByteOffset(entry, frame.Instruction));
        int frameId = frame.Importing is null ? entry.FrameOf(range) : -1;
        if (frameId < 0)
        {
            frameId = interner.Frame(entry.FunctionId, entry.LineOf(range), frame.Importing);
            if (frame.Importing is null)
            {
                entry.SetFrame(range, frameId);
            }
        }

        return interner.Stack(parentStack, frameId);
    }

    private int ByteOffset(CodeEntry entry, ulong instruction)
    {
        if (entry.Instructions == 0)
        {
            return (int)(long)instruction * layout.Frame.LastInstructionScale;
        }

        ulong offset = instruction - entry.Instructions;
        if (offset < (ulong)entry.CodeLength)
        {
            return (int)offset;
        }

        return codes.TryFindThreadLocalOffset(entry, instruction, out int local) ? local : -1;
    }

    /// <summary>Notes that samples go on to rely on the entries of the newest stack.</summary>
    public void UseEntries()
    {
        for (int i = 0; i < _depth; i++)
        {
            codes.Use(_decoded[i].Entry);
            if (_decoded[i].Importing is { } importing)
            {
                codes.Use(importing.Proof);
            }
        }
    }
}
