"""Profilers that sample from outside: libprof and its peers, how each is started and what it says it did."""
import glob
import os
import re
import shutil
import subprocess

from measuring import common

# Where programs of a newer Debian go that the system cannot install: unpacked, run by the loader of the sid tree.
PEERS = os.environ.get("LIBPROF_PEERS_ROOT") or os.path.join(os.path.dirname(common.SID), "peers")
LIBRARIES = "/usr/lib/x86_64-linux-gnu"


class Counts(object):
    """What a profiler says of one run: looks that gave a stack, looks that failed, looks that lost an upper end, due times it missed (None: it does not say), and looks left out since the target slept."""

    def __init__(self, samples, failed, cut=None, missed=None, idle=0):
        self.samples, self.failed, self.cut, self.missed, self.idle = samples, failed, cut, missed, idle


class Profiler(object):
    """How a profiler is started, and how its counts are read from what it wrote. RATE is in looks a second, None for as many as it can."""

    name = ""
    reads = ""  # What the versions that it can read begin with.

    def attach(self, pid, seconds, rate, out):
        """The command that samples a process for whole seconds and writes to a file."""
        raise NotImplementedError

    def run(self, interpreter, words, rate, out):
        """The command that starts an interpreter with these arguments under the profiler."""
        raise NotImplementedError

    def counts(self, out, text):
        """The counts, from the file and from what the profiler printed; None if there are none: it could not read the target."""
        raise NotImplementedError


class LibProf(Profiler):
    """This program."""

    name = "libprof"

    def __init__(self):
        self.binary = common.binary()

    def attach(self, pid, seconds, rate, out):
        return [self.binary, "attach", "-q", "-r", rate_text(rate, "max"), "-d", str(seconds), "-o", out, str(pid)]

    def run(self, interpreter, words, rate, out):
        return [self.binary, "run", "-q", "-r", rate_text(rate, "max"), "-o", out, "--"] + interpreter.command + words

    def counts(self, out, text):
        if not os.path.exists(out):
            return None
        sampling = common.report(out)["sampling"]
        return Counts(sampling["samples"], sampling["failed"], sampling.get("cut", 0), sampling.get("missed", 0), sampling["idle"])


