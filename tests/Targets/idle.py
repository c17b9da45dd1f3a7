"""Sits in one read of standard input until it is closed.

Stack of the only thread: <module>, main, wait.
"""
import signal
import sys

signal.alarm(600)  # Nothing of a test outlives it by long, whatever happens to the test.


def wait():
    sys.stdin.read()


def main():
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    wait()


if __name__ == "__main__":
    main()
