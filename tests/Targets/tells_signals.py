"""Says which signals it gets, until told to end.

Prints "ready PID", then "got NAME" for each signal that it handles (all that libprof passes on but SIGTSTP and SIGTTIN,
which stop it), and answers lines on standard input: "exit N" ends it with that status, any other line comes back after "echo ".
The end of its input ends it with status 0.
"""
import os
import signal
import sys


def say(text):
    os.write(1, (text + "\n").encode())


def handle(number, frame):
    say("got " + signal.Signals(number).name)


def main():
    for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "CONT", "WINCH", "URG", "IO", "PWR"):
        number = getattr(signal, "SIG" + name)
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)
    say("ready %d" % os.getpid())
    while True:
        line = sys.stdin.readline()
        if not line:
            return 0
        if line.startswith("exit "):
            return int(line[5:])
        say("echo " + line.rstrip("\n"))


if __name__ == "__main__":
    sys.exit(main())
