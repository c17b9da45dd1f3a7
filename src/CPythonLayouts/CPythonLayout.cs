namespace LibProf.CPythonLayouts;

/// <summary>How a thread's Python frames are linked and stored.</summary>
public enum FrameShape
{
    /// <summary>3.6 to 3.10: <c>PyThreadState.frame</c> heads a list of heap-allocated <c>PyFrameObject</c>.</summary>
    FrameObjects,

    /// <summary>3.11 and 3.12: <c>PyThreadState.cframe</c>, whose <c>current_frame</c> heads a list of <c>_PyInterpreterFrame</c>.</summary>
    ThroughCFrame,

    /// <summary>3.13 and later: <c>PyThreadState.current_frame</c> heads a list of <c>_PyInterpreterFrame</c>.</summary>
    CurrentFrame,
}

/// <summary>How a code object maps instructions to lines.</summary>
public enum LineTableKind
{
    /// <summary>Up to 3.9: <c>co_lnotab</c>, pairs of unsigned address and signed line increments.</summary>
    LineNumberTable,

    /// <summary>3.10: <c>co_linetable</c> of PEP 626, pairs with signed line increments and a "no line" mark.</summary>
    Pep626,

    /// <summary>3.11 and later: <c>co_linetable</c> as location table (Objects/locations.md) of variable-length entries.</summary>
    LocationTable,
}

/// <summary>
/// The memory layout of one CPython release: one shape for all versions, filled by the tables of <c>Versions/</c>
/// or by the running interpreter's own <c>_Py_DebugOffsets</c>. Offsets and sizes are in bytes, 64-bit little endian.
/// </summary>
public sealed record CPythonLayout
{
    /// <summary>The release that the layout is valid for (of a table: the first one).</summary>
    public required CPythonVersion Version { get; init; }

    /// <summary>Whether the build is free-threaded (no GIL, wider object header).</summary>
    public required bool FreeThreaded { get; init; }

    /// <summary>How frames are linked.</summary>
    public required FrameShape FrameShape { get; init; }

    /// <summary>How lines are encoded.</summary>
    public required LineTableKind LineTable { get; init; }

    /// <summary><c>_PyRuntimeState</c>; null in 3.6, which has no such struct.</summary>
    public required RuntimeLayout? Runtime { get; init; }

    /// <summary><c>PyInterpreterState</c>.</summary>
    public required InterpreterLayout Interpreter { get; init; }

    /// <summary><c>PyThreadState</c>.</summary>
    public required ThreadLayout Thread { get; init; }

    /// <summary><c>_PyStackChunk</c>; null before 3.11.</summary>
    public required StackChunkLayout? StackChunk { get; init; }

    /// <summary><c>PyFrameObject</c> (up to 3.10) or <c>_PyInterpreterFrame</c>.</summary>
    public required FrameLayout Frame { get; init; }

    /// <summary><c>PyCodeObject</c>.</summary>
    public required CodeLayout Code { get; init; }

    /// <summary><c>PyObject</c>.</summary>
    public required ObjectLayout Object { get; init; }

    /// <summary><c>PyTypeObject</c>.</summary>
    public required TypeLayout Type { get; init; }

    /// <summary><c>PyUnicodeObject</c> and its two shorter forms.</summary>
    public required UnicodeLayout Unicode { get; init; }

    /// <summary><c>PyBytesObject</c>.</summary>
    public required BytesLayout Bytes { get; init; }

    /// <summary><c>PyTupleObject</c>.</summary>
    public required TupleLayout Tuple { get; init; }

    /// <summary><c>PyListObject</c>.</summary>
    public required ListLayout List { get; init; }

    /// <summary><c>PyLongObject</c>.</summary>
    public required LongLayout Long { get; init; }

    /// <summary><c>PyDictObject</c> and <c>PyDictKeysObject</c>.</summary>
    public required DictLayout Dict { get; init; }

    /// <summary>Where an ordinary instance keeps its attributes.</summary>
    public required InstanceLayout Instance { get; init; }

    /// <summary><c>PyModuleObject</c>.</summary>
    public required ModuleLayout Module { get; init; }

