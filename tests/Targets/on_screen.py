"""Runs a command on a terminal of its own that knows what it shows, and plays its user.

    on_screen.py STEPS COLUMNS ROWS -- COMMAND [ARGS...]

STEPS is a JSON list, done in order:
    ["shows", REGEX]         read until the pattern is found on the screen (rows joined by newlines, without spaces at their ends)
    ["hides", REGEX]         read until it is not found any more
    ["send", TEXT]           type
    ["resize", COLUMNS, ROWS]
    ["signal", NAME, PID]    send a signal to a process; PID 0 is the command
    ["draws", N]             read until the screen has changed that often since the last step
    ["stalls"]               read nothing until the terminal takes no more: what is written has to be there, unread, and not to grow for a second
    ["keep"]                 keep what is to be seen now
    ["end"]                  read until the terminal is closed
Prints a JSON object: failed (null, or the step that did not come about), screen (what is to be seen in the end), kept (what was kept), text (all bytes, as Latin-1),
unknown (control characters and sequences that the terminal does not know), alternate (whether the alternate screen is shown), cursor
(whether the cursor is), style (whether letters would be shown as usual), status, settings (whether the terminal's settings are as before).

The terminal knows what every terminal since the VT100 does (CUP, CHA, ED, EL, SGR), and of xterm's own the alternate screen and the cursor's being shown.
"""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import sys
import termios
import time
import unicodedata

from on_terminal import PATIENCE_S, Terminal

SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([@-~])")


def width_of(character):
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen(object):
    def __init__(self, columns, rows):
        self.alternate = False
        self.cursor = True
        self.style = "0"
        self.unknown = []
        self.saved = None
        self.rest = ""
        self.changes = 0
        self.rows = []
        self.row = self.column = 0
        self.resize(columns, rows)

    def resize(self, columns, rows):
        self.columns = columns
        self.rows = [row[:columns] + [" "] * (columns - len(row)) for row in self.rows[:rows]]
        while len(self.rows) < rows:
            self.rows.append([" "] * columns)
        self.row = min(self.row, rows - 1)
        self.column = min(self.column, columns - 1)

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.rows)

    def feed(self, text):
        text = self.rest + text
        self.rest = ""
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.put(text[at])
                at += 1
                continue
            match = SEQUENCE.match(text, at)
            if match:
                self.do(match.group(1), match.group(2))
                at = match.end()
            elif len(text) - at < 16 and re.match(r"\x1b(\[[?0-9;]*)?$", text[at:]):
                self.rest = text[at:]
                return
            else:
                self.unknown.append(text[at:at + 8])
                at += 1

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.line_feed()
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character == "\a":
            pass
        elif unicodedata.category(character) in ("Cc", "Cs"):
            self.unknown.append(character)
        else:
            width = width_of(character)
            if width == 0:
                return
            if self.column + width > self.columns:
                self.column = 0
                self.line_feed()
            self.rows[self.row][self.column] = character
            if width == 2:
                self.rows[self.row][self.column + 1] = ""
            self.column += width

    def line_feed(self):
        if self.row + 1 < len(self.rows):
            self.row += 1
        else:
            self.rows = self.rows[1:] + [[" "] * self.columns]

    def do(self, parameters, final):
        numbers = [int(part) if part else 0 for part in parameters.lstrip("?").split(";")]
        first = numbers[0]
        blank = [" "] * self.columns
        if parameters.startswith("?"):
            if final not in "hl" or first not in (25, 1049, 2004):
                self.unknown.append(parameters + final)
            elif first == 25:
                self.cursor = final == "h"
            elif first == 1049 and self.alternate != (final == "h"):
                self.alternate = final == "h"
                if self.alternate:
                    self.saved = ([list(row) for row in self.rows], self.row, self.column)
                    self.rows = [list(blank) for _ in self.rows]
                else:
                    columns, rows = self.columns, len(self.rows)
                    self.rows, self.row, self.column = self.saved
                    self.resize(columns, rows)
        elif final == "H":
            self.row = min(max(first, 1), len(self.rows)) - 1
            self.column = min(max(numbers[1] if len(numbers) > 1 else 1, 1), self.columns) - 1
        elif final == "G":
            self.column = min(max(first, 1), self.columns) - 1
        elif final == "J" and first == 2:
            self.rows = [list(blank) for _ in self.rows]
        elif final == "K" and first == 0:
            self.rows[self.row][self.column:] = blank[self.column:]
        elif final == "K" and first == 2:
            self.rows[self.row] = list(blank)
        elif final == "m":
            self.style = parameters or "0"
        else:
            self.unknown.append(parameters + final)


