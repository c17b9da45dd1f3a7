namespace LibProf.CPythonLayouts.Versions;

/// <summary>CPython 3.12, as its own debug information tells (figures of 3.12.1; scripts/layouts).</summary>
internal static class CPython312
{
    /// <summary>The build with the GIL.</summary>
    public static CPythonLayout Default { get; } = new()
    {
        Version = new CPythonVersion(3, 12, 0),
        FreeThreaded = false,
        FrameShape = FrameShape.ThroughCFrame,
        LineTable = LineTableKind.LocationTable,
        Runtime = new RuntimeLayout
        {
            InterpretersHead = 40,
            InterpretersMain = 48,
            Finalizing = 24,
            CoreInitialized = 12,
            Initialized = 16,
            MainThread = 64,
            CurrentThreadState = FieldOffset.Absent,
        },
        Interpreter = new InterpreterLayout
        {
            Next = 0,
            Id = 8,
            ThreadsHead = 72,
            Modules = 944,
            SysDict = 352,
            Finalizing = 104,
            CodeObjectGeneration = FieldOffset.Absent,
            GilLastHolder = 1048,
            GilLocked = 1056,
        },
        Thread = new ThreadLayout
        {
            Size = 288,
            Next = 8,
            Interpreter = 16,
            Frame = 56,
            CFrameCurrentFrame = 0,
            BaseFrame = FieldOffset.Absent,
            ThreadId = 136,
            NativeThreadId = 144,
            UniqueId = 224,
            DataStackChunk = 232,
            DataStackTop = 240,
        },
        StackChunk = new StackChunkLayout { Previous = 0, Size = 8, Top = 16, Data = 24 },
        Frame = new FrameLayout
        {
            HeaderSize = 72,
            Previous = 8,
            Executable = 0,
            InstructionPointer = 56,
            LastInstruction = FieldOffset.Absent,
            LastInstructionScale = 1,
            Locals = 72,
            Owner = 70,
            Owners = new FrameOwners { Thread = 0, Generator = 1, FrameObject = 2, CStack = 3, Interpreter = -1 },
            Generator = FieldOffset.Absent,
            State = FieldOffset.Absent,
            ExecutingState = 0,
            ThreadLocalBytecodeIndex = FieldOffset.Absent,
            PointerMask = ulong.MaxValue,
        },
        Code = new CodeLayout
        {
            Size = 192,
            Name = 120,
            QualifiedName = 128,
            FileName = 112,
            FirstLineNumber = 68,
            LineTable = 136,
            Bytecode = FieldOffset.Absent,
            Instructions = 192,
            ThreadLocalBytecode = FieldOffset.Absent,
            UnitCount = 16,
            ArgumentCount = 52,
            Flags = 48,
            Constants = 24,
            LocalNames = 96,
        },
        Object = new ObjectLayout { Size = 16, Type = 8 },
        Type = new TypeLayout { Name = 24, BasicSize = 32, Flags = 168, DictOffset = 288, Dict = 264, CachedKeys = 880 },
        Unicode = new UnicodeLayout
        {
            Length = 16,
            Hash = 24,
            State = 32,
            KindShift = 2,
            CompactBit = 5,
            AsciiBit = 6,
            AsciiData = 40,
            CompactData = 56,
            DataPointer = 56,
        },
        Bytes = new BytesLayout { Size = 16, Data = 32 },
        Tuple = new TupleLayout { Size = 16, Items = 24 },
        List = new ListLayout { Size = 16, Items = 24 },
        Long = new LongLayout { SizeTag = 16, HasTag = true, Digits = 24 },
        Dict = new DictLayout
        {
            Used = 16,
            Keys = 32,
            Values = 40,
            KeysSize = FieldOffset.Absent,
            KeysLog2Size = 8,
            KeysLog2IndexBytes = 9,
            KeysKind = 10,
            KeysUsable = 16,
            KeysEntryCount = 24,
            KeysIndices = 32,
            EntrySize = 24,
            EntryKey = 8,
            UnicodeEntrySize = 16,
            ValuesItems = 0,
        },
        Instance = new InstanceLayout { Attributes = InstanceAttributes.TaggedPointer, ManagedDict = -24 },
        Module = new ModuleLayout { Dict = 16 },
        Function = new FunctionLayout { Code = 48, Globals = 16, Closure = 72, Dict = 88 },
        Generator = new GeneratorLayout { Frame = 72, FrameState = 67 },
    };
}
