using System.Buffers.Binary;

namespace LibProf.CPythonLayouts;

/// <summary>
/// Takes the members of one <c>_Py_DebugOffsets</c> by name, checks each, and lays them over a table.
/// The first thing that is wrong is kept in <see cref="Error"/>; what was built is then worthless.
/// </summary>
internal ref struct DebugOffsetMerge
{
    // Far above the real ones (_PyRuntimeState has 400 KB), far below what could overflow an offset.
    private const ulong LargestStruct = 16 << 20;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly IReadOnlyList<string> _names;
    private readonly HashSet<int> _taken = [];
    private string _struct = "";
    private int _size;

    /// <summary>Nothing is read yet.</summary>
    /// <param name="bytes">The struct, whole.</param>
    /// <param name="names">Its members in order, "struct.member".</param>
    public DebugOffsetMerge(ReadOnlySpan<byte> bytes, IReadOnlyList<string> names)
    {
        _bytes = bytes;
        _names = names;
    }

    /// <summary>What is wrong; empty when nothing is.</summary>
    public string Error { get; private set; } = "";

    /// <summary>The table with every offset replaced that the struct tells.</summary>
    public CPythonLayout Over(CPythonLayout table, CPythonVersion version) => new()
    {
        Version = version,
        FreeThreaded = table.FreeThreaded,
        FrameShape = table.FrameShape,
        LineTable = table.LineTable,
        Object = Object(table.Object),
        Runtime = Runtime(table.Runtime!),
        Interpreter = Interpreter(table.Interpreter),
        Thread = Thread(table.Thread),
        StackChunk = table.StackChunk,
        Frame = Frame(table.Frame),
        Code = Code(table.Code),
        Type = Type(table.Type),
        Unicode = Unicode(table.Unicode),
        Bytes = Bytes(),
        Tuple = Tuple(),
        List = List(),
        Long = Long(table.Long),
        Dict = Dict(table.Dict),
        Instance = table.Instance,
        Module = table.Module,
        Function = table.Function,
        Generator = Generator(table.Generator),
    };

    private ObjectLayout Object(ObjectLayout table)
    {
        Enter("pyobject");
        FieldOffset type = Take("ob_type");
        // Modules, functions and dictionaries are told in part or not at all: with another head no table would hold.
        if (Error.Length == 0 && (_size != table.Size || type != table.Type))
        {
            Error = $"the object header has {_size} bytes instead of {table.Size}: this is a special build of CPython";
        }

        return table;
    }

    private RuntimeLayout Runtime(RuntimeLayout table)
    {
        Enter("runtime_state");
        FieldOffset head = Take("interpreters_head");
        return new RuntimeLayout
        {
            InterpretersHead = head,
            InterpretersMain = Beside(head, table.InterpretersHead, table.InterpretersMain),
            Finalizing = Take("finalizing"),
            CoreInitialized = Beside(head, table.InterpretersHead, table.CoreInitialized, width: 4),
            Initialized = Beside(head, table.InterpretersHead, table.Initialized, width: 4),
            MainThread = Beside(head, table.InterpretersHead, table.MainThread),
            CurrentThreadState = table.CurrentThreadState,
            Collecting = table.Collecting,
        };
    }

    private InterpreterLayout Interpreter(InterpreterLayout table)
    {
        Enter("interpreter_state");
        FieldOffset threadsHead = Take("threads_head");
        InterpreterLayout told = new()
        {
            Next = Take("next"),
            Id = Take("id"),
            ThreadsHead = threadsHead,
            Modules = Take("imports_modules"),
            SysDict = Take("sysdict"),
            Finalizing = Beside(threadsHead, table.ThreadsHead, table.Finalizing),
            CodeObjectGeneration = TakeIfIn(table.CodeObjectGeneration, "code_object_generation"),
            GilLastHolder = Take("gil_runtime_state_holder"),
            GilLocked = Take("gil_runtime_state_locked", width: 4),
            Collecting = Take("gc"),
        };
        Enter("gc");
        FieldOffset collecting = Take("collecting", width: 4);
        return told with { Collecting = told.Collecting.Exists && collecting.Exists ? told.Collecting.Value + collecting.Value : FieldOffset.Absent };
    }

    private ThreadLayout Thread(ThreadLayout table)
    {
        Enter("thread_state");
        FieldOffset chunk = Take("datastack_chunk");
        return new ThreadLayout
        {
            Size = _size,
            Next = Take("next"),
            Interpreter = Take("interp"),
            Frame = Take("current_frame"),
            CFrameCurrentFrame = table.CFrameCurrentFrame,
            BaseFrame = TakeIfIn(table.BaseFrame, "base_frame"),
            ThreadId = Take("thread_id"),
            NativeThreadId = Take("native_thread_id"),
            UniqueId = Beside(chunk, table.DataStackChunk, table.UniqueId),
            DataStackChunk = chunk,
            DataStackTop = Beside(chunk, table.DataStackChunk, table.DataStackTop),
        };
    }

    private FrameLayout Frame(FrameLayout table)
    {
        Enter("interpreter_frame");
        FieldOffset locals = Take("localsplus");
        return new FrameLayout
        {
            HeaderSize = locals.Exists ? locals.Value : 0,
            Previous = Take("previous"),
            Executable = Take("executable"),
            InstructionPointer = Take("instr_ptr"),
            LastInstruction = table.LastInstruction,
            LastInstructionScale = table.LastInstructionScale,
            Locals = locals,
            Owner = Take("owner", width: 1),
            Owners = table.Owners,
            Generator = table.Generator,
            State = table.State,
            ExecutingState = table.ExecutingState,
            ThreadLocalBytecodeIndex = TakeIfIn(table.ThreadLocalBytecodeIndex, "tlbc_index", width: 4),
            PointerMask = table.PointerMask,
        };
    }

    private CodeLayout Code(CodeLayout table)
    {
        Enter("code_object");
        FieldOffset instructions = Take("co_code_adaptive", width: 2);
        FieldOffset firstLine = Take("firstlineno", width: 4);
        return new CodeLayout
        {
            Size = instructions.Exists ? instructions.Value : 0,
            Name = Take("name"),
            QualifiedName = Take("qualname"),
            FileName = Take("filename"),
            FirstLineNumber = firstLine,
            LineTable = Take("linetable"),
            Bytecode = table.Bytecode,
            Instructions = instructions,
            ThreadLocalBytecode = TakeIfIn(table.ThreadLocalBytecode, "co_tlbc"),
            UnitCount = table.UnitCount,
            SerialNumber = Beside(firstLine, table.FirstLineNumber, table.SerialNumber, width: 4),
            ArgumentCount = Take("argcount", width: 4),
            Flags = Beside(firstLine, table.FirstLineNumber, table.Flags, width: 4),
            Constants = Beside(firstLine, table.FirstLineNumber, table.Constants),
            LocalNames = Take("localsplusnames"),
        };
    }

    private TypeLayout Type(TypeLayout table)
    {
        Enter("type_object");
        FieldOffset flags = Take("tp_flags");
        TypeLayout type = new()
        {
            Name = Take("tp_name"),
            BasicSize = Tells("tp_basicsize") ? Take("tp_basicsize") : Beside(flags, table.Flags, table.BasicSize),
            Flags = flags,
            DictOffset = Tells("tp_dictoffset") ? Take("tp_dictoffset") : Beside(flags, table.Flags, table.DictOffset),
            Dict = Beside(flags, table.Flags, table.Dict),
            CachedKeys = table.CachedKeys,
        };
        _struct = "heap_type_object";
        if (!Tells("ht_cached_keys"))
        {
            return type;
        }

        Enter("heap_type_object");
        return type with { CachedKeys = Take("ht_cached_keys") };
    }

    private UnicodeLayout Unicode(UnicodeLayout table)
    {
        Enter("unicode_object");
        FieldOffset length = Take("length");
        // Sizes of the two shorter forms, which are where their characters start.
        FieldOffset asciiData = Take("asciiobject_size");
        FieldOffset compactData = Tells("compactunicodeobject_size")
            ? Take("compactunicodeobject_size")
            : Beside(asciiData, table.AsciiData, table.CompactData);
        return new UnicodeLayout
        {
            Length = length,
            Hash = Beside(length, table.Length, table.Hash),
            State = Take("state", width: 4),
            KindShift = table.KindShift,
            CompactBit = table.CompactBit,
            AsciiBit = table.AsciiBit,
            AsciiData = asciiData,
            CompactData = compactData,
            // The pointer follows the compact form, in which the characters stand there: the same offset.
            DataPointer = compactData,
        };
    }

    private BytesLayout Bytes()
    {
        Enter("bytes_object");
        return new BytesLayout { Size = Take("ob_size"), Data = Take("ob_sval", width: 1) };
    }

    private TupleLayout Tuple()
    {
        Enter("tuple_object");
        return new TupleLayout { Size = Take("ob_size"), Items = Take("ob_item") };
    }

    private ListLayout List()
    {
        Enter("list_object");
        return new ListLayout { Size = Take("ob_size"), Items = Take("ob_item") };
    }

    private LongLayout Long(LongLayout table)
    {
        Enter("long_object");
        return new LongLayout { SizeTag = Take("lv_tag"), HasTag = table.HasTag, Digits = Take("ob_digit", width: 4) };
    }

    private DictLayout Dict(DictLayout table)
    {
        Enter("dict_object");
        FieldOffset keys = Take("ma_keys");
        return new DictLayout
        {
            Used = Beside(keys, table.Keys, table.Used),
            Keys = keys,
            Values = Take("ma_values"),
            KeysSize = table.KeysSize,
            KeysLog2Size = table.KeysLog2Size,
            KeysLog2IndexBytes = table.KeysLog2IndexBytes,
            KeysKind = table.KeysKind,
            KeysUsable = table.KeysUsable,
            KeysEntryCount = table.KeysEntryCount,
            KeysIndices = table.KeysIndices,
            EntrySize = table.EntrySize,
            EntryKey = table.EntryKey,
            UnicodeEntrySize = table.UnicodeEntrySize,
            ValuesItems = table.ValuesItems,
        };
    }

    private GeneratorLayout Generator(GeneratorLayout table)
    {
        _struct = "gen_object";
        if (!Tells("gi_iframe"))
        {
            return table;
        }

        Enter("gen_object");
        return new GeneratorLayout { Frame = Take("gi_iframe"), FrameState = Take("gi_frame_state", width: 1) };
    }

    /// <summary>Goes to the members of another struct and reads its size.</summary>
    private void Enter(string name)
    {
        _struct = name;
        _size = 0;
        _taken.Clear();
        ulong size = Read("size");
        if (size is 0 or > LargestStruct)
        {
            Fail("size", size);
            return;
        }

        _size = (int)size;
    }

    /// <summary>An offset of the struct, checked.</summary>
    private FieldOffset Take(string member, int width = sizeof(ulong)) => Check(member, Read(member), width);

    /// <summary>A member that only builds have which the table says have it; others hold 0 there.</summary>
    private FieldOffset TakeIfIn(FieldOffset table, string member, int width = sizeof(ulong)) =>
        table.Exists ? Take(member, width) : FieldOffset.Absent;

    /// <summary>Where a member stands that is not told: as far from a neighbour that is told as in the table.</summary>
    private FieldOffset Beside(FieldOffset neighbour, FieldOffset tableNeighbour, FieldOffset table, int width = sizeof(ulong)) =>
        neighbour.Exists
            ? Check("beside", (ulong)(long)(table.Value + (neighbour.Value - tableNeighbour.Value)), width)
            : FieldOffset.Absent;

    private FieldOffset Check(string member, ulong offset, int width)
    {
        // An offset that is not a multiple of the field's width would be no field of a C struct.
        if (offset > LargestStruct || offset + (ulong)width > (ulong)_size || offset % (ulong)width != 0 || !_taken.Add((int)offset))
        {
            Fail(member, offset);
            return FieldOffset.Absent;
        }

        return FieldOffset.At((int)offset);
    }

    private readonly bool Tells(string member) => Index(member) >= 0;

    private ulong Read(string member)
    {
        int index = Index(member);
        if (index < 0)
        {
            Fail(member, 0);
            return 0;
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(index * sizeof(ulong))..]);
    }

    private readonly int Index(string member)
    {
        string name = $"{_struct}.{member}";
        for (int i = 0; i < _names.Count; i++)
        {
            if (_names[i] == name)
            {
                return i;
            }
        }

        return -1;
    }

    private void Fail(string member, ulong value)
    {
        if (Error.Length == 0)
        {
            Error = $"_Py_DebugOffsets makes no sense: {_struct}.{member} is {value} of {_size} bytes";
        }
    }
}