class Player(object):
    def __init__(self, descriptor, child, columns, rows):
        self.terminal = Terminal(descriptor)
        self.child = child
        self.screen = Screen(columns, rows)
        self.fed = 0
        self.kept = []

    def read(self, deadline):
        before = len(self.terminal.text)
        if not self.terminal.read(deadline):
            return False
        # A character may come in two pieces.
        text = self.terminal.text[self.fed:]
        whole = len(text)
        while whole > len(text) - 4 and whole > 0:
            try:
                text[:whole].decode("utf-8")
                break
            except UnicodeDecodeError:
                whole -= 1
        else:
            whole = len(text)
        self.screen.feed(text[:whole].decode("utf-8", "replace"))
        self.fed += whole
        self.screen.changes += len(self.terminal.text) > before
        return True

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if not self.read(deadline):
                return condition()
        return True

    def play(self, steps):
        for step in steps:
            if not self.do(*step):
                return [step, self.screen.text()]
        return None

    def stall(self):
        deadline = time.monotonic() + PATIENCE_S
        waiting, since = 0, time.monotonic()
        while time.monotonic() < deadline:
            now = struct.unpack("i", fcntl.ioctl(self.terminal.descriptor, termios.FIONREAD, b"\0" * 4))[0]
            if now != waiting:
                waiting, since = now, time.monotonic()
            elif waiting > 0 and time.monotonic() - since > 1:
                return True
            time.sleep(0.02)
        return False

    def do(self, kind, *arguments):
        if kind == "shows":
            return self.until(lambda: re.search(arguments[0], self.screen.text(), re.M))
        if kind == "hides":
            return self.until(lambda: not re.search(arguments[0], self.screen.text(), re.M))
        if kind == "draws":
            before = self.screen.changes
            return self.until(lambda: self.screen.changes >= before + arguments[0])
        if kind == "stalls":
            return self.stall()
        if kind == "keep":
            self.kept.append(self.screen.text())
        elif kind == "send":
            os.write(self.terminal.descriptor, arguments[0].encode())
        elif kind == "resize":
            set_size(self.terminal.descriptor, *arguments)
            self.screen.resize(*arguments)
        elif kind == "signal":
            os.kill(arguments[1] or self.child, getattr(signal, "SIG" + arguments[0]))
        elif kind == "end":
            deadline = time.monotonic() + PATIENCE_S
            while self.read(deadline):
                pass
            return time.monotonic() < deadline
        else:
            raise ValueError(kind)
        return True


def set_size(descriptor, columns, rows):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    separator = sys.argv.index("--")
    steps = json.loads(sys.argv[1])
    columns, rows = int(sys.argv[2]), int(sys.argv[3])
    command = sys.argv[separator + 1:]
    reading, writing = os.pipe()
    child, descriptor = pty.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        for name in ("SIGPIPE", "SIGXFSZ", "SIGINT"):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.execvp(command[0], command)
    set_size(descriptor, columns, rows)
    before = termios.tcgetattr(descriptor)
    os.close(reading)
    os.write(writing, b".")
    os.close(writing)
    player = Player(descriptor, child, columns, rows)
    failed = player.play(steps)
    settings = termios.tcgetattr(descriptor)
    if failed:
        os.kill(child, signal.SIGKILL)
    os.close(descriptor)
    _, status = os.waitpid(child, 0)
    screen = player.screen
    print(json.dumps({
        "failed": failed,
        "screen": screen.text(),
        "kept": player.kept,
        "text": player.terminal.text.decode("latin-1"),
        "unknown": screen.unknown,
        "alternate": screen.alternate,
        "cursor": screen.cursor,
        "style": screen.style in ("0", ""),
        "status": 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
        "settings": settings[:6] == before[:6] and settings[6] == before[6],
    }))


if __name__ == "__main__":
    main()
