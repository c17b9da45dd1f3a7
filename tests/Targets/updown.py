"""Hostile: recursion that goes down and up all the time, to another depth each time.

    updown.py [SECONDS]     default: until standard input is closed

The function at depth I is named d<I>; depths 0 to 250.
Stacks that are possible, root first: <module>, main, then d0, d1, ... d<K>: numbers without a gap from 0, K from none to 250.
All frames from d0 on are of the file "<updown>", d<I> at line 2 * I + 2.
"""
import random
import select
import signal
import sys
import time

signal.alarm(600)

DEEPEST = 250


def make():
    lines = []
    for depth in range(DEEPEST):
        lines.append("def d{0}(n):\n    return n and d{1}(n - 1)\n".format(depth, depth + 1))
    lines.append("def d{0}(n):\n    return n\n".format(DEEPEST))
    names = {}
    exec(compile("".join(lines), "<updown>", "exec"), names)
    return names["d0"]


def main():
    end = time.time() + float(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.setrecursionlimit(DEEPEST + 500)
    first = make()
    chance = random.Random(1)
    depths = [chance.randrange(DEEPEST + 1) for _ in range(1000)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for depth in depths:
            first(depth)
        if time.time() > end if end else select.select([0], [], [], 0)[0]:
            break


if __name__ == "__main__":
    main()
