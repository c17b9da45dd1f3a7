using System.Globalization;
using System.Reflection;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>
/// What each number of a <see cref="CPythonLayout"/> is in CPython's own terms, written down here a second time and apart from the
/// script that makes the tables: a list of "Struct.field" (the first that a build has), "sizeof Struct", or "bit Struct.field".
/// </summary>
internal static class LayoutFigures
{
    private static readonly Dictionary<string, string[]> s_sources = new()
    {
        ["Runtime.InterpretersHead"] = ["_PyRuntimeState.interpreters.head"],
        ["Runtime.InterpretersMain"] = ["_PyRuntimeState.interpreters.main"],
        ["Runtime.Finalizing"] = ["_PyRuntimeState._finalizing", "_PyRuntimeState.finalizing"],
        ["Runtime.CoreInitialized"] = ["_PyRuntimeState.core_initialized"],
        ["Runtime.Initialized"] = ["_PyRuntimeState.initialized"],
        ["Runtime.MainThread"] = ["_PyRuntimeState.main_thread"],
        ["Runtime.CurrentThreadState"] = ["_PyRuntimeState.gilstate.tstate_current"],
        ["Runtime.Collecting"] = ["_PyRuntimeState.gc.collecting"],
        ["Interpreter.Next"] = ["PyInterpreterState.next"],
        ["Interpreter.Id"] = ["PyInterpreterState.id"],
        ["Interpreter.ThreadsHead"] = ["PyInterpreterState.threads.head", "PyInterpreterState.tstate_head"],
        ["Interpreter.Modules"] = ["PyInterpreterState.imports.modules", "PyInterpreterState.modules"],
        ["Interpreter.SysDict"] = ["PyInterpreterState.sysdict"],
        ["Interpreter.Finalizing"] = ["PyInterpreterState._finalizing"],
        ["Interpreter.CodeObjectGeneration"] = ["PyInterpreterState._code_object_generation"],
        ["Interpreter.GilLastHolder"] = ["PyInterpreterState._gil.last_holder"],
        ["Interpreter.GilLocked"] = ["PyInterpreterState._gil.locked"],
        ["Interpreter.Collecting"] = ["PyInterpreterState.gc.collecting"],
        ["Thread.Size"] = ["sizeof PyThreadState"],
        ["Thread.Next"] = ["PyThreadState.next"],
        ["Thread.Interpreter"] = ["PyThreadState.interp"],
        ["Thread.Frame"] = ["PyThreadState.current_frame", "PyThreadState.frame", "PyThreadState.cframe"],
        ["Thread.CFrameCurrentFrame"] = ["_PyCFrame.current_frame"],
        ["Thread.BaseFrame"] = ["PyThreadState.base_frame"],
        ["Thread.ThreadId"] = ["PyThreadState.thread_id"],
        ["Thread.NativeThreadId"] = ["PyThreadState.native_thread_id"],
        ["Thread.UniqueId"] = ["PyThreadState.id"],
        ["Thread.DataStackChunk"] = ["PyThreadState.datastack_chunk"],
        ["Thread.DataStackTop"] = ["PyThreadState.datastack_top"],
        ["StackChunk.Previous"] = ["_PyStackChunk.previous"],
        ["StackChunk.Size"] = ["_PyStackChunk.size"],
        ["StackChunk.Top"] = ["_PyStackChunk.top"],
        ["StackChunk.Data"] = ["_PyStackChunk.data"],
        ["Frame.HeaderSize"] = ["_PyInterpreterFrame.localsplus", "PyFrameObject.f_localsplus"],
        ["Frame.Previous"] = ["_PyInterpreterFrame.previous", "PyFrameObject.f_back"],
        ["Frame.Executable"] = ["_PyInterpreterFrame.f_executable", "_PyInterpreterFrame.f_code", "PyFrameObject.f_code"],
        ["Frame.InstructionPointer"] = ["_PyInterpreterFrame.instr_ptr", "_PyInterpreterFrame.prev_instr"],
        ["Frame.LastInstruction"] = ["PyFrameObject.f_lasti"],
        ["Frame.Locals"] = ["_PyInterpreterFrame.localsplus", "PyFrameObject.f_localsplus"],
        ["Frame.Owner"] = ["_PyInterpreterFrame.owner"],
        ["Frame.Generator"] = ["PyFrameObject.f_gen"],
        ["Frame.State"] = ["PyFrameObject.f_executing", "PyFrameObject.f_state"],
        ["Frame.ThreadLocalBytecodeIndex"] = ["_PyInterpreterFrame.tlbc_index"],
        ["Code.Size"] = ["PyCodeObject.co_code_adaptive", "sizeof PyCodeObject"],
        ["Code.Name"] = ["PyCodeObject.co_name"],
        ["Code.QualifiedName"] = ["PyCodeObject.co_qualname"],
        ["Code.FileName"] = ["PyCodeObject.co_filename"],
        ["Code.FirstLineNumber"] = ["PyCodeObject.co_firstlineno"],
        ["Code.LineTable"] = ["PyCodeObject.co_linetable", "PyCodeObject.co_lnotab"],
        ["Code.Bytecode"] = ["PyCodeObject.co_code"],
        ["Code.Instructions"] = ["PyCodeObject.co_code_adaptive"],
        ["Code.ThreadLocalBytecode"] = ["PyCodeObject.co_tlbc"],
        ["Code.UnitCount"] = ["PyVarObject.ob_size"],
        ["Code.SerialNumber"] = ["PyCodeObject.co_version"],
        ["Code.ArgumentCount"] = ["PyCodeObject.co_argcount"],
        ["Code.Flags"] = ["PyCodeObject.co_flags"],
        ["Code.Constants"] = ["PyCodeObject.co_consts"],
        ["Code.LocalNames"] = ["PyCodeObject.co_localsplusnames", "PyCodeObject.co_varnames"],
        ["Object.Size"] = ["sizeof PyObject"],
        ["Object.Type"] = ["PyObject.ob_type"],
        ["Type.Name"] = ["PyTypeObject.tp_name"],
        ["Type.BasicSize"] = ["PyTypeObject.tp_basicsize"],
        ["Type.Flags"] = ["PyTypeObject.tp_flags"],
        ["Type.DictOffset"] = ["PyTypeObject.tp_dictoffset"],
        ["Type.Dict"] = ["PyTypeObject.tp_dict"],
        ["Type.CachedKeys"] = ["PyHeapTypeObject.ht_cached_keys"],
        ["Unicode.Length"] = ["PyASCIIObject.length"],
        ["Unicode.Hash"] = ["PyASCIIObject.hash"],
        ["Unicode.State"] = ["PyASCIIObject.state"],
        ["Unicode.KindShift"] = ["bit PyASCIIObject.state.kind"],
        ["Unicode.CompactBit"] = ["bit PyASCIIObject.state.compact"],
        ["Unicode.AsciiBit"] = ["bit PyASCIIObject.state.ascii"],
        ["Unicode.AsciiData"] = ["sizeof PyASCIIObject"],
        ["Unicode.CompactData"] = ["sizeof PyCompactUnicodeObject"],
        ["Unicode.DataPointer"] = ["PyUnicodeObject.data"],
        ["Bytes.Size"] = ["PyVarObject.ob_size"],
        ["Bytes.Data"] = ["PyBytesObject.ob_sval"],
        ["Tuple.Size"] = ["PyVarObject.ob_size"],
        ["Tuple.Items"] = ["PyTupleObject.ob_item"],
        ["List.Size"] = ["PyVarObject.ob_size"],
        ["List.Items"] = ["PyListObject.ob_item"],
        ["Long.SizeTag"] = ["PyLongObject.long_value.lv_tag", "PyVarObject.ob_size"],
        ["Long.Digits"] = ["PyLongObject.long_value.ob_digit", "PyLongObject.ob_digit"],
        ["Dict.Used"] = ["PyDictObject.ma_used"],
        ["Dict.Keys"] = ["PyDictObject.ma_keys"],
        ["Dict.Values"] = ["PyDictObject.ma_values"],
        ["Dict.KeysSize"] = ["PyDictKeysObject.dk_size"],
        ["Dict.KeysLog2Size"] = ["PyDictKeysObject.dk_log2_size"],
        ["Dict.KeysLog2IndexBytes"] = ["PyDictKeysObject.dk_log2_index_bytes"],
        ["Dict.KeysKind"] = ["PyDictKeysObject.dk_kind"],
        ["Dict.KeysUsable"] = ["PyDictKeysObject.dk_usable"],
        ["Dict.KeysEntryCount"] = ["PyDictKeysObject.dk_nentries"],
        ["Dict.KeysIndices"] = ["PyDictKeysObject.dk_indices"],
        ["Dict.EntrySize"] = ["sizeof PyDictKeyEntry"],
        ["Dict.EntryKey"] = ["PyDictKeyEntry.me_key"],
        ["Dict.UnicodeEntrySize"] = ["sizeof PyDictUnicodeEntry"],
        ["Dict.ValuesItems"] = ["PyDictValues.values"],
        ["Module.Dict"] = ["PyModuleObject.md_dict"],
        ["Function.Code"] = ["PyFunctionObject.func_code"],
        ["Function.Globals"] = ["PyFunctionObject.func_globals"],
        ["Function.Closure"] = ["PyFunctionObject.func_closure"],
        ["Function.Dict"] = ["PyFunctionObject.func_dict"],
        ["Generator.Frame"] = ["PyGenObject.gi_iframe", "PyGenObject.gi_frame"],
        ["Generator.FrameState"] = ["PyGenObject.gi_frame_state"],
    };

