"""Which fields of CPython's structures the layouts use: struct -> fields, with the names they had over time.

Shared by extract.py (reads them from DWARF) and generate.py (writes the C# tables).
"""

FIELDS = {
    "_PyRuntimeState": [
        "interpreters.head", "interpreters.main", "finalizing", "_finalizing", "core_initialized", "initialized",
        "main_thread", "gilstate.tstate_current", "gc.collecting",
    ],
    "PyInterpreterState": [
        "next", "id", "tstate_head", "threads.head", "modules", "imports.modules", "sysdict", "_finalizing",
        "_code_object_generation", "_gil.last_holder", "_gil.locked", "gc", "gc.collecting",
    ],
    "PyThreadState": [
        "next", "interp", "frame", "cframe", "current_frame", "base_frame", "thread_id", "native_thread_id", "id",
        "datastack_chunk", "datastack_top",
    ],
    "_PyCFrame": ["current_frame"],
    "_PyStackChunk": ["previous", "size", "top", "data"],
    "PyFrameObject": ["f_back", "f_code", "f_lasti", "f_localsplus", "f_gen", "f_executing", "f_state"],
    "_PyInterpreterFrame": [
        "previous", "f_code", "f_executable", "prev_instr", "instr_ptr", "localsplus", "owner", "tlbc_index",
    ],
    "PyCodeObject": [
        "co_name", "co_qualname", "co_filename", "co_firstlineno", "co_lnotab", "co_linetable", "co_code",
        "co_code_adaptive", "co_tlbc", "co_version", "co_argcount", "co_flags", "co_consts", "co_varnames", "co_localsplusnames",
    ],
    "PyObject": ["ob_type"],
    "PyVarObject": ["ob_size"],
    "PyTypeObject": ["tp_name", "tp_basicsize", "tp_flags", "tp_dictoffset", "tp_dict"],
    "PyHeapTypeObject": ["ht_cached_keys"],
    "PyASCIIObject": ["length", "hash", "state", "state.kind", "state.compact", "state.ascii"],
    "PyCompactUnicodeObject": [],
    "PyUnicodeObject": ["data"],
    "PyBytesObject": ["ob_sval"],
    "PyTupleObject": ["ob_item"],
    "PyListObject": ["ob_item"],
    "PyLongObject": ["ob_digit", "long_value.lv_tag", "long_value.ob_digit"],
    "PyDictObject": ["ma_used", "ma_keys", "ma_values"],
    "PyDictKeysObject": [
        "dk_size", "dk_log2_size", "dk_log2_index_bytes", "dk_kind", "dk_usable", "dk_nentries", "dk_indices",
    ],
    "PyDictKeyEntry": ["me_key", "me_value"],
    "PyDictUnicodeEntry": ["me_key", "me_value"],
    "PyDictValues": ["values"],
    "PyModuleObject": ["md_dict"],
    "PyFunctionObject": ["func_code", "func_globals", "func_closure", "func_dict"],
    "PyGenObject": ["gi_frame", "gi_iframe", "gi_frame_state"],
}

# The struct whose members are all numbers of eight bytes and are taken as they come (3.13 on): their names, in order.
DEBUG_OFFSETS = "_Py_DebugOffsets"