    /// <summary><c>PyFunctionObject</c>.</summary>
    public required FunctionLayout Function { get; init; }

    /// <summary><c>PyGenObject</c>, also coroutines and asynchronous generators.</summary>
    public required GeneratorLayout Generator { get; init; }
}

/// <summary><c>_PyRuntimeState</c> (Include/internal/pycore_runtime.h).</summary>
public sealed record RuntimeLayout
{
    /// <summary>Pointer to the first interpreter: <c>interpreters.head</c>.</summary>
    public required FieldOffset InterpretersHead { get; init; }
    /// <summary>Pointer to the main interpreter: <c>interpreters.main</c>.</summary>
    public required FieldOffset InterpretersMain { get; init; }
    /// <summary>Pointer to the thread that finalizes the runtime, NULL before: <c>_finalizing</c> (<c>finalizing</c> up to 3.8).</summary>
    public required FieldOffset Finalizing { get; init; }
    /// <summary>int: <c>core_initialized</c>.</summary>
    public required FieldOffset CoreInitialized { get; init; }
    /// <summary>int: <c>initialized</c>, set when initialisation (with <c>site</c>) is over.</summary>
    public required FieldOffset Initialized { get; init; }
    /// <summary>unsigned long, the main thread's <c>pthread_self()</c> (3.8 on).</summary>
    public required FieldOffset MainThread { get; init; }
    /// <summary>Pointer to the thread state that holds the GIL (up to 3.11): <c>gilstate.tstate_current</c>.</summary>
    public required FieldOffset CurrentThreadState { get; init; }
    /// <summary>int: whether garbage is being collected (3.7 and 3.8): <c>gc.collecting</c>.</summary>
    public required FieldOffset Collecting { get; init; }
}

/// <summary><c>PyInterpreterState</c> (Include/internal/pycore_interp.h).</summary>
public sealed record InterpreterLayout
{
    /// <summary>Pointer to the next interpreter.</summary>
    public required FieldOffset Next { get; init; }
    /// <summary>int64: <c>id</c> (3.7 on).</summary>
    public required FieldOffset Id { get; init; }
    /// <summary>Pointer to the newest thread state: <c>tstate_head</c>, <c>threads.head</c> from 3.11.</summary>
    public required FieldOffset ThreadsHead { get; init; }
    /// <summary>Pointer to the dict <c>sys.modules</c>: <c>modules</c>, <c>imports.modules</c> from 3.12.</summary>
    public required FieldOffset Modules { get; init; }
    /// <summary>Pointer to the dict of the module <c>sys</c>: <c>sysdict</c>.</summary>
    public required FieldOffset SysDict { get; init; }
    /// <summary>Pointer to the thread that finalizes this interpreter (3.12 on): <c>_finalizing</c>.</summary>
    public required FieldOffset Finalizing { get; init; }
    /// <summary>A counter that moves whenever a code object is freed, where the version has one.</summary>
    public required FieldOffset CodeObjectGeneration { get; init; }
    /// <summary>Pointer to the thread state that held the GIL last (3.12 on, in the interpreter's own <c>_gil</c>).</summary>
    public required FieldOffset GilLastHolder { get; init; }
    /// <summary>int: whether the GIL is held: <c>_gil.locked</c> (3.12 on).</summary>
    public required FieldOffset GilLocked { get; init; }
    /// <summary>int: whether garbage is being collected (3.9 on): <c>gc.collecting</c>.</summary>
    public required FieldOffset Collecting { get; init; }
}

