namespace LibProf.Sampler.Interpreter;

/// <summary>A string object of the target that a frame or a code object refers to.</summary>
internal sealed class StringEntry(ulong address, string text, int id, Witness witness)
{
    /// <summary>Address of the str.</summary>
    public ulong Address { get; } = address;

    /// <summary>Its text.</summary>
    public string Text { get; } = text;

    /// <summary>Number of the text: equal texts have equal numbers.</summary>
    public int Id { get; } = id;

    /// <summary>The bytes that prove it.</summary>
    public Witness Witness { get; } = witness;

    /// <summary>Whether a frame's argument is still this string: trusted as a code object is, with the function whose frame it is.</summary>
    public CodeEntry Proof { get; } = new(address, text, "", 0, 0, 0, [], [], [witness], ImportRole.None) { Importing = text };
}

/// <summary>What a function does in an import (Lib/importlib/_bootstrap.py).</summary>
internal enum ImportRole
{
    /// <summary>Nothing of note.</summary>
    None,
    /// <summary><c>_find_and_load</c>: its frames' first argument is the name of the module being imported.</summary>
    FindAndLoad,
    /// <summary><c>_call_with_frames_removed</c>: calls the module's body.</summary>
    RunsBody,
    /// <summary>The module's body.</summary>
    Body,
}

/// <summary>A code object of the target, resolved: its function, its lines, and the bytes that prove that it is still the same.</summary>
internal sealed class CodeEntry
{
    private readonly int[] _rangeEnds;
    private readonly int[] _rangeLines;
    private readonly int[] _rangeFrames;

    /// <summary>Makes an entry.</summary>
    /// <param name="address">Address of the code object.</param>
    /// <param name="name">Qualified name, or the plain name to 3.10.</param>
    /// <param name="file">co_filename.</param>
    /// <param name="instructions">Address of the first instruction; 0 where frames hold an index instead (to 3.10).</param>
    /// <param name="codeLength">Bytes of instructions.</param>
    /// <param name="firstLine">Line of the definition.</param>
    /// <param name="rangeEnds">Byte offsets, ascending, at which ranges of instructions with the same line end.</param>
    /// <param name="rangeLines">Line of each range, 0 for none.</param>
    /// <param name="witnesses">All the bytes that it depends on.</param>
    /// <param name="role">What it does in an import.</param>
    public CodeEntry(
        ulong address, string name, string file, ulong instructions, int codeLength, int firstLine,
        int[] rangeEnds, int[] rangeLines, Witness[] witnesses, ImportRole role)
    {
        Address = address;
        Name = name;
        File = file;
        Instructions = instructions;
        CodeLength = codeLength;
        FirstLine = firstLine;
        Witnesses = witnesses;
        Role = role;
        _rangeEnds = rangeEnds;
        _rangeLines = rangeLines;
        _rangeFrames = new int[rangeEnds.Length];
        Array.Fill(_rangeFrames, -1);
    }

    /// <summary>Address of the code object.</summary>
    public ulong Address { get; }

    /// <summary>Qualified name, or the plain name to 3.10.</summary>
    public string Name { get; }

    /// <summary>co_filename.</summary>
    public string File { get; }

    /// <summary>The function in the recording; -1 until the entry was first trusted.</summary>
    public int FunctionId { get; set; } = -1;

    /// <summary>Address of the first instruction; 0 to 3.10.</summary>
    public ulong Instructions { get; }

    /// <summary>Bytes of instructions.</summary>
    public int CodeLength { get; }

    /// <summary>Line of the definition.</summary>
    public int FirstLine { get; }

    /// <summary>All the bytes that it depends on.</summary>
    public Witness[] Witnesses { get; }

    /// <summary>What it does in an import.</summary>
    public ImportRole Role { get; }

    /// <summary>When it stands for a frame's argument: the module that it names.</summary>
    public string? Importing { get; init; }

    /// <summary>The period of held-back samples in which it was last used.</summary>
    public long UsedInPeriod { get; set; } = -1;

    /// <summary>Addresses of this code's per-thread copies of its instructions (free-threaded builds), when met.</summary>
    public List<ulong>? ThreadLocalInstructions { get; set; }

    /// <summary>Whether all witnesses are stable.</summary>
    public bool IsStable { get; private set; }

    /// <summary>When all witnesses last passed together with a stack that relies on them, on the sampler's clock.</summary>
    public long ProvenNs { get; set; } = long.MinValue / 2;

    /// <summary>Whether it may stay where it is: no body that is freed after its run, nothing at an address where something changed lately.</summary>
    public bool IsUnsuspected
    {
        get
        {
            foreach (Witness witness in Witnesses)
            {
                if (!witness.IsUnsuspected || witness.IsDead)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Whether some witness was found changed.</summary>
    public bool IsDead
    {
        get
        {
            foreach (Witness witness in Witnesses)
            {
                if (witness.IsDead)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whether the entry may be relied on in the read <paramref name="readSerial"/>: stable, or seen unchanged in it.</summary>
    public bool IsTrustedIn(long readSerial)
    {
        if (IsStable)
        {
            return true;
        }

        // A young one is seen whole in every read that relies on it, strings included that others have known for long.
        bool stable = true;
        bool passed = true;
        foreach (Witness witness in Witnesses)
        {
            stable &= witness.IsStable;
            passed &= witness.PassedIn == readSerial;
        }

        IsStable = stable;
        return stable || passed;
    }

    /// <summary>Makes the entry young again: something that it depends on was found changed.</summary>
    public void Distrust() => IsStable = false;

    /// <summary>The number of the range of instructions that holds a byte offset; -1 when outside.</summary>
    public int FindRange(int byteOffset)
    {
        int index = Array.BinarySearch(_rangeEnds, byteOffset + 1);
        index = index >= 0 ? index : ~index;
        return index < _rangeEnds.Length ? index : -1;
    }

    /// <summary>Line of a range; the definition's for -1.</summary>
    public int LineOf(int range) => range >= 0 ? _rangeLines[range] : FirstLine;

    /// <summary>The recording's frame for a range, -1 when not made yet.</summary>
    public int FrameOf(int range) => range >= 0 ? _rangeFrames[range] : -1;

    /// <summary>Remembers the recording's frame for a range.</summary>
    public void SetFrame(int range, int frameId)
    {
        if (range >= 0)
        {
            _rangeFrames[range] = frameId;
        }
    }
}
