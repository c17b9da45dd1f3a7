"""Write src/CPythonLayouts/Versions/CPython3NN.cs from figures (the JSON that extract.py prints).

    python3 scripts/layouts/generate.py tests/CPythonLayouts.Tests/Figures/3.14.10.json [.../3.14.10t.json]

The figures of one minor version: the default build's and, where there is one, the free-threaded build's (name ending in t).
Where releases within a minor version differ, figures of each kind, and a line in FIRST.
What figures cannot tell (enum values, tag bits, how attributes are kept) stands in OWNERS and table(), with its place in CPython.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# minor -> values of enum _frameowner (Include/internal/pycore_frame.h, from 3.14 pycore_interpframe_structs.h).
OWNERS = {
    11: dict(Thread=0, Generator=1, FrameObject=2, CStack=-1, Interpreter=-1),
    12: dict(Thread=0, Generator=1, FrameObject=2, CStack=3, Interpreter=-1),
    13: dict(Thread=0, Generator=1, FrameObject=2, CStack=3, Interpreter=-1),
    14: dict(Thread=0, Generator=1, FrameObject=2, CStack=4, Interpreter=3),
    15: dict(Thread=0, Generator=1, FrameObject=2, CStack=-1, Interpreter=3),
}


# release of the figures -> name of its table and first release that it holds for; others: Default and FreeThreaded, micro 0.
FIRST = {
    # 3.7.4 aligned PyGC_Head to 16 bytes, which moved what follows the collector's part of _PyRuntimeState by 88.
    "3.7.3": ("Until373", 0),
    "3.7.16": ("Default", 4),
}


def facts(table, minor):
    """The facts of a minor version that a table has an entry for."""
    if minor not in table:
        raise SystemExit(f"no facts for 3.{minor}: look them up in CPython's headers first")
    return table[minor]


class Figures:
    """Figures of one build."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        name = self.path.stem
        self.free_threaded = name.endswith("t")
        self.release = name.rstrip("t")
        self.minor = int(name.split(".")[1])
        self.structs = json.loads(self.path.read_text())

    def size(self, struct):
        return self.structs[struct]["size"]

    def has(self, struct):
        return struct in self.structs

    def find(self, *paths):
        """Figures of the first of "Struct.field" that this build has, or None."""
        for path in paths:
            struct, _, field = path.partition(".")
            found = self.structs.get(struct, {"fields": {}})["fields"].get(field)
            if found:
                return found
        return None

    def at(self, *paths):
        """An offset as C#."""
        found = self.find(*paths)
        return str(found[0]) if found else "FieldOffset.Absent"

    def bit(self, path):
        """Number of a bit field's first bit in the state word."""
        offset, _, bit, _ = self.find("PyASCIIObject." + path)
        return (offset - self.find("PyASCIIObject.state")[0]) * 8 + bit