    // Numbers that no debug information holds; KnownLayoutsTests has them.
    private static readonly string[] s_notInFigures = ["Frame.LastInstructionScale", "Frame.ExecutingState", "Instance.ManagedDict"];

    /// <summary>The names of all numbers that a layout can have, "Record.Member".</summary>
    public static IReadOnlyList<string> AllNumbers { get; } =
        [.. Records(typeof(CPythonLayout)).SelectMany(record => Numbers(record.PropertyType).Select(number => $"{record.Name}.{number.Name}"))];

    /// <summary>The names of the numbers that have a source here or are known to have none.</summary>
    public static IReadOnlyList<string> Covered { get; } = [.. s_sources.Keys.Concat(s_notInFigures)];

    /// <summary>Lists where a layout and figures differ, "Frame.Owner is +70, figures say +71".</summary>
    public static IReadOnlyList<string> Differences(CPythonLayout layout, Figures figures, Func<string, bool>? except = null)
    {
        List<string> differences = [];
        foreach ((string name, string[] sources) in s_sources.Where(source => except?.Invoke(source.Key) != true))
        {
            string expected = Expected(name, sources, layout, figures);
            string actual = Actual(layout, name);
            if (actual != expected)
            {
                differences.Add($"{name} is {actual}, figures say {expected}");
            }
        }

        return differences;
    }