class Austin(Profiler):
    """Austin: text output, one line for each thread and look, equal lines in a row merged."""

    def __init__(self, command):
        self.command = command
        text = subprocess.run(command + ["--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode("utf-8", "replace")
        self.name = "Austin " + (re.search(r"\d+\.\d+\.\d+", text) or [""])[0]

    def attach(self, pid, seconds, rate, out):
        return self.command + ["-i", self.interval(rate), "-x", str(seconds), "-o", out, "-p", str(pid)]

    def run(self, interpreter, words, rate, out):
        return self.command + ["-i", self.interval(rate), "-o", out] + interpreter.command + words

    @staticmethod
    def interval(rate):
        return "%dus" % max(1, round(1e6 / rate)) if rate else "1us"

    def counts(self, out, text):
        found = re.search(r"(\d+)/(\d+) *(?:\x1b\[0m)? *\((?:\x1b\[[0-9;]*m)?[\d.]+ %(?:\x1b\[0m)?\) invalid", text)
        return Counts(int(found.group(2)) - int(found.group(1)), int(found.group(1))) if found else None


class StandardSampler(Profiler):
    """profiling.sampling of CPython 3.15, which reads 3.15 only. It writes an anchor of its cache into the target."""

    reads = "3.15."

    def __init__(self, attacher, runner):
        self.attacher = attacher + ["-m", "profiling.sampling", "attach"]
        self.runner = runner + ["-m", "profiling.sampling", "run"]
        self.name = "profiling.sampling"

    def attach(self, pid, seconds, rate, out):
        return self.attacher + ["-d", str(seconds)] + self.options(rate) + [str(pid)]

    def run(self, interpreter, words, rate, out):
        return self.runner + self.options(rate) + words  # It starts its own interpreter again.

    @staticmethod
    def options(rate):
        # Only what it prints is used: the counts.
        return ["-a", "-r", rate_text(rate, "1000000"), "--collapsed", "-o", "/tmp/libprof-measure-peer"]

    def counts(self, out, text):
        captured = re.search(r"Captured ([\d,]+) samples", text)
        if not captured:
            return None
        looks = int(captured.group(1).replace(",", ""))
        share = re.search(r"Error rate: ([\d.]+)", text)
        failed = round(looks * float(share.group(1)) / 100) if share else 0
        return Counts(looks - failed, failed)


class PySpy(Profiler):
    """py-spy, not stopping its target."""

    def __init__(self, path):
        self.command = [path]
        text = subprocess.run([path, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()
        self.name = text.strip() or "py-spy"

    def attach(self, pid, seconds, rate, out):
        return self.command + self.options(rate, out) + ["-d", str(seconds), "-p", str(pid)]

    def run(self, interpreter, words, rate, out):
        return self.command + self.options(rate, out) + ["--"] + interpreter.command + words

    @staticmethod
    def options(rate, out):
        return ["record", "--nonblocking", "-t", "-i", "-f", "raw", "-r", rate_text(rate, "1000000"), "-o", out]

    def counts(self, out, text):
        found = re.search(r"Samples: (\d+) Errors: (\d+)", text)
        return Counts(int(found.group(1)), int(found.group(2))) if found else None


def rate_text(rate, most):
    return "%d" % rate if rate else most


def through_loader(path, root):
    """The command that starts a program of another root directory in this one, with that root's C library."""
    loaders = [found for place in ("/lib64", "/usr/lib64") for found in glob.glob(common.SID + place + "/ld-linux-*.so.2")]
    return [loaders[0], "--library-path", root + LIBRARIES + ":" + common.SID + LIBRARIES, path] if loaders else [path]


def find_austin(path):
    if path:
        return Austin([path])
    if shutil.which("austin"):
        return Austin([shutil.which("austin")])
    unpacked = PEERS + "/usr/bin/austin"
    return Austin(through_loader(unpacked, PEERS)) if os.path.exists(unpacked) else None


def find_standard_sampler(path):
    path = path or shutil.which("python3.15")
    if path:
        return StandardSampler([path], [path])
    inside = "/usr/bin/python3.15"
    if os.geteuid() != 0 or not os.path.exists(common.SID + inside):
        return None
    # It needs /proc, which the sid tree lacks, and the targets' files at the paths that /proc/PID/maps has: it runs outside of the
    # tree. The interpreter that it starts itself runs inside, with /proc lent to it in a mount namespace of its own.
    return StandardSampler(
        ["env", "PYTHONHOME=" + common.SID + "/usr"] + through_loader(common.SID + inside, common.SID),
        ["unshare", "-m", "sh", "-c", 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"', common.SID, inside])


def find_py_spy(path):
    path = path or shutil.which("py-spy")
    return PySpy(path) if path else None


def find(options):
    """Libprof and the peers that are there; says which are not, and how to get them."""
    found = [LibProf()]
    for peer, hint in (
            (find_austin(options.austin), "Austin: not found; scripts/benchmark --get-austin, or --austin PATH"),
            (find_standard_sampler(options.python315), "profiling.sampling: no CPython 3.15 found; scripts/setup, or --python315 PATH"),
            (find_py_spy(options.py_spy), "py-spy: not found; --py-spy PATH")):
        if peer:
            found.append(peer)
        else:
            print(hint + "\n", flush=True)
    return found


def get_austin():
    """Fetches Debian sid's Austin and the libraries that it needs, by the apt of the sid tree, and unpacks them; nothing is installed."""
    place = "/tmp/libprof-peers"
    os.makedirs(common.SID + place, exist_ok=True)
    subprocess.run(
        ["chroot", common.SID, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c",
         "cd %s && apt-get -q -o APT::Sandbox::User=root download austin libsframe3 libunwind8" % place], check=True)
    for package in glob.glob(common.SID + place + "/*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, PEERS], check=True)
    shutil.rmtree(common.SID + place)
