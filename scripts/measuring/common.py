"""Interpreters, commands and numbers that all measurements share."""
import functools
import glob
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import tempfile
import time

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(SCRIPTS)
TARGETS = os.path.join(ROOT, "tests", "Targets")
SID = os.environ.get("LIBPROF_SID_ROOT") or "/var/lib/libprof/sid"

# Variables that change what a Python imports or writes are not passed on.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


class Interpreter(object):
    """A CPython: its version, the words that start it, and where it finds files of ours."""

    def __init__(self, command, root=""):
        self.command = command
        self.root = root
        out = subprocess.run(
            command + ["-c", "import platform; print(platform.python_version())"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        self.version = out.stdout.decode().strip()

    def __str__(self):
        where = "sid" if self.root else "Debian" if self.command[0].startswith("/usr/bin/") else "pyenv"
        return "%s (%s)" % (self.version, where)

    def place(self, path):
        """The path at which this interpreter finds a file or directory of ours, copied into its root if it has another."""
        if not self.root:
            return path
        inside = "/tmp/libprof-measure/" + os.path.basename(path)
        outside = self.root + inside
        os.makedirs(os.path.dirname(outside), exist_ok=True)
        if os.path.isdir(path):
            shutil.rmtree(outside, ignore_errors=True)
            shutil.copytree(path, outside)
        else:
            shutil.copy(path, outside)
        return inside


@functools.lru_cache(maxsize=None)
def interpreters():
    """Every CPython 3.6 to 3.15 of this machine, oldest first."""
    roots = [os.environ.get("PYENV_ROOT"), os.path.expanduser("~/.pyenv")]
    paths = [path for root in roots if root for path in glob.glob(os.path.join(root, "versions", "3.*", "bin", "python3.*"))]
    paths += glob.glob("/usr/bin/python3.*") + glob.glob("/usr/local/bin/python3.*")
    paths = sorted(set(os.path.realpath(path) for path in paths if re.search(r"/python3\.\d+$", path)))
    found = [Interpreter([path]) for path in paths]
    if os.geteuid() == 0:
        found += [Interpreter(["chroot", SID, path[len(SID):]], SID) for path in glob.glob(SID + "/usr/bin/python3.1[0-9]")]
    found = [i for i in found if re.match(r"3\.([6-9]|1[0-5])\.", i.version)]
    return sorted(found, key=lambda i: ([int(n) for n in re.findall(r"\d+", i.version)][:3], i.root))


def find(version, imports="sys", debian=False):
    """An interpreter of a version ("3.11") that can import something, pyenv's before Debian's; None if there is none."""
    for interpreter in sorted(interpreters(), key=lambda i: i.command[0].startswith("/usr/bin/")):
        if interpreter.version.startswith(version + ".") and (not debian or interpreter.command[0].startswith("/usr/bin/")):
            probe = subprocess.run(
                interpreter.command + ["-c", "import " + imports],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
            if probe.returncode == 0:
                return interpreter
    return None


_binary = []


def binary():
    """The native libprof; built first if need be."""
    if not _binary:
        given = os.environ.get("LIBPROF_BINARY")
        if not given:
            subprocess.run([os.path.join(SCRIPTS, "build-native"), os.path.join(ROOT, "artifacts")], check=True)
            given = os.path.join(ROOT, "artifacts", "native", "libprof")
        _binary.append(given)
    return _binary[0]


def compiler():
    """A C compiler's name; None if there is none."""
    return next((name for name in ("cc", "clang", "gcc") if shutil.which(name)), None)


def run(command, **more):
    """Runs a command with nothing on standard input and its output thrown away."""
    more.setdefault("stdout", subprocess.DEVNULL)
    more.setdefault("stderr", subprocess.DEVNULL)
    return subprocess.run(command, stdin=subprocess.DEVNULL, env=ENVIRONMENT, **more)


def seconds_of(command):
    """How long a command takes, by the clock."""
    start = time.perf_counter()
    run(command)
    return time.perf_counter() - start


def profile(arguments, *forms):
    """Runs libprof into a recording and gives it in each of the forms: parsed JSON, or lines. The last value is libprof's exit status."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "out.libprof")
        verb, rest = arguments[0], arguments[1:]
        done = run([binary(), verb, "-q", "-o", path] + rest, stderr=subprocess.PIPE)
        if not os.path.exists(path):
            raise SystemExit("libprof %s failed (%d): %s" % (" ".join(arguments), done.returncode, done.stderr.decode()))
        found = []
        for form in forms:
            text = run([binary(), "report", "-f", form, path], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
            found.append(json.loads(text) if form == "json" else text.splitlines())
        return found + [done.returncode]


def report(path):
    """A recording's JSON report."""
    return json.loads(run([binary(), "report", "-f", "json", path], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8"))


def start_target(interpreter, script, *arguments):
    """Starts a program of tests/Targets and waits until it says that it is ready."""
    path = os.path.join(interpreter.place(TARGETS), script)
    process = subprocess.Popen(
        interpreter.command + [path] + [str(a) for a in arguments], env=ENVIRONMENT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
    line = process.stdout.readline()
    if line != "ready\n":
        raise SystemExit("%s %s said %r" % (interpreter, script, line))
    return process


def end_target(process):
    """Closes a target's standard input and gives the rest of its output."""
    process.stdin.close()
    rest = process.stdout.read()
    process.wait()
    return rest


def median(values):
    values = list(values)
    return statistics.median(values) if values else float("nan")


_written = []
_copies = []


def also_to(path):
    """From now on, tables and headings go to this file as well."""
    _copies.append(open(path, "w"))


def put_into(path, command):
    """Puts what was written so far into a document, in place of what stands between <!-- COMMAND --> and <!-- end -->."""
    begin, end = "<!-- %s -->\n" % command, "<!-- end -->"
    with open(path) as file:
        before, found, rest = file.read().partition(begin)
    after = rest.partition(end)[2]
    if not found or not after:
        raise SystemExit("%s has no place %s" % (path, begin.strip()))
    with open(path, "w") as file:
        file.write(before + begin + "\n".join(_written).replace("\n\n\n", "\n\n") + end + after)


def write(line):
    """Prints a line."""
    _written.append(line)
    print(line, flush=True)
    for copy in _copies:
        copy.write(line + "\n")
        copy.flush()


def table(header, rows):
    """Prints a Markdown table."""
    write("| " + " | ".join(header) + " |")
    write("|" + "---|" * len(header))
    for row in rows:
        write("| " + " | ".join(str(cell) for cell in row) + " |")
    write("")


def heading(text):
    write("## %s\n" % text)


def say_machine():
    write("%s, Linux %s, %d CPUs, load %.1f\n" % (platform.machine(), platform.release(), os.cpu_count(), os.getloadavg()[0]))