def table(f):
    """The members of a CPythonLayout, as (name, value) pairs; a value is text or ("Type", pairs)."""
    m = f.minor
    at = f.at
    frames = "_PyInterpreterFrame" if m >= 11 else "PyFrameObject"
    shape = "FrameObjects" if m <= 10 else "ThroughCFrame" if m <= 12 else "CurrentFrame"
    lines = "LineNumberTable" if m <= 9 else "Pep626" if m == 10 else "LocationTable"
    attributes = "DictPointer" if m <= 10 else {11: "DictAndValuesPointers", 12: "TaggedPointer"}.get(m, "InlineValues")
    managed_dict = "0" if m <= 10 else "-8" if f.free_threaded else "-24"
    # Include/internal/pycore_stackref.h: Py_TAG_BITS; 3.13 keeps plain pointers in frames, free-threaded ones as well.
    mask = "~0x3UL" if m >= 14 else "ulong.MaxValue"
    runtime = "null" if not f.has("_PyRuntimeState") else ("RuntimeLayout", [
        ("InterpretersHead", at("_PyRuntimeState.interpreters.head")),
        ("InterpretersMain", at("_PyRuntimeState.interpreters.main")),
        ("Finalizing", at("_PyRuntimeState._finalizing", "_PyRuntimeState.finalizing")),
        ("CoreInitialized", at("_PyRuntimeState.core_initialized")),
        ("Initialized", at("_PyRuntimeState.initialized")),
        ("MainThread", at("_PyRuntimeState.main_thread")),
        ("CurrentThreadState", at("_PyRuntimeState.gilstate.tstate_current")),
        ("Collecting", at("_PyRuntimeState.gc.collecting")),
    ])
    chunk = "null" if not f.has("_PyStackChunk") else ("StackChunkLayout", [
        ("Previous", at("_PyStackChunk.previous")),
        ("Size", at("_PyStackChunk.size")),
        ("Top", at("_PyStackChunk.top")),
        ("Data", at("_PyStackChunk.data")),
    ])
    owners = "null" if m <= 10 else ("FrameOwners", [(k, str(v)) for k, v in facts(OWNERS, m).items()])
    locals_at = at("_PyInterpreterFrame.localsplus") if m >= 11 else at("PyFrameObject.f_localsplus")
    code_size = at("PyCodeObject.co_code_adaptive") if m >= 11 else str(f.size("PyCodeObject"))
    return [
        ("Version", f"new CPythonVersion(3, {m}, {FIRST.get(f.release, ('', 0))[1]})"),
        ("FreeThreaded", str(f.free_threaded).lower()),
        ("FrameShape", "FrameShape." + shape),
        ("LineTable", "LineTableKind." + lines),
        ("Runtime", runtime),
        ("Interpreter", ("InterpreterLayout", [
            ("Next", at("PyInterpreterState.next")),
            ("Id", at("PyInterpreterState.id")),
            ("ThreadsHead", at("PyInterpreterState.threads.head", "PyInterpreterState.tstate_head")),
            ("Modules", at("PyInterpreterState.imports.modules", "PyInterpreterState.modules")),
            ("SysDict", at("PyInterpreterState.sysdict")),
            ("Finalizing", at("PyInterpreterState._finalizing")),
            ("CodeObjectGeneration", at("PyInterpreterState._code_object_generation")),
            ("GilLastHolder", at("PyInterpreterState._gil.last_holder")),
            ("GilLocked", at("PyInterpreterState._gil.locked")),
            ("Collecting", at("PyInterpreterState.gc.collecting")),
        ])),
        ("Thread", ("ThreadLayout", [
            ("Size", str(f.size("PyThreadState"))),
            ("Next", at("PyThreadState.next")),
            ("Interpreter", at("PyThreadState.interp")),
            ("Frame", at("PyThreadState.current_frame") if m >= 13 else at("PyThreadState.cframe") if m >= 11 else at("PyThreadState.frame")),
            ("CFrameCurrentFrame", at("_PyCFrame.current_frame")),
            ("BaseFrame", at("PyThreadState.base_frame")),
            ("ThreadId", at("PyThreadState.thread_id")),
            ("NativeThreadId", at("PyThreadState.native_thread_id")),
            ("UniqueId", at("PyThreadState.id")),
            ("DataStackChunk", at("PyThreadState.datastack_chunk")),
            ("DataStackTop", at("PyThreadState.datastack_top")),
        ])),
        ("StackChunk", chunk),
        ("Frame", ("FrameLayout", [
            ("HeaderSize", locals_at),
            ("Previous", at(frames + ".previous", frames + ".f_back")),
            ("Executable", at(frames + ".f_executable", frames + ".f_code")),
            ("InstructionPointer", at(frames + ".instr_ptr", frames + ".prev_instr")),
            ("LastInstruction", at(frames + ".f_lasti")),
            # Include/frameobject.h: a byte offset until 3.9, an index of code units in 3.10.
            ("LastInstructionScale", "2" if m == 10 else "1"),
            ("Locals", locals_at),
            ("Owner", at(frames + ".owner")),
            ("Owners", owners),
            ("Generator", at(frames + ".f_gen")),
            ("State", at(frames + ".f_executing", frames + ".f_state")),
            ("ExecutingState", "1" if m < 10 else "0"),
            ("ThreadLocalBytecodeIndex", at(frames + ".tlbc_index")),
            ("PointerMask", mask),
        ])),
        ("Code", ("CodeLayout", [
            ("Size", code_size),
            ("Name", at("PyCodeObject.co_name")),
            ("QualifiedName", at("PyCodeObject.co_qualname")),
            ("FileName", at("PyCodeObject.co_filename")),
            ("FirstLineNumber", at("PyCodeObject.co_firstlineno")),
            ("LineTable", at("PyCodeObject.co_linetable", "PyCodeObject.co_lnotab")),
            ("Bytecode", at("PyCodeObject.co_code")),
            ("Instructions", at("PyCodeObject.co_code_adaptive")),
            ("ThreadLocalBytecode", at("PyCodeObject.co_tlbc")),
            ("UnitCount", at("PyVarObject.ob_size") if m >= 11 else "FieldOffset.Absent"),
            ("SerialNumber", at("PyCodeObject.co_version")),
            ("ArgumentCount", at("PyCodeObject.co_argcount")),
            ("Flags", at("PyCodeObject.co_flags")),
            ("Constants", at("PyCodeObject.co_consts")),
            ("LocalNames", at("PyCodeObject.co_localsplusnames", "PyCodeObject.co_varnames")),
        ])),
        ("Object", ("ObjectLayout", [("Size", str(f.size("PyObject"))), ("Type", at("PyObject.ob_type"))])),
        ("Type", ("TypeLayout", [
            ("Name", at("PyTypeObject.tp_name")),
            ("BasicSize", at("PyTypeObject.tp_basicsize")),
            ("Flags", at("PyTypeObject.tp_flags")),
            ("DictOffset", at("PyTypeObject.tp_dictoffset")),
            ("Dict", at("PyTypeObject.tp_dict")),
            ("CachedKeys", at("PyHeapTypeObject.ht_cached_keys")),
        ])),
        ("Unicode", ("UnicodeLayout", [
            ("Length", at("PyASCIIObject.length")),
            ("Hash", at("PyASCIIObject.hash")),
            ("State", at("PyASCIIObject.state")),
            ("KindShift", str(f.bit("state.kind"))),
            ("CompactBit", str(f.bit("state.compact"))),
            ("AsciiBit", str(f.bit("state.ascii"))),
            ("AsciiData", str(f.size("PyASCIIObject"))),
            ("CompactData", str(f.size("PyCompactUnicodeObject"))),
            ("DataPointer", at("PyUnicodeObject.data")),
        ])),
        ("Bytes", ("BytesLayout", [("Size", at("PyVarObject.ob_size")), ("Data", at("PyBytesObject.ob_sval"))])),
        ("Tuple", ("TupleLayout", [("Size", at("PyVarObject.ob_size")), ("Items", at("PyTupleObject.ob_item"))])),
        ("List", ("ListLayout", [("Size", at("PyVarObject.ob_size")), ("Items", at("PyListObject.ob_item"))])),
        ("Long", ("LongLayout", [
            ("SizeTag", at("PyLongObject.long_value.lv_tag", "PyVarObject.ob_size")),
            ("HasTag", "true" if m >= 12 else "false"),
            ("Digits", at("PyLongObject.long_value.ob_digit", "PyLongObject.ob_digit")),
        ])),
        ("Dict", ("DictLayout", [
            ("Used", at("PyDictObject.ma_used")),
            ("Keys", at("PyDictObject.ma_keys")),
            ("Values", at("PyDictObject.ma_values")),
            ("KeysSize", at("PyDictKeysObject.dk_size")),
            ("KeysLog2Size", at("PyDictKeysObject.dk_log2_size")),
            ("KeysLog2IndexBytes", at("PyDictKeysObject.dk_log2_index_bytes")),
            ("KeysKind", at("PyDictKeysObject.dk_kind")),
            ("KeysUsable", at("PyDictKeysObject.dk_usable")),
            ("KeysEntryCount", at("PyDictKeysObject.dk_nentries")),
            ("KeysIndices", at("PyDictKeysObject.dk_indices")),
            ("EntrySize", str(f.size("PyDictKeyEntry"))),
            ("EntryKey", at("PyDictKeyEntry.me_key")),
            ("UnicodeEntrySize", str(f.size("PyDictUnicodeEntry")) if f.has("PyDictUnicodeEntry") else "0"),
            # Before 3.11 ma_values points at the values themselves.
            ("ValuesItems", at("PyDictValues.values") if f.has("PyDictValues") else "0"),
        ])),
        ("Instance", ("InstanceLayout", [("Attributes", "InstanceAttributes." + attributes), ("ManagedDict", managed_dict)])),
        ("Module", ("ModuleLayout", [("Dict", at("PyModuleObject.md_dict"))])),
        ("Function", ("FunctionLayout", [
            ("Code", at("PyFunctionObject.func_code")),
            ("Globals", at("PyFunctionObject.func_globals")),
            ("Closure", at("PyFunctionObject.func_closure")),
            ("Dict", at("PyFunctionObject.func_dict")),
        ])),
        ("Generator", ("GeneratorLayout", [
            ("Frame", at("PyGenObject.gi_iframe", "PyGenObject.gi_frame")),
            ("FrameState", at("PyGenObject.gi_frame_state")),
        ])),
    ]