/// <summary><c>PyThreadState</c> (Include/cpython/pystate.h).</summary>
public sealed record ThreadLayout
{
    /// <summary>Size of the struct.</summary>
    public required int Size { get; init; }
    /// <summary>Pointer to the next (older) thread state of the interpreter.</summary>
    public required FieldOffset Next { get; init; }
    /// <summary>Pointer to the interpreter.</summary>
    public required FieldOffset Interpreter { get; init; }
    /// <summary>Where the newest frame is found: <c>frame</c> (to 3.10), <c>cframe</c> (3.11, 3.12: a pointer to a struct) or <c>current_frame</c>.</summary>
    public required FieldOffset Frame { get; init; }
    /// <summary>With <see cref="FrameShape.ThroughCFrame"/>: offset of <c>current_frame</c> in <c>_PyCFrame</c>.</summary>
    public required FieldOffset CFrameCurrentFrame { get; init; }
    /// <summary>Pointer to the sentinel frame at the bottom of the stack (3.15: <c>base_frame</c>).</summary>
    public required FieldOffset BaseFrame { get; init; }
    /// <summary>unsigned long, <c>pthread_self()</c>.</summary>
    public required FieldOffset ThreadId { get; init; }
    /// <summary>unsigned long, the kernel's thread id (3.11 on), as seen in the target's PID namespace.</summary>
    public required FieldOffset NativeThreadId { get; init; }
    /// <summary>uint64: serial number of the thread state, never reused within an interpreter: <c>id</c> (3.7 on).</summary>
    public required FieldOffset UniqueId { get; init; }
    /// <summary>Pointer to the newest <c>_PyStackChunk</c> (3.11 on).</summary>
    public required FieldOffset DataStackChunk { get; init; }
    /// <summary>Pointer behind the used part of the newest chunk (3.11 on).</summary>
    public required FieldOffset DataStackTop { get; init; }
}

/// <summary><c>_PyStackChunk</c> (Include/cpython/pystate.h): a piece of a thread's data stack.</summary>
public sealed record StackChunkLayout
{
    /// <summary>Pointer to the older chunk.</summary>
    public required FieldOffset Previous { get; init; }
    /// <summary>size_t: size in bytes, header included.</summary>
    public required FieldOffset Size { get; init; }
    /// <summary>size_t: used entries, valid only while the chunk is not the newest.</summary>
    public required FieldOffset Top { get; init; }
    /// <summary>First entry.</summary>
    public required FieldOffset Data { get; init; }
}

/// <summary>What <c>_PyInterpreterFrame.owner</c> says; the numbers differ by version.</summary>
public sealed record FrameOwners
{
    /// <summary>The frame stands in the thread's data stack.</summary>
    public required int Thread { get; init; }
    /// <summary>The frame stands in a generator or coroutine object.</summary>
    public required int Generator { get; init; }
    /// <summary>The frame outlived its call and stands in a frame object.</summary>
    public required int FrameObject { get; init; }
    /// <summary>An entry frame on the C stack of the evaluation loop, not a Python function (3.12 on); -1 where there is none.</summary>
    public required int CStack { get; init; }
    /// <summary>The interpreter's own sentinel or shim, not a Python function (3.14 on); -1 where there is none.</summary>
    public required int Interpreter { get; init; }
}

/// <summary><c>PyFrameObject</c> (Include/frameobject.h, to 3.10) or <c>_PyInterpreterFrame</c> (Include/internal/pycore_frame.h, pycore_interpframe_structs.h).</summary>
public sealed record FrameLayout
{
    /// <summary>Bytes up to the first local variable: a read of this many has every fixed field.</summary>
    public required int HeaderSize { get; init; }
    /// <summary>Pointer to the caller's frame: <c>f_back</c> or <c>previous</c>.</summary>
    public required FieldOffset Previous { get; init; }
    /// <summary>Pointer to the code object: <c>f_code</c> or <c>f_executable</c> (mask with <see cref="PointerMask"/>).</summary>
    public required FieldOffset Executable { get; init; }
    /// <summary>Pointer into the code object's instructions: <c>prev_instr</c> (3.11, 3.12) or <c>instr_ptr</c>.</summary>
    public required FieldOffset InstructionPointer { get; init; }
    /// <summary>int: <c>f_lasti</c> (to 3.10), -1 before the first instruction.</summary>
    public required FieldOffset LastInstruction { get; init; }
    /// <summary>Bytes that one step of <c>f_lasti</c> stands for: 1 up to 3.9, 2 in 3.10.</summary>
    public required int LastInstructionScale { get; init; }
    /// <summary>The local variables, arguments first: <c>f_localsplus</c> or <c>localsplus</c>.</summary>
    public required FieldOffset Locals { get; init; }
    /// <summary>char: <c>owner</c> (3.11 on).</summary>
    public required FieldOffset Owner { get; init; }
    /// <summary>The meanings of <see cref="Owner"/>; null before 3.11.</summary>
    public required FrameOwners? Owners { get; init; }
    /// <summary>Pointer to the generator object or NULL (to 3.10).</summary>
    public required FieldOffset Generator { get; init; }
    /// <summary>char: <c>f_executing</c> (to 3.9) or <c>f_state</c> (3.10): tells a frame that runs from one that is dead or suspended.</summary>
    public required FieldOffset State { get; init; }
    /// <summary>The value of <see cref="State"/> of a frame that runs: 1 to 3.9, 0 (<c>FRAME_EXECUTING</c>) in 3.10.</summary>
    public required int ExecutingState { get; init; }
    /// <summary>int: index into per-thread bytecode (<c>tlbc_index</c>, free-threaded 3.14 on).</summary>
    public required FieldOffset ThreadLocalBytecodeIndex { get; init; }
    /// <summary>What a pointer in the frame (executable, locals) is to be ANDed with: 3.14 on they carry tag bits.</summary>
    public required ulong PointerMask { get; init; }
}

