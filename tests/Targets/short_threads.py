"""Hostile: threads that live for about a millisecond, eight at a time.

    short_threads.py [SECONDS]      default: until standard input is closed

A thread named "short-<N>", N from 0 to 63, runs the functions t<N>_0 to t<N>_9, each of which calls the next.
Stacks that are possible in such a thread, root first: frames of threading.py, then t<N>_0, t<N>_1, ... t<N>_K:
one and the same N in all of them and in the thread's name, numbers without a gap from 0, K from none to 9; or, instead
of these and at its begin and end, further frames of threading.py.
In the main thread: <module>, main, then frames of threading.py or none.
"""
import select
import signal
import sys
import threading
import time

signal.alarm(600)

KINDS = 64
DEPTH = 10


def make(kind):
    lines = []
    for level in range(DEPTH - 1):
        lines.append("def t{0}_{1}(n):\n    return t{0}_{2}(n)\n".format(kind, level, level + 1))
    lines.append("def t{0}_{1}(n):\n    while n:\n        n -= 1\n".format(kind, DEPTH - 1))
    names = {}
    exec(compile("".join(lines), "<short %d>" % kind, "exec"), names)
    return names["t%d_0" % kind]


def main():
    end = time.time() + float(sys.argv[1]) if len(sys.argv) > 1 else None
    functions = [make(kind) for kind in range(KINDS)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    kind = 0
    while True:
        threads = []
        for _ in range(8):
            threads.append(threading.Thread(target=functions[kind], args=(20000,), name="short-%d" % kind))
            kind = (kind + 1) % KINDS
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if time.time() > end if end else select.select([0], [], [], 0)[0]:
            break


if __name__ == "__main__":
    main()
