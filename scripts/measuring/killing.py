"""libprof killed at random moments: the target goes on and ends with its own status."""
import ctypes
import os
import random
import signal
import subprocess
import tempfile
import time

from measuring import common

PR_SET_CHILD_SUBREAPER = 36
STATUS = 7
PROGRAM = """
import os, sys, time
def work(n):
    return sum(i * i for i in range(n))
end = time.time() + 0.5
with open(sys.argv[1] + ".begun", "w") as file:
    file.write(str(os.getpid()))
while time.time() < end:
    work(200)
open(sys.argv[1] + ".done", "w").close()
sys.exit(%d)
""" % STATUS


def measure(options):
    """Orphans come to this process (PR_SET_CHILD_SUBREAPER, prctl(2)), which so learns how a target ended that libprof left."""
    runs = options.runs or (3 if options.quick else 25)
    common.heading("libprof killed by SIGKILL at a random moment (%d times each)" % runs)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    chance = random.Random(9)
    rows = []
    for version in ("3.8", "3.11", "3.13"):
        interpreter = common.find(version)
        if interpreter is None or interpreter.root:
            continue
        for verb in ("run", "attach"):
            for mode in ([], ["--blocking"]):
                counts = {"went on": 0, "not started": 0, "LOST": 0}
                for _ in range(runs):
                    counts[kill_once(interpreter, verb, mode, chance.uniform(0, 0.45))] += 1
                rows.append([interpreter, verb + " " + " ".join(mode)] + list(counts.values()) + ["yes" if not counts["LOST"] else "NO"])
    common.table(["Python", "verb", "target went on", "killed before the start", "lost", "met"], rows)


def kill_once(interpreter, verb, mode, delay):
    with tempfile.TemporaryDirectory() as directory:
        mark = os.path.join(directory, "mark")
        target_command = interpreter.command + ["-c", PROGRAM, mark]
        options = [common.binary(), verb, "-q", "-r", "5000", "-o", os.path.join(directory, "out.libprof")] + mode
        if verb == "run":
            libprof = start(options + ["--"] + target_command)
            target = None
        else:
            target = start(target_command)
            while not os.path.exists(mark + ".begun") and target.poll() is None:
                time.sleep(0.001)
            libprof = start(options + [str(target.pid)])
        time.sleep(delay)
        libprof.send_signal(signal.SIGKILL)
        libprof.wait()
        status = wait_for(target)
        if status is None and not os.path.exists(mark + ".begun"):
            return "not started"
        # Where libprof had ended before it was killed, it has reaped the target: only the mark tells.
        done = os.path.exists(mark + ".done")
        if not done and os.path.exists(mark + ".begun"):
            end(mark + ".begun")
        return "went on" if done and status in (STATUS, None) else "LOST"


def start(command):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=common.ENVIRONMENT)


def wait_for(target):
    """The exit status of the target, a child or an orphan that came here; None if there is none, -1 if it does not end."""
    end_of_patience = time.monotonic() + 30
    while time.monotonic() < end_of_patience:
        try:
            pid, status = os.waitpid(target.pid if target else -1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid:
            if target:
                target.returncode = 0  # Reaped here: nothing is left for subprocess to wait for.
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        time.sleep(0.002)
    return -1


def end(path):
    """Ends a target that was left stopped, so that nothing stays behind."""
    try:
        with open(path) as file:
            os.kill(int(file.read()), signal.SIGKILL)
    except (ValueError, ProcessLookupError):
        pass
