"""Look at this interpreter's own objects through a layout given on standard input, and print what does not fit.

Input: a JSON object "Record.Member" -> offset (or null). Output: one line for each check, "ok NAME" or "wrong NAME: ...";
after them "str KIND ASCII HEX-OF-THE-OBJECT TEXT-AS-JSON ADDRESS-HEX-OF-CHARACTERS" for strings of every form.
Runs on 3.6 to 3.15; CPython's id() is the object's address.
"""
import json
import sys

try:
    import ctypes
except ImportError:
    print("no ctypes")
    sys.exit(0)

LAYOUT = json.loads(sys.stdin.readline())


def read(address, kind):
    return kind.from_address(address).value


def pointer(address):
    return read(address, ctypes.c_void_p) or 0


def check(name, base, expected, kind=ctypes.c_void_p):
    offset = LAYOUT[name]
    if offset is None:
        return
    actual = read(base + offset, kind) or 0
    print("ok " + name if actual == expected else "wrong %s: %r instead of %r" % (name, actual, expected))


class Plain(object):
    pass


class Text(str):
    pass


def sample(a, b=2, *c):
    d = a + b
    return lambda: (a, d)


def check_code():
    code = sample.__code__
    base = id(code)
    check("Code.Name", base, id(code.co_name))
    check("Code.FileName", base, id(code.co_filename))
    check("Code.FirstLineNumber", base, code.co_firstlineno, ctypes.c_int)
    check("Code.ArgumentCount", base, code.co_argcount, ctypes.c_int)
    check("Code.Flags", base, code.co_flags, ctypes.c_int)
    check("Code.Constants", base, id(code.co_consts))
    if hasattr(code, "co_qualname"):
        check("Code.QualifiedName", base, id(code.co_qualname))
    table = code.co_linetable if hasattr(code, "co_linetable") else code.co_lnotab
    check("Code.LineTable", base, id(table))
    if LAYOUT["Code.Bytecode"] is not None:
        check("Code.Bytecode", base, id(code.co_code))
        check("Code.LocalNames", base, id(code.co_varnames))
    else:
        check("Code.UnitCount", base, len(code.co_code) // 2, ctypes.c_ssize_t)
        names = pointer(base + LAYOUT["Code.LocalNames"])
        print("ok Code.LocalNames" if pointer(names + LAYOUT["Tuple.Items"]) == id(code.co_varnames[0]) else "wrong Code.LocalNames")


def check_function():
    inner = sample(1)
    inner.mark = 1
    check("Function.Code", id(inner), id(inner.__code__))
    check("Function.Globals", id(inner), id(globals()))
    check("Function.Closure", id(inner), id(inner.__closure__))
    check("Function.Dict", id(inner), id(inner.__dict__))


def check_type():
    base = id(Plain)
    check("Object.Type", base, id(type))
    check("Type.BasicSize", base, Plain.__basicsize__, ctypes.c_ssize_t)
    check("Type.DictOffset", base, Plain.__dictoffset__, ctypes.c_ssize_t)
    check("Type.Flags", base, Plain.__flags__, ctypes.c_ulong)
    name = ctypes.string_at(pointer(base + LAYOUT["Type.Name"]))
    print("ok Type.Name" if name == b"Plain" else "wrong Type.Name: %r" % name)
    attributes = pointer(base + LAYOUT["Type.Dict"])
    check("Object.Type", attributes, id(dict))
    check("Dict.Used", attributes, len(Plain.__dict__), ctypes.c_ssize_t)


def check_containers():
    mixed = {1: "a", "b": 2, "c": None}  # The first key is no str: the table is of the general kind and has 8 slots from the start.
    check("Dict.Used", id(mixed), 3, ctypes.c_ssize_t)
    check("Dict.Values", id(mixed), 0)
    keys = pointer(id(mixed) + LAYOUT["Dict.Keys"])
    check("Dict.KeysEntryCount", keys, 3, ctypes.c_ssize_t)
    check("Dict.KeysLog2Size", keys, 3, ctypes.c_uint8)
    check("Dict.KeysLog2IndexBytes", keys, 3, ctypes.c_uint8)
    check("Dict.KeysKind", keys, 0, ctypes.c_uint8)
    check("Dict.KeysSize", keys, 8, ctypes.c_ssize_t)
    entries = keys + LAYOUT["Dict.KeysIndices"] + 8
    for number, (key, value) in enumerate(mixed.items()):
        entry = entries + number * LAYOUT["Dict.EntrySize"] + LAYOUT["Dict.EntryKey"]
        fits = pointer(entry) == id(key) and pointer(entry + 8) == id(value)
        print("ok Dict.EntrySize" if fits else "wrong Dict.EntrySize")
    texts = dict.fromkeys(["x", "y"], 7)
    keys = pointer(id(texts) + LAYOUT["Dict.Keys"])
    if LAYOUT["Dict.UnicodeEntrySize"]:
        check("Dict.KeysKind", keys, 1, ctypes.c_uint8)
        second = keys + LAYOUT["Dict.KeysIndices"] + 8 + LAYOUT["Dict.UnicodeEntrySize"]
        print("ok Dict.UnicodeEntrySize" if pointer(second) == id(list(texts)[1]) else "wrong Dict.UnicodeEntrySize")
    pair = (object(), object())
    check("Tuple.Size", id(pair), 2, ctypes.c_ssize_t)
    check("Tuple.Items", id(pair), id(pair[0]))
    three = [object(), 2, 3]
    check("List.Size", id(three), 3, ctypes.c_ssize_t)
    print("ok List.Items" if pointer(pointer(id(three) + LAYOUT["List.Items"])) == id(three[0]) else "wrong List.Items")
    check("Bytes.Size", id(b"spam"), 4, ctypes.c_ssize_t)
    check("Bytes.Data", id(b"spam"), ord("s"), ctypes.c_uint8)
    big = (5 << 30) + 12345
    check("Long.Digits", id(big), 12345, ctypes.c_uint32)
    check("Long.SizeTag", id(big), 2 << 3 if LAYOUT["Long.HasTag"] else 2, ctypes.c_ssize_t)
    check("Module.Dict", id(sys), id(sys.__dict__))


def check_generator():
    def numbers():
        yield 1

    one = numbers()
    if hasattr(one, "gi_frame") and LAYOUT["Code.Bytecode"] is not None:
        check("Generator.Frame", id(one), id(one.gi_frame))
        next(one)
        check("Frame.Executable", id(one.gi_frame), id(one.gi_code))
        check("Frame.LastInstruction", id(one.gi_frame), one.gi_frame.f_lasti // LAYOUT["Frame.LastInstructionScale"], ctypes.c_int)
        return
    next(one)
    frame = id(one) + LAYOUT["Generator.Frame"]
    executable = pointer(frame + LAYOUT["Frame.Executable"]) & ~(7 if LAYOUT["Frame.HasTagBits"] else 0)
    print("ok Frame.Executable" if executable == id(one.gi_code) else "wrong Frame.Executable")
    check("Frame.Owner", frame, 1, ctypes.c_int8)
    instruction = (pointer(frame + LAYOUT["Frame.InstructionPointer"]) - id(one.gi_code) - LAYOUT["Code.Instructions"])
    near = abs(instruction - one.gi_frame.f_lasti) <= 4
    print("ok Frame.InstructionPointer" if near else "wrong Frame.InstructionPointer: %d, %d" % (instruction, one.gi_frame.f_lasti))


def check_instance():
    """Attributes of a plain instance whose dictionary was never asked for."""
    way = LAYOUT["Instance.Attributes"]
    one = Plain()
    one.first = value = object()
    base = id(one)
    slot = base + LAYOUT["Instance.ManagedDict"]
    if way == "DictPointer":
        found = pointer(base + Plain.__dictoffset__)
        print("ok Instance" if found == id(one.__dict__) else "wrong Instance")
        return
    if way == "DictAndValuesPointers":
        values = pointer(slot - 8)
    elif way == "TaggedPointer":
        values = pointer(slot) + 1
    else:
        values = base + Plain.__basicsize__
    keys = pointer(id(Plain) + LAYOUT["Type.CachedKeys"])
    check("Dict.KeysKind", keys, 2, ctypes.c_uint8)
    print("ok Instance" if pointer(values + LAYOUT["Dict.ValuesItems"]) == id(value) else "wrong Instance")
    if way != "TaggedPointer":
        print("ok Instance.ManagedDict" if pointer(slot) == 0 else "wrong Instance.ManagedDict before")
    attributes = one.__dict__
    print("ok Instance.ManagedDict" if pointer(slot) == id(attributes) else "wrong Instance.ManagedDict after")


def print_strings():
    texts = ["", "a", "spam" * 20, "caf\xe9", "\xff" * 9, "\u0416\u0417", "a\u20ac", "\U0001f40d", "x\U0001f40d\u0416", "\udcff!", "\U0001f40d\ud800"]
    for text in texts + [Text(text) for text in texts]:
        size = text.__sizeof__()
        pointed = "-"
        body = ctypes.string_at(id(text), size).hex()
        if type(text) is Text and text:
            width = 1 if max(text) < "\u0100" else 2 if max(text) < "\U00010000" else 4
            pointed = ctypes.string_at(pointer(id(text) + LAYOUT["Unicode.DataPointer"]), width * len(text)).hex()
        print("str %s %s %s" % (body, pointed, json.dumps(str.__str__(text))))


check_code()
check_function()
check_type()
check_containers()
check_generator()
check_instance()
print_strings()
print("end")
