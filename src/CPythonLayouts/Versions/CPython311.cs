namespace LibProf.CPythonLayouts.Versions;

/// <summary>CPython 3.11, as its own debug information tells (figures of 3.11.7; scripts/layouts).</summary>
internal static class CPython311
{
    /// <summary>The build with the GIL.</summary>
    public static CPythonLayout Default { get; } = new()
    {
        Version = new CPythonVersion(3, 11, 0),
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
            MainThread = 80,
            CurrentThreadState = 576,
        },
        Interpreter = new InterpreterLayout
        {
            Next = 0,
            Id = 48,
            ThreadsHead = 16,
            Modules = 888,
            SysDict = 904,
            Finalizing = FieldOffset.Absent,
            CodeObjectGeneration = FieldOffset.Absent,
            GilLastHolder = FieldOffset.Absent,
            GilLocked = FieldOffset.Absent,
        },
        Thread = new ThreadLayout
        {
            Size = 360,
            Next = 8,
            Interpreter = 16,
            Frame = 56,
            CFrameCurrentFrame = 8,
            BaseFrame = FieldOffset.Absent,
            ThreadId = 152,
            NativeThreadId = 160,
            UniqueId = 240,
            DataStackChunk = 296,
            DataStackTop = 304,
        },
        StackChunk = new StackChunkLayout { Previous = 0, Size = 8, Top = 16, Data = 24 },
        Frame = new FrameLayout
        {
            HeaderSize = 72,
            Previous = 48,
            Executable = 32,
            InstructionPointer = 56,
            LastInstruction = FieldOffset.Absent,
            LastInstructionScale = 1,
            Locals = 72,
            Owner = 69,
            Owners = new FrameOwners { Thread = 0, Generator = 1, FrameObject = 2, CStack = -1, Interpreter = -1 },
            Generator = FieldOffset.Absent,
            State = FieldOffset.Absent,
            ExecutingState = 0,
            ThreadLocalBytecodeIndex = FieldOffset.Absent,
            PointerMask = ulong.MaxValue,
        },
        Code = new CodeLayout
        {
            Size = 184,
            Name = 120,
            QualifiedName = 128,
            FileName = 112,
            FirstLineNumber = 72,
            LineTable = 136,
            Bytecode = FieldOffset.Absent,
            Instructions = 184,
            ThreadLocalBytecode = FieldOffset.Absent,
            UnitCount = 16,
            ArgumentCount = 56,
            Flags = 48,
            Constants = 24,
            LocalNames = 96,
        },
        Object = new ObjectLayout { Size = 16, Type = 8 },
        Type = new TypeLayout { Name = 24, BasicSize = 32, Flags = 168, DictOffset = 288, Dict = 264, CachedKeys = 872 },
        Unicode = new UnicodeLayout
        {
            Length = 16,
            Hash = 24,
            State = 32,
            KindShift = 2,
            CompactBit = 5,
            AsciiBit = 6,
            AsciiData = 48,
            CompactData = 72,
            DataPointer = 72,
        },
        Bytes = new BytesLayout { Size = 16, Data = 32 },
        Tuple = new TupleLayout { Size = 16, Items = 24 },
        List = new ListLayout { Size = 16, Items = 24 },
        Long = new LongLayout { SizeTag = 16, HasTag = false, Digits = 24 },
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
        Instance = new InstanceLayout { Attributes = InstanceAttributes.DictAndValuesPointers, ManagedDict = -24 },
        Module = new ModuleLayout { Dict = 16 },
        Function = new FunctionLayout { Code = 48, Globals = 16, Closure = 72, Dict = 88 },
        Generator = new GeneratorLayout { Frame = 80, FrameState = 75 },
    };
}
