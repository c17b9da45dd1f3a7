"""Print code objects with their line tables and what the interpreter itself makes of them, one JSON object a line.

{"name": ..., "first": first line, "table": hex, "length": bytes of the code, "lines": [[start, end, line or 0], ...]}
Runs on 3.6 to 3.15.
"""
import dis
import json
import sys
import types


def lines_of(code):
    """Ranges of byte offsets and their lines, in order."""
    if hasattr(code, "co_lines"):
        return [[start, end, line or 0] for start, end, line in code.co_lines()]
    starts = list(dis.findlinestarts(code))
    ends = [start for start, _ in starts[1:]] + [len(code.co_code)]
    return [[start, end, line] for (start, line), end in zip(starts, ends)]


def nested(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from nested(constant)


def odd_sources():
    """Programs whose tables need the rare entries: far jumps of the line in both directions, long lines, no line at all."""
    gap = "\n" * 5000
    yield "x = [1," + gap + "2,\n" * 200 + "f(3)]\ny = 1" + gap + "z = (a\n" + "+ b\n" * 300 + ")\n"
    yield "def f(a,\n" + " " * 300 + "b):\n" + "  return (a" + " " * 500 + "+ b(1, 2" + "\n" * 130 + ")\n" + "\n" * 140 + " + 3)\n"
    yield "\n" * 70000 + "def late():\n  try:\n    return g()\n  finally:\n    with h() as i:\n      yield [j for j in i if j]\n"
    yield "def long(x):\n" + "".join("  x = x + %d * g(x, [x, x, x], {'a': x})\n" % n for n in range(400)) + "  return x\n"
    yield "async def a(b):\n  async for c in b:\n    async with c:\n      await c\n  while True:\n    try: pass\n    except E: break\n    else: continue\n"


def main():
    modules = "abc argparse ast asyncio.base_events collections contextlib copy ctypes dataclasses datetime decimal difflib dis email.message " \
        "enum fractions functools glob heapq http.client inspect io json.decoder logging os pathlib pickle platform pprint random re " \
        "shutil socket statistics string subprocess tarfile tempfile textwrap threading tokenize traceback typing unittest.case urllib.parse " \
        "uuid weakref xml.dom.minidom zipfile".split()
    codes = [compile(source, "<odd>", "exec") for source in odd_sources()]
    for name in modules:
        try:
            module = __import__(name, fromlist=["x"])
            with open(module.__file__, encoding="utf-8") as source:
                codes.append(compile(source.read(), module.__file__, "exec"))
        except (ImportError, AttributeError, OSError):
            continue  # A reduced standard library.
    for code in codes:
        for one in nested(code):
            table = one.co_linetable if hasattr(one, "co_linetable") else one.co_lnotab
            print(json.dumps({
                "name": one.co_filename + ":" + one.co_name, "first": one.co_firstlineno, "table": table.hex(),
                "length": len(one.co_code), "lines": lines_of(one),
            }))
    sys.stdout.flush()


main()