    /// <summary>One of <see cref="AllNumbers"/>; null where the version has no such field.</summary>
    public static int? Number(CPythonLayout layout, string name) => Property(layout, name) switch
    {
        FieldOffset { Exists: true } field => field.Value,
        int number => number,
        _ => null,
    };

    private static string Expected(string name, string[] sources, CPythonLayout layout, Figures figures)
    {
        // Code objects have a varying size from 3.11 on; ob_size of what is not one is no field of theirs.
        if (name == "Code.UnitCount" && !figures.Has("_PyInterpreterFrame"))
        {
            return "absent";
        }

        foreach (string source in sources)
        {
            string[] words = source.Split(' ');
            if (words[0] == "sizeof" && figures.Has(words[1]))
            {
                return Text(figures.Size(words[1]), name, layout);
            }

            if (words[0] == "bit")
            {
                int[] field = figures.Find(words[1])!;
                return Text(((field[0] - figures.Find("PyASCIIObject.state")![0]) * 8) + field[2], name, layout);
            }

            if (words.Length == 1 && figures.Find(source) is { } found)
            {
                return Text(found[0], name, layout);
            }
        }

        // Before 3.11 split values are a bare array, and dictionaries have one kind of entry.
        return name is "Dict.ValuesItems" ? "+0" : name is "Dict.UnicodeEntrySize" ? "0" : Property(layout, name) is null ? "none" : "absent";
    }

    private static string Text(int value, string name, CPythonLayout layout) =>
        Property(layout, name) is FieldOffset ? $"+{value}" : value.ToString(CultureInfo.InvariantCulture);

    private static string Actual(CPythonLayout layout, string name) =>
        Convert.ToString(Property(layout, name), CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "none";

    private static object? Property(CPythonLayout layout, string name)
    {
        string[] parts = name.Split('.');
        object? record = typeof(CPythonLayout).GetProperty(parts[0])!.GetValue(layout);
        return record?.GetType().GetProperty(parts[1])!.GetValue(record);
    }

    private static IEnumerable<PropertyInfo> Records(Type type) =>
        type.GetProperties().Where(p => p.PropertyType.IsClass && p.PropertyType.Namespace == typeof(CPythonLayout).Namespace);

    private static IEnumerable<PropertyInfo> Numbers(Type type) =>
        type.GetProperties().Where(p => p.PropertyType == typeof(FieldOffset) || p.PropertyType == typeof(int));
}
