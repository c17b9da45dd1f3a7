"""One cold start of a handler without a profiler, by the same driver that libprof uses, and what it took."""
import collections
import marshal
import os
import re
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DRIVER = os.path.join(ROOT, "src", "Sampler", "Handlers", "driver.py")
BOOTSTRAP = "import marshal, posix; exec(*marshal.loads(b''.join(iter(lambda: posix.read(%d, 65536), b''))))"
FUNCTIONS = ["handler", "lambda_handler", "main"]

# Variables that change what a Python imports or writes are not passed on.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

# init: processor milliseconds of importing the handler; cpu, wall: milliseconds of the whole process; memory: peak MiB resident.
ColdStart = collections.namedtuple("ColdStart", "status output init cpu wall memory errors")


def start(interpreter, directory, event, environment=None, invocations=1):
    """Runs the handler.py of a directory with an event (JSON that was parsed)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    job = {
        "channel": theirs.fileno(), "directory": directory, "module": "handler", "functions": FUNCTIONS,
        "event": marshal.dumps(event, 2), "invocations": invocations}
    with open(DRIVER) as file:
        payload = marshal.dumps(
            ("exec(compile(source, file, 'exec'))", {"source": file.read(), "file": "<libprof handler driver>", "job": job}), 2)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, ours:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [interpreter, "-c", BOOTSTRAP % theirs.fileno()], pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=dict(ENVIRONMENT, **(environment or {})))
        theirs.close()
        init, memory = _serve(ours, process.pid, payload)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        output.seek(0)
        errors.seek(0)
        return ColdStart(
            process.returncode, output.read().decode("utf-8", "replace"), init, 1e3 * (usage.ru_utime + usage.ru_stime),
            1e3 * wall, memory, errors.read().decode("utf-8", "replace"))


def _serve(channel, pid, payload):
    """Gives the driver its job and hears of its calls; the peak is read while the driver waits, since it dies with the process."""
    init = memory = float("nan")
    try:
        for at in range(0, len(payload), 65536):
            channel.send(payload[at:at + 65536])
        channel.send(b"")
        while True:
            message = channel.recv(256)
            if not message:
                return init, memory
            number, _, cpu_begin, _, cpu_end, _ = [int(word) for word in message.split()]
            if number == 0:
                init = (cpu_end - cpu_begin) / 1e6
            with open("/proc/%d/status" % pid) as file:
                memory = int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1024
            channel.send(b".")
    except OSError:
        return init, memory
