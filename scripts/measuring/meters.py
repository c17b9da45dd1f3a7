"""Figures of a profiler at work: its processor time, memory and system calls, and what it costs its target."""
import glob
import os
import re
import subprocess
import tempfile
import threading

from measuring import common

# What reads the target: its memory, and files of /proc. Reads of other files are so few that they vanish in the difference of two runs.
READS = ("process_vm_readv", "pread64", "preadv", "read", "readv")
WRITES = ("process_vm_writev", "ptrace")


class Used(object):
    """What one run of a profiler said and used: counts, seconds of processor time, KiB resident at most."""

    def __init__(self, counts, cpu, peak, text):
        self.counts, self.cpu, self.peak, self.text = counts, cpu, peak, text


def measure(profiler, command, out, limit):
    """Runs a profiler to its end, or for so many seconds at most. Processor time includes that of children it waited for."""
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed, env=common.ENVIRONMENT)
        # Not ru_maxrss of wait4(2): that begins with what this process had before the exec.
        peak, ended = [0], threading.Event()
        watcher = threading.Thread(target=watch_peak, args=(process.pid, peak, ended))
        watcher.start()
        # A peer that cannot read a target may try for minutes.
        killer = threading.Timer(limit, process.kill)
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        killer.cancel()
        process.returncode = status
        ended.set()
        watcher.join()
        printed.seek(0)
        text = printed.read().decode("utf-8", "replace")
    return Used(profiler.counts(out, text), usage.ru_utime + usage.ru_stime, peak[0], text)


def watch_peak(pid, peak, ended):
    """Keeps the last VmHWM, the most that was ever resident (proc_pid_status(5)), in KiB."""
    while not ended.wait(0.05):
        try:
            with open("/proc/%d/status" % pid) as file:
                found = re.search(r"^VmHWM:\s+(\d+)", file.read(), re.M)
        except (FileNotFoundError, ProcessLookupError):
            return
        peak[0] = int(found.group(1)) if found else peak[0]


def count_calls(profiler, command, out, limit):
    """System calls by name of a run under strace, and the profiler's counts; (None, None) where there is no strace, or no end within so many seconds."""
    with tempfile.NamedTemporaryFile() as log:
        traced = ["strace", "-f", "--seccomp-bpf", "-c", "-U", "name,calls", "-e", "trace=" + ",".join(READS + WRITES), "-o", log.name]
        try:
            done = subprocess.run(traced + command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=common.ENVIRONMENT, timeout=limit)
        except (FileNotFoundError, subprocess.TimeoutExpired):
            return None, None
        calls = {name: int(count) for name, count in re.findall(r"^(\w+)\s+(\d+)\s*$", log.read().decode(), re.M)}
    return calls, profiler.counts(out, done.stdout.decode("utf-8", "replace"))


class Work(object):
    """What tests/Targets/working.py says, rounds done and seconds by the clock; and seconds on and waiting for a processor."""

    def __init__(self, line, pid):
        rounds, clock = line.split()
        self.rounds, self.clock = int(rounds), float(clock)
        self.running, self.waiting = processor_times(pid)

    def speed_since(self, before, threads):
        """Rounds a second since an earlier answer, the waits for a processor left out.

        Several threads wait at the same time, so that their waits cannot be taken from the clock: theirs are rounds a second on a processor.
        """
        seconds = self.running - before.running if threads > 1 else (self.clock - before.clock) - (self.waiting - before.waiting)
        return (self.rounds - before.rounds) / seconds if seconds > 0 else float("nan")


def ask(target):
    """Asks a running working.py how much it has done."""
    target.stdin.write("\n")
    target.stdin.flush()
    return Work(target.stdout.readline(), target.pid)


def processor_times(pid):
    """Seconds that all threads of a process were on a processor, and waited for one (Documentation/scheduler/sched-stats.rst)."""
    running = waiting = 0
    for path in glob.glob("/proc/%d/task/*/schedstat" % pid):
        with open(path) as file:
            times = file.read().split()
        running += int(times[0])
        waiting += int(times[1])
    return running / 1e9, waiting / 1e9
