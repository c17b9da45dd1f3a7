using System.Buffers.Binary;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>A <c>_Py_DebugOffsets</c> built in memory, as the interpreter of the figures has it, whose members can be spoilt.</summary>
internal sealed class ForgedDebugOffsets
{
    // A member's name and what it is the offset (or size) of.
    private static readonly Dictionary<string, string> s_sources = new()
    {
        ["runtime_state.size"] = "_PyRuntimeState",
        ["runtime_state.finalizing"] = "_PyRuntimeState._finalizing",
        ["runtime_state.interpreters_head"] = "_PyRuntimeState.interpreters.head",
        ["interpreter_state.size"] = "PyInterpreterState",
        ["interpreter_state.id"] = "PyInterpreterState.id",
        ["interpreter_state.next"] = "PyInterpreterState.next",
        ["interpreter_state.threads_head"] = "PyInterpreterState.threads.head",
        ["interpreter_state.imports_modules"] = "PyInterpreterState.imports.modules",
        ["interpreter_state.sysdict"] = "PyInterpreterState.sysdict",
        ["interpreter_state.gil_runtime_state_locked"] = "PyInterpreterState._gil.locked",
        ["interpreter_state.gil_runtime_state_holder"] = "PyInterpreterState._gil.last_holder",
        ["interpreter_state.gc"] = "PyInterpreterState.gc",
        ["gc.size"] = "sizeof PyInterpreterState.gc",
        ["gc.collecting"] = "PyInterpreterState.gc.collecting in PyInterpreterState.gc",
        ["interpreter_state.code_object_generation"] = "PyInterpreterState._code_object_generation",
        ["thread_state.size"] = "PyThreadState",
        ["thread_state.next"] = "PyThreadState.next",
        ["thread_state.interp"] = "PyThreadState.interp",
        ["thread_state.current_frame"] = "PyThreadState.current_frame",
        ["thread_state.base_frame"] = "PyThreadState.base_frame",
        ["thread_state.thread_id"] = "PyThreadState.thread_id",
        ["thread_state.native_thread_id"] = "PyThreadState.native_thread_id",
        ["thread_state.datastack_chunk"] = "PyThreadState.datastack_chunk",
        ["interpreter_frame.size"] = "_PyInterpreterFrame",
        ["interpreter_frame.previous"] = "_PyInterpreterFrame.previous",
        ["interpreter_frame.executable"] = "_PyInterpreterFrame.f_executable",
        ["interpreter_frame.instr_ptr"] = "_PyInterpreterFrame.instr_ptr",
        ["interpreter_frame.localsplus"] = "_PyInterpreterFrame.localsplus",
        ["interpreter_frame.owner"] = "_PyInterpreterFrame.owner",
        ["interpreter_frame.tlbc_index"] = "_PyInterpreterFrame.tlbc_index",
        ["code_object.size"] = "PyCodeObject",
        ["code_object.filename"] = "PyCodeObject.co_filename",
        ["code_object.name"] = "PyCodeObject.co_name",
        ["code_object.qualname"] = "PyCodeObject.co_qualname",
        ["code_object.linetable"] = "PyCodeObject.co_linetable",
        ["code_object.firstlineno"] = "PyCodeObject.co_firstlineno",
        ["code_object.argcount"] = "PyCodeObject.co_argcount",
        ["code_object.localsplusnames"] = "PyCodeObject.co_localsplusnames",
        ["code_object.co_code_adaptive"] = "PyCodeObject.co_code_adaptive",
        ["code_object.co_tlbc"] = "PyCodeObject.co_tlbc",
        ["pyobject.size"] = "PyObject",
        ["pyobject.ob_type"] = "PyObject.ob_type",
        ["type_object.size"] = "PyTypeObject",
        ["type_object.tp_name"] = "PyTypeObject.tp_name",
        ["type_object.tp_flags"] = "PyTypeObject.tp_flags",
        ["type_object.tp_basicsize"] = "PyTypeObject.tp_basicsize",
        ["type_object.tp_dictoffset"] = "PyTypeObject.tp_dictoffset",
        ["heap_type_object.size"] = "PyHeapTypeObject",
        ["heap_type_object.ht_cached_keys"] = "PyHeapTypeObject.ht_cached_keys",
        ["tuple_object.size"] = "PyTupleObject",
        ["tuple_object.ob_item"] = "PyTupleObject.ob_item",
        ["tuple_object.ob_size"] = "PyVarObject.ob_size",
        ["list_object.size"] = "PyListObject",
        ["list_object.ob_item"] = "PyListObject.ob_item",
        ["list_object.ob_size"] = "PyVarObject.ob_size",
        ["dict_object.size"] = "PyDictObject",
        ["dict_object.ma_keys"] = "PyDictObject.ma_keys",
        ["dict_object.ma_values"] = "PyDictObject.ma_values",
        ["long_object.size"] = "PyLongObject",
        ["long_object.lv_tag"] = "PyLongObject.long_value.lv_tag",
        ["long_object.ob_digit"] = "PyLongObject.long_value.ob_digit",
        ["bytes_object.size"] = "PyBytesObject",
        ["bytes_object.ob_size"] = "PyVarObject.ob_size",
        ["bytes_object.ob_sval"] = "PyBytesObject.ob_sval",
        ["unicode_object.size"] = "PyUnicodeObject",
        ["unicode_object.state"] = "PyASCIIObject.state",
        ["unicode_object.length"] = "PyASCIIObject.length",
        ["unicode_object.asciiobject_size"] = "PyASCIIObject",
        ["unicode_object.compactunicodeobject_size"] = "PyCompactUnicodeObject",
        ["gen_object.size"] = "PyGenObject",
        ["gen_object.gi_iframe"] = "PyGenObject.gi_iframe",
        ["gen_object.gi_frame_state"] = "PyGenObject.gi_frame_state",
    };

