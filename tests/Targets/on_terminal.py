"""Runs a command as the leader of a session with a terminal of its own, and plays its user.

    on_terminal.py STEPS -- COMMAND [ARGS...]

STEPS is a JSON list, done in order:
    ["expect", REGEX]      read until the pattern has appeared in what came since the last match
    ["send", TEXT]         type
    ["signal-parent", NAME]  send a signal to the parent of the process whose id was group 1 of the last match that had one
    ["growing", FILE]        wait until a file is there and grows
    ["end"]                read until the terminal is closed
Prints a JSON object: failed (null, or the step that did not come about and what was read instead), text (all that was
read), status (of the command, 128+N for a death by signal N), settings (whether the terminal's settings are as before).
"""
import json
import os
import pty
import re
import select
import signal
import sys
import termios
import time

PATIENCE_S = 40  # Less than the caller's, so that it is told what was missed.


class Terminal:
    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.text = b""
        self.seen = 0
        self.pid = None

    def read(self, deadline):
        ready, _, _ = select.select([self.descriptor], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # EIO: nobody has it open any more.
            return False
        self.text += data
        return bool(data)

    def expect(self, pattern):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            match = re.search(pattern.encode(), self.text[self.seen:])
            if match:
                self.seen += match.end()
                if match.groups():
                    self.pid = int(match.group(1))
                return True
            if not self.read(deadline):
                return False

    def wait_for_growth(self, path):
        deadline = time.monotonic() + PATIENCE_S
        first = None
        while time.monotonic() < deadline:
            size = os.path.getsize(path) if os.path.exists(path) else 0
            if first and size > first:
                return True
            first = first or size
            self.read(time.monotonic() + 0.01)
        return False

    def end(self):
        deadline = time.monotonic() + PATIENCE_S
        while self.read(deadline):
            pass
        return time.monotonic() < deadline


def parent_of(pid):
    with open("/proc/%d/stat" % pid) as file:
        return int(file.read().rpartition(")")[2].split()[1])


def play(steps, terminal):
    for step in steps:
        kind = step[0]
        done = True
        if kind == "expect":
            done = terminal.expect(step[1])
        elif kind == "send":
            os.write(terminal.descriptor, step[1].encode())
        elif kind == "signal-parent":
            os.kill(parent_of(terminal.pid), getattr(signal, "SIG" + step[1]))
        elif kind == "growing":
            done = terminal.wait_for_growth(step[1])
        elif kind == "end":
            done = terminal.end()
        else:
            raise ValueError(kind)
        if not done:
            return [step, terminal.text[terminal.seen:].decode(errors="replace")]
    return None


def main():
    separator = sys.argv.index("--")
    steps = json.loads(sys.argv[1])
    command = sys.argv[separator + 1:]
    child, descriptor = pty.fork()
    if child == 0:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvp(command[0], command)
    before = termios.tcgetattr(descriptor)
    terminal = Terminal(descriptor)
    failed = play(steps, terminal)
    settings = termios.tcgetattr(descriptor)
    if failed:
        os.kill(child, signal.SIGKILL)
    os.close(descriptor)
    _, status = os.waitpid(child, 0)
    print(json.dumps({
        "failed": failed,
        "text": terminal.text.decode("latin-1"),
        "status": 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
        "settings": settings[:6] == before[:6] and settings[6] == before[6],
    }))


if __name__ == "__main__":
    main()
