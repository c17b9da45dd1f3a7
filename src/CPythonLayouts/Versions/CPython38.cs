namespace LibProf.CPythonLayouts.Versions;

/// <summary>CPython 3.8, as its own debug information tells (figures of 3.8.18; scripts/layouts).</summary>
internal static class CPython38
{
    /// <summary>The build with the GIL.</summary>
    public static CPythonLayout Default { get; } = new()
    {
        Version = new CPythonVersion(3, 8, 0),
        FreeThreaded = false,
        FrameShape = FrameShape.FrameObjects,
        LineTable = LineTableKind.LineNumberTable,
        Runtime = new RuntimeLayout
        {
            InterpretersHead = 32,
            InterpretersMain = 40,
            Finalizing = 16,
            CoreInitialized = 8,
            Initialized = 12,
            MainThread = 72,
            CurrentThreadState = 1368,
        },
        Interpreter = new InterpreterLayout
        {
            Next = 0,
            Id = 16,
            ThreadsHead = 8,
            Modules = 56,
            SysDict = 72,
            Finalizing = FieldOffset.Absent,
            CodeObjectGeneration = FieldOffset.Absent,
            GilLastHolder = FieldOffset.Absent,
            GilLocked = FieldOffset.Absent,
        },
        Thread = new ThreadLayout
        {
            Size = 264,
            Next = 8,
            Interpreter = 16,
            Frame = 24,
            CFrameCurrentFrame = FieldOffset.Absent,
            BaseFrame = FieldOffset.Absent,
            ThreadId = 176,
            NativeThreadId = FieldOffset.Absent,
            UniqueId = 256,
            DataStackChunk = FieldOffset.Absent,
            DataStackTop = FieldOffset.Absent,
        },
        StackChunk = null,
        Frame = new FrameLayout
        {
            HeaderSize = 360,
            Previous = 24,
            Executable = 32,
            InstructionPointer = FieldOffset.Absent,
            LastInstruction = 104,
            LastInstructionScale = 1,
            Locals = 360,
            Owner = FieldOffset.Absent,
            Owners = null,
            Generator = 96,
            State = 116,
            ExecutingState = 1,
            ThreadLocalBytecodeIndex = FieldOffset.Absent,
            PointerMask = ulong.MaxValue,
        },
        Code = new CodeLayout
        {
            Size = 176,
            Name = 112,
            QualifiedName = FieldOffset.Absent,
            FileName = 104,
            FirstLineNumber = 40,
            LineTable = 120,
            Bytecode = 48,
            Instructions = FieldOffset.Absent,
            ThreadLocalBytecode = FieldOffset.Absent,
            UnitCount = FieldOffset.Absent,
            ArgumentCount = 16,
            Flags = 36,
            Constants = 56,
            LocalNames = 72,
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
            KeysSize = 8,
            KeysLog2Size = FieldOffset.Absent,
            KeysLog2IndexBytes = FieldOffset.Absent,
            KeysKind = FieldOffset.Absent,
            KeysUsable = 24,
            KeysEntryCount = 32,
            KeysIndices = 40,
            EntrySize = 24,
            EntryKey = 8,
            UnicodeEntrySize = 0,
            ValuesItems = 0,
        },
        Instance = new InstanceLayout { Attributes = InstanceAttributes.DictPointer, ManagedDict = 0 },
        Module = new ModuleLayout { Dict = 16 },
        Function = new FunctionLayout { Code = 16, Globals = 24, Closure = 48, Dict = 72 },
        Generator = new GeneratorLayout { Frame = 16, FrameState = FieldOffset.Absent },
    };
}