/// <summary><c>PyCodeObject</c> (Include/cpython/code.h).</summary>
public sealed record CodeLayout
{
    /// <summary>Bytes of the fixed part; from 3.11 on the instructions follow at <see cref="Instructions"/>.</summary>
    public required int Size { get; init; }
    /// <summary>Pointer to str: <c>co_name</c>.</summary>
    public required FieldOffset Name { get; init; }
    /// <summary>Pointer to str: <c>co_qualname</c> (3.11 on).</summary>
    public required FieldOffset QualifiedName { get; init; }
    /// <summary>Pointer to str: <c>co_filename</c>.</summary>
    public required FieldOffset FileName { get; init; }
    /// <summary>int: <c>co_firstlineno</c>.</summary>
    public required FieldOffset FirstLineNumber { get; init; }
    /// <summary>Pointer to bytes: <c>co_lnotab</c> or <c>co_linetable</c>.</summary>
    public required FieldOffset LineTable { get; init; }
    /// <summary>Pointer to bytes: <c>co_code</c> (to 3.10).</summary>
    public required FieldOffset Bytecode { get; init; }
    /// <summary>The instructions themselves, in the object: <c>co_code_adaptive</c> (3.11 on).</summary>
    public required FieldOffset Instructions { get; init; }
    /// <summary>Pointer to the array of per-thread bytecode: <c>co_tlbc</c> (free-threaded 3.14 on).</summary>
    public required FieldOffset ThreadLocalBytecode { get; init; }
    /// <summary>Py_ssize_t of the <c>PyVarObject</c> head: number of code units in <see cref="Instructions"/> (3.11 on).</summary>
    public required FieldOffset UnitCount { get; init; }
    /// <summary>
    /// uint32: <c>co_version</c>, a number that no other code object of the interpreter ever had (3.12 on; 0 once they have run out).
    /// </summary>
    public required FieldOffset SerialNumber { get; init; }
    /// <summary>int: <c>co_argcount</c>.</summary>
    public required FieldOffset ArgumentCount { get; init; }
    /// <summary>int: <c>co_flags</c>.</summary>
    public required FieldOffset Flags { get; init; }
    /// <summary>Pointer to tuple: <c>co_consts</c>.</summary>
    public required FieldOffset Constants { get; init; }
    /// <summary>Pointer to tuple of str: <c>co_varnames</c> (to 3.10) or <c>co_localsplusnames</c>; arguments first.</summary>
    public required FieldOffset LocalNames { get; init; }
}

/// <summary><c>PyObject</c> and <c>PyVarObject</c>.</summary>
public sealed record ObjectLayout
{
    /// <summary>Size of <c>PyObject</c>.</summary>
    public required int Size { get; init; }
    /// <summary>Pointer to the type.</summary>
    public required FieldOffset Type { get; init; }
}

