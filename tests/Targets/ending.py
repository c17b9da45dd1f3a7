"""Ends in the way that is asked for.

    ending.py exit STATUS       sys.exit(STATUS)
    ending.py _exit STATUS      os._exit(STATUS): no finalisation
    ending.py signal NAME       dies by this signal, for example SIGSEGV
    ending.py raise             an uncaught exception: status 1
    ending.py exec COMMAND...   execs another command
    ending.py fork STATUS       a child goes on for a moment; the parent exits with STATUS
"""
import os
import signal
import sys

signal.alarm(600)


def main():
    how, rest = sys.argv[1], sys.argv[2:]
    if how == "exit":
        sys.exit(int(rest[0]))
    if how == "_exit":
        os._exit(int(rest[0]))
    if how == "signal":
        number = getattr(signal, rest[0])
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    if how == "raise":
        raise RuntimeError("as asked for")
    if how == "exec":
        signal.alarm(0)
        os.execvp(rest[0], rest)
    if how == "fork":
        if os.fork() == 0:
            sum(range(3000000))
            os._exit(0)
        sys.exit(int(rest[0]))


if __name__ == "__main__":
    main()
