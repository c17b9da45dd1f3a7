"""Exercises the standard library. With "truth" it prints the functions that ran, by sys.setprofile; without, every function's code object, in hex,
before and after.

Usage: dump_evidence.py truth|objects [SIZE]   (SIZE: bytes of the fixed part of a code object)
"""
import gc
import sys
import types

ran = set()


def watch(frame, event, argument):
    if event == "call":
        code = frame.f_code
        ran.add((code.co_filename, code.co_firstlineno, code.co_name))


def wrong(a):
    return a


def exercise():
    import argparse
    import collections
    import contextlib
    import decimal
    import email.message
    import functools
    import json
    import string
    import textwrap

    json.loads(json.dumps({"a": [1, 2, {"b": None}], "c": 1.5}, indent=2))
    parser = argparse.ArgumentParser(prog="x")
    parser.add_argument("--number", type=int)
    parser.parse_args(["--number", "3"])
    for number in range(40):
        textwrap.shorten("word " * number, 30)
    message = email.message.Message()
    message["Subject"] = "x"
    message.as_string()
    string.Template("$a b").substitute(a=1)
    collections.Counter("hello").most_common(1)
    collections.namedtuple("Point", "x y")(1, 2)

    @functools.lru_cache(maxsize=4)
    def squared(x):
        return x * x

    squared(3)

    def generate():
        yield 1
        yield 2

    suspended.append(generate())
    next(suspended[0])
    created.append(generate2())
    with contextlib.suppress(TypeError):
        wrong()
    decimal.Decimal(1)


def generate2():
    yield 3


def consts(code, into):
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            into.append(value)
            consts(value, into)


def dump(size, moment):
    import ctypes

    references = {}
    found = {}
    functions = [o for o in gc.get_objects() if isinstance(o, types.FunctionType)]
    for function in functions:
        code = function.__code__
        references[id(code)] = references.get(id(code), 0) + 1
    queue = []
    for function in functions:
        queue.append(function.__code__)
    while queue:
        code = queue.pop()
        if id(code) in found:
            continue
        found[id(code)] = code
        for value in code.co_consts:
            if isinstance(value, types.CodeType):
                references[id(value)] = references.get(id(value), 0) + 1
                queue.append(value)
    own = {f.__code__ for f in functions if f.__module__ == "__main__"}
    for code in found.values():
        if code in own and code.co_name in ("dump", "main", "consts"):
            continue
        if not code.co_flags & 1:
            continue
        length = size
        if sys.version_info >= (3, 11):
            length += len(code.co_code)
        # found, the queue's loop variable and getrefcount's own argument stand beside the references of the program
        print("\t".join([moment, code.co_filename, str(code.co_firstlineno), code.co_name, str(references.get(id(code), 0) + extra(code)), ctypes.string_at(id(code), length).hex()]))


def extra(code):
    # here: found, the loop variable of dump, the argument of this function
    main_constants = sum(1 for c in sys._getframe(2).f_code.co_consts if c is code)
    return 2 + main_constants + (1 if sys._getframe(2).f_back is not None and any(c is code for c in sys._getframe(2).f_back.f_code.co_consts) else 0)


suspended = []
created = []


def main():
    if sys.argv[1] == "truth":
        sys.setprofile(watch)
        exercise()
        sys.setprofile(None)
        for name in sorted(ran):
            print("\t".join(str(part) for part in name))
    else:
        try:
            import ctypes
        except ImportError:
            print("no ctypes")
            return
        dump(int(sys.argv[2]), "before")
        exercise()
        dump(int(sys.argv[2]), "after")


main()
