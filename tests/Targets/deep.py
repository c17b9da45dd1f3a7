"""Waits for the end of standard input at the bottom of a very deep recursion.

    deep.py [N]     N calls of down (default 10000)

Stack of the thread named "deep", root first: frames of threading.py, then run_deep, N times down, bottom.
The main thread waits for it: <module>, main, then frames of threading.py.
"""
import signal
import sys
import threading

signal.alarm(600)


def bottom():
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def down(left):
    if left > 1:
        down(left - 1)
    else:
        bottom()


def run_deep():
    down(int(sys.argv[1]) if len(sys.argv) > 1 else 10000)


def main():
    sys.setrecursionlimit(1000000)
    threading.stack_size(512 * 1024 * 1024)  # Up to 3.10 each call takes about half a kilobyte of the C stack.
    thread = threading.Thread(target=run_deep, name="deep")
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