/// <summary><c>PyTypeObject</c>.</summary>
public sealed record TypeLayout
{
    /// <summary>Pointer to a NUL-terminated C string: <c>tp_name</c>.</summary>
    public required FieldOffset Name { get; init; }
    /// <summary>Py_ssize_t: <c>tp_basicsize</c>.</summary>
    public required FieldOffset BasicSize { get; init; }
    /// <summary>unsigned long: <c>tp_flags</c>.</summary>
    public required FieldOffset Flags { get; init; }
    /// <summary>Py_ssize_t: <c>tp_dictoffset</c>.</summary>
    public required FieldOffset DictOffset { get; init; }
    /// <summary>Pointer to dict: <c>tp_dict</c>.</summary>
    public required FieldOffset Dict { get; init; }
    /// <summary>Pointer to PyHeapTypeObject's shared keys: <c>ht_cached_keys</c>, for instances with inline or split attributes.</summary>
    public required FieldOffset CachedKeys { get; init; }
}

/// <summary><c>PyASCIIObject</c>, <c>PyCompactUnicodeObject</c>, <c>PyUnicodeObject</c> (Include/cpython/unicodeobject.h).</summary>
public sealed record UnicodeLayout
{
    /// <summary>Py_ssize_t: number of code points.</summary>
    public required FieldOffset Length { get; init; }
    /// <summary>Py_hash_t: the cached hash, -1 when not computed.</summary>
    public required FieldOffset Hash { get; init; }
    /// <summary>The 32-bit word that holds the bit fields kind, compact and ascii.</summary>
    public required FieldOffset State { get; init; }
    /// <summary>Lowest bit of the 3-bit field <c>kind</c> (1, 2 or 4 bytes a code point) in the state word.</summary>
    public required int KindShift { get; init; }
    /// <summary>Bit number of <c>compact</c> in the state word.</summary>
    public required int CompactBit { get; init; }
    /// <summary>Bit number of <c>ascii</c> in the state word.</summary>
    public required int AsciiBit { get; init; }
    /// <summary>Where the characters of a compact ASCII string start.</summary>
    public required FieldOffset AsciiData { get; init; }
    /// <summary>Where the characters of another compact string start.</summary>
    public required FieldOffset CompactData { get; init; }
    /// <summary>Pointer to the characters of a string that is not compact.</summary>
    public required FieldOffset DataPointer { get; init; }
}

/// <summary><c>PyBytesObject</c>.</summary>
public sealed record BytesLayout
{
    /// <summary>Py_ssize_t: number of bytes.</summary>
    public required FieldOffset Size { get; init; }
    /// <summary>The bytes.</summary>
    public required FieldOffset Data { get; init; }
}

/// <summary><c>PyTupleObject</c>.</summary>
public sealed record TupleLayout
{
    /// <summary>Py_ssize_t: number of items.</summary>
    public required FieldOffset Size { get; init; }
    /// <summary>The first item's pointer.</summary>
    public required FieldOffset Items { get; init; }
}

/// <summary><c>PyListObject</c>.</summary>
public sealed record ListLayout
{
    /// <summary>Py_ssize_t: number of items.</summary>
    public required FieldOffset Size { get; init; }
    /// <summary>Pointer to the array of item pointers.</summary>
    public required FieldOffset Items { get; init; }
}

/// <summary><c>PyLongObject</c>, digits of 30 bits.</summary>
public sealed record LongLayout
{
    /// <summary>The size and sign word: <c>ob_size</c> (to 3.11) or <c>lv_tag</c>.</summary>
    public required FieldOffset SizeTag { get; init; }
    /// <summary>Whether the word is <c>lv_tag</c>: digit count in the bits from 3 up, sign in the lowest two (0 plus, 1 zero, 2 minus).</summary>
    public required bool HasTag { get; init; }
    /// <summary>The first 32-bit digit.</summary>
    public required FieldOffset Digits { get; init; }
}

