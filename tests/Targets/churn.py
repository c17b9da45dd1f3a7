"""Hostile: code objects made and freed all the time, so that their addresses hold other code soon after.

    churn.py [SECONDS]      default: until standard input is closed

Every round N makes a file "<churn N>" with the functions c<N>_0 to c<N>_7, each of which calls the next, calls the first
of them a few times, and drops them all.
Stacks that are possible, root first: <module>, main, then
- nothing, or frames of the compiler's caller: make; or make, <module> (of "<churn N>"), or
- c<N>_0, c<N>_1, ... c<N>_K: one and the same N in all of them and in their file names, numbers without a gap from 0, K at most 7.
"""
import select
import signal
import sys
import time

signal.alarm(600)

DEPTH = 8


def make(number):
    lines = []
    for level in range(DEPTH - 1):
        lines.append("def c{0}_{1}(n):\n    return c{0}_{2}(n) + {1}\n".format(number, level, level + 1))
    lines.append("def c{0}_{1}(n):\n    while n:\n        n -= 1\n    return n\n".format(number, DEPTH - 1))
    names = {}
    exec(compile("".join(lines), "<churn %d>" % number, "exec"), names)
    return names["c%d_0" % number], names


def main():
    end = time.time() + float(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    number = 0
    while True:
        first, names = make(number)
        for _ in range(20):
            first(300)
        names.clear()  # The functions refer to these names: without it only the collector would free them.
        del first
        number += 1
        if number % 50 == 0:
            if time.time() > end if end else select.select([0], [], [], 0)[0]:
                break
    sys.stdout.write("rounds %d\n" % number)


if __name__ == "__main__":
    main()