    private readonly IReadOnlyList<string> _names;

    private ForgedDebugOffsets(IReadOnlyList<string> names)
    {
        _names = names;
        Bytes = new byte[names.Count * sizeof(ulong)];
    }

    /// <summary>Names of kept figures of versions that have the struct.</summary>
    public static TheoryData<string> Releases =>
        [.. Figures.Kept.Select(row => row.Data).Where(name => Figures.Load(name).DebugOffsetNames.Count > 0)];

    public byte[] Bytes { get; }

    /// <summary>The members that this version has and the layout is made of, without cookie, version and flag.</summary>
    public IEnumerable<string> UsedMembers(Figures figures) =>
        s_sources.Where(source => _names.Contains(source.Key) && Value(figures, source.Value) is not null).Select(source => source.Key);

    public static ForgedDebugOffsets Of(string release)
    {
        Figures figures = Figures.Load(release);
        (CPythonVersion version, bool freeThreaded) = Figures.Release(release);
        ForgedDebugOffsets forged = new(figures.DebugOffsetNames);
        "xdebugpy"u8.CopyTo(forged.Bytes);
        forged.Set("version", version.Hex);
        forged.Set("free_threaded", freeThreaded ? 1u : 0u);
        foreach ((string member, string source) in s_sources.Where(source => forged._names.Contains(source.Key)))
        {
            // A member of another kind of build is 0, as the interpreter has it.
            forged.Set(member, (ulong)(Value(figures, source) ?? 0));
        }

        return forged;
    }

    public void Set(string member, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(_names.ToList().IndexOf(member) * sizeof(ulong)), value);

    public ulong Get(string member) =>
        BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(_names.ToList().IndexOf(member) * sizeof(ulong)));

    private static int? Value(Figures figures, string source) => source.Split(' ') switch
    {
        ["sizeof", var field] => figures.Find(field)?[1],
        [var field, "in", var around] => figures.Find(field)?[0] - figures.Find(around)?[0],
        _ => source.Contains('.', StringComparison.Ordinal) ? figures.Find(source)?[0] : figures.Size(source),
    };
}
