"""Hostile: generators in generators that are resumed and suspended all the time.

    nested_generators.py [SECONDS]      default: until standard input is closed

The generator at depth I is named g<I>; depths 0 to 20. Even ones delegate by "yield from", odd ones loop over the next.
Stacks that are possible, root first: <module>, main, then g0, g1, ... g<K>: numbers without a gap from 0, K from none to 20.
All frames from g0 on are of the file "<generators>".
"""
import select
import signal
import sys
import time

signal.alarm(600)

DEEPEST = 20


def make():
    lines = []
    for depth in range(DEEPEST):
        if depth % 2 == 0:
            lines.append("def g{0}(n):\n    yield n\n    yield from g{1}(n)\n    yield n\n".format(depth, depth + 1))
        else:
            lines.append("def g{0}(n):\n    yield n\n    for x in g{1}(n):\n        yield x + 1\n".format(depth, depth + 1))
    lines.append("def g{0}(n):\n    while n:\n        n -= 1\n        yield n\n".format(DEEPEST))
    names = {}
    exec(compile("".join(lines), "<generators>", "exec"), names)
    return names["g0"]


def main():
    end = time.time() + float(sys.argv[1]) if len(sys.argv) > 1 else None
    first = make()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for _ in range(20):
            for _ in first(30):
                pass
        if time.time() > end if end else select.select([0], [], [], 0)[0]:
            break


if __name__ == "__main__":
    main()
