"""Spins at a known depth until standard input is closed.

    busy.py [N]     N calls of level (default 20)

Stack of the only thread, always: <module>, main, N times level, spin.
"""
import select
import signal
import sys

signal.alarm(600)


def spin():
    count = 0
    while True:
        count += 1
        if count % 20000 == 0 and select.select([0], [], [], 0)[0]:
            return


def level(left):
    if left > 1:
        level(left - 1)
    else:
        spin()


def main():
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    level(int(sys.argv[1]) if len(sys.argv) > 1 else 20)


if __name__ == "__main__":
    main()