def initializer(pairs, indent):
    """An object initializer's lines."""
    pad = " " * indent
    for name, value in pairs:
        if isinstance(value, str):
            yield f"{pad}{name} = {value},"
            continue
        kind, members = value
        short = f"{pad}{name} = new {kind} {{ " + ", ".join(f"{k} = {v}" for k, v in members if isinstance(v, str)) + " },"
        if all(isinstance(v, str) for _, v in members) and len(short) <= 140:
            yield short
        else:
            yield f"{pad}{name} = new {kind}"
            yield pad + "{"
            yield from initializer(members, indent + 4)
            yield pad + "},"


def property_of(f):
    name = "FreeThreaded" if f.free_threaded else FIRST.get(f.release, ("Default",))[0]
    build = "free-threaded build" if f.free_threaded else "build with the GIL"
    since = f", {f.release} and before" if name.startswith("Until") else f", from 3.{f.minor}.{FIRST[f.release][1]} on" if f.release in FIRST else ""
    yield f"    /// <summary>The {build}{since}.</summary>"
    yield f"    public static CPythonLayout {name} {{ get; }} = new()"
    yield "    {"
    yield from initializer(table(f), 8)
    yield "    };"


def main():
    builds = [Figures(path) for path in sys.argv[1:]]
    minor = builds[0].minor
    if any(f.minor != minor for f in builds):
        raise SystemExit("figures of one minor version at a time")
    lines = [
        "namespace LibProf.CPythonLayouts.Versions;",
        "",
        f"/// <summary>CPython 3.{minor}, as its own debug information tells (figures of {' and '.join(f.path.stem for f in builds)}; scripts/layouts).</summary>",
        f"internal static class CPython3{minor}",
        "{",
    ]
    for number, f in enumerate(builds):
        lines += [""] * (number > 0)
        lines += property_of(f)
    names = builds[0].structs.get("_Py_DebugOffsets", {}).get("names")
    if names:
        lines += [
            "",
            "    /// <summary>Members of <c>_Py_DebugOffsets</c> in order, eight bytes each (Include/internal/pycore_debug_offsets.h).</summary>",
            "    public static IReadOnlyList<string> DebugOffsetNames { get; } =",
            "    [",
        ]
        group, row = None, ""
        for name in names:
            if name.partition(".")[0] != group or len(row) + len(name) > 132:
                lines += [row] * bool(row)
                group, row = name.partition(".")[0], "       "
            row += f' "{name}",'
        lines += [row, "    ];"]
    lines += ["}", ""]
    target = ROOT / "src" / "CPythonLayouts" / "Versions" / f"CPython3{minor}.cs"
    target.write_text("\n".join(lines))


main()