/// <summary><c>PyDictObject</c> with <c>PyDictKeysObject</c> (Include/internal/pycore_dict.h).</summary>
public sealed record DictLayout
{
    /// <summary>Py_ssize_t in the dict: number of items.</summary>
    public required FieldOffset Used { get; init; }
    /// <summary>Pointer in the dict to its keys object.</summary>
    public required FieldOffset Keys { get; init; }
    /// <summary>Pointer in the dict to its split values, NULL for a combined table.</summary>
    public required FieldOffset Values { get; init; }
    /// <summary>In the keys: Py_ssize_t number of index slots (to 3.10).</summary>
    public required FieldOffset KeysSize { get; init; }
    /// <summary>In the keys: uint8, log2 of the number of index slots (3.11 on).</summary>
    public required FieldOffset KeysLog2Size { get; init; }
    /// <summary>In the keys: uint8, log2 of the bytes of all index slots (3.11 on).</summary>
    public required FieldOffset KeysLog2IndexBytes { get; init; }
    /// <summary>In the keys: uint8, 0 general, 1 unicode keys, 2 split (3.11 on).</summary>
    public required FieldOffset KeysKind { get; init; }
    /// <summary>In the keys: Py_ssize_t, entries still free.</summary>
    public required FieldOffset KeysUsable { get; init; }
    /// <summary>In the keys: Py_ssize_t, entries taken, deleted ones included.</summary>
    public required FieldOffset KeysEntryCount { get; init; }
    /// <summary>In the keys: the index slots; the entries follow them.</summary>
    public required FieldOffset KeysIndices { get; init; }
    /// <summary>Size of <c>PyDictKeyEntry</c> {hash, key, value}.</summary>
    public required int EntrySize { get; init; }
    /// <summary>Offset of the key in it; the value follows.</summary>
    public required int EntryKey { get; init; }
    /// <summary>Size of <c>PyDictUnicodeEntry</c> {key, value} used when the kind is not 0 (3.11 on); 0 before.</summary>
    public required int UnicodeEntrySize { get; init; }
    /// <summary>In <c>PyDictValues</c>: the first value.</summary>
    public required FieldOffset ValuesItems { get; init; }
}

/// <summary>How an instance of a class written in Python keeps its attributes (Objects/dictobject.c, Objects/typeobject.c).</summary>
public enum InstanceAttributes
{
    /// <summary>To 3.10: a dict pointer at <c>tp_dictoffset</c>.</summary>
    DictPointer,
    /// <summary>3.11: dict pointer at -3 words, values pointer at -4 words before the object; one of the two is NULL.</summary>
    DictAndValuesPointers,
    /// <summary>3.12: at -3 words a tagged pointer: bit 0 set means values (at the pointer plus 1), else a dict.</summary>
    TaggedPointer,
    /// <summary>3.13 on: dict pointer at -3 words (free-threaded: -1 word); when NULL, inline values at <c>tp_basicsize</c> behind the object.</summary>
    InlineValues,
}

/// <summary>Where an ordinary instance keeps its attributes.</summary>
public sealed record InstanceLayout
{
    /// <summary>The way of this version.</summary>
    public required InstanceAttributes Attributes { get; init; }
    /// <summary>Signed offset from the object to the dict pointer (or tagged pointer) of a managed dict; 0 before 3.11.</summary>
    public required int ManagedDict { get; init; }
}

/// <summary><c>PyModuleObject</c>.</summary>
public sealed record ModuleLayout
{
    /// <summary>Pointer to the module's dict.</summary>
    public required FieldOffset Dict { get; init; }
}

/// <summary><c>PyFunctionObject</c>.</summary>
public sealed record FunctionLayout
{
    /// <summary>Pointer to the code object.</summary>
    public required FieldOffset Code { get; init; }
    /// <summary>Pointer to the dict of globals.</summary>
    public required FieldOffset Globals { get; init; }
    /// <summary>Pointer to a tuple of cells or NULL.</summary>
    public required FieldOffset Closure { get; init; }
    /// <summary>Pointer to the function's own dict (<c>__wrapped__</c>) or NULL.</summary>
    public required FieldOffset Dict { get; init; }
}

/// <summary><c>PyGenObject</c>.</summary>
public sealed record GeneratorLayout
{
    /// <summary>Pointer to the frame object (to 3.10) or the frame itself (<c>gi_iframe</c>).</summary>
    public required FieldOffset Frame { get; init; }
    /// <summary>int8: <c>gi_frame_state</c> (3.11 on).</summary>
    public required FieldOffset FrameState { get; init; }
}
