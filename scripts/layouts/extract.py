"""Print the figures of a CPython build as JSON: where the fields of fields.py stand, read from DWARF by gdb.

    gdb -nx -batch -ex "source scripts/layouts/extract.py" /path/to/libpython3.X.so.1.0

The file may be an executable or a shared library; it needs debug information (pyenv's builds have it).
A field is [offset, size] in bytes; a bit field is [offset, size, first bit, number of bits], bits counted from the offset.
"""
import json
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fields import DEBUG_OFFSETS, FIELDS  # noqa: E402


def find(struct, path):
    """The figures of a field named with dots, or None. Anonymous members are looked through."""
    first, _, rest = path.partition(".")
    for field in struct.fields():
        if not hasattr(field, "bitpos"):
            continue
        inner = field.type.strip_typedefs()
        is_aggregate = inner.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)
        base = field.bitpos // 8
        if not field.name and is_aggregate:
            found = find(inner, path)
        elif field.name == first and rest:
            found = find(inner, rest) if is_aggregate else None
        elif field.name == first:
            figures = [base, field.type.sizeof]
            return figures + [field.bitpos % 8, field.bitsize] if field.bitsize else figures
        else:
            continue
        if found:
            return [base + found[0]] + found[1:]
    return None


def leaves(struct, prefix=""):
    """The names of all members that are no structs, in order."""
    for field in struct.fields():
        inner = field.type.strip_typedefs()
        if inner.code == gdb.TYPE_CODE_STRUCT:
            yield from leaves(inner, prefix + field.name + ".")
        else:
            yield prefix + field.name


def main():
    structs = {}
    for name, fields in FIELDS.items():
        try:
            struct = gdb.lookup_type(name).strip_typedefs()
        except gdb.error:
            continue
        if struct.code not in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            continue
        found = {field: find(struct, field) for field in fields}
        structs[name] = {"size": struct.sizeof, "fields": {k: v for k, v in found.items() if v}}
    try:
        struct = gdb.lookup_type(DEBUG_OFFSETS).strip_typedefs()
        structs[DEBUG_OFFSETS] = {"size": struct.sizeof, "names": list(leaves(struct))}
    except gdb.error:
        pass
    print(json.dumps(structs))


main()
