"""What a sample costs: calls, bytes and processor time, by version, depth and threads; and at the rates that are used in earnest."""
import os
import re
import subprocess
import tempfile

from measuring import common, comparing, meters, peers
from measuring.sampling import chosen

SHAPES = [("1 thread, 20 deep", 20, 1), ("1 thread, 100 deep", 100, 1), ("8 threads, 20 deep", 20, 8)]
RATES = (100, 1000, 5000, 10000)


def measure(options):
    libprof = peers.LibProf()
    rows, figures = [], []
    for interpreter in chosen(options):
        for name, depth, threads in SHAPES:
            figures.append(cost(libprof, interpreter, name, depth, threads, options))
            figure = figures[-1]
            rows.append([interpreter, name, "%.2f" % figure["calls"], "%.0f" % figure["bytes"], "%.1f" % figure["cpu_us_at_max"],
                         "{:,.0f}".format(figure["samples_per_s"])] + ["%.2f %%" % (100 * figure["core_share"][rate]) for rate in RATES])
    common.table(["Python", "target", "calls", "bytes read", "CPU µs at max", "samples/s at max"] + ["of a core at {:,} Hz".format(rate) for rate in RATES], rows)
    return figures


def cost(libprof, interpreter, name, depth, threads, options):
    target = common.start_target(interpreter, "working.py", depth, threads)
    figure = {"python": interpreter.version, "interpreter": str(interpreter), "target": name, "core_share": {}}
    try:
        with tempfile.TemporaryDirectory() as directory:
            out = os.path.join(directory, "out")
            short = comparing.attach(libprof, target.pid, 1, None, out)
            long = comparing.attach(libprof, target.pid, 1 + options.seconds, None, out)
            samples = long.counts.samples - short.counts.samples
            figure["cpu_us_at_max"] = 1e6 * (long.cpu - short.cpu) / max(1, samples)
            figure["samples_per_s"] = samples / options.seconds
            figure["calls"], figure["bytes"] = calls_and_bytes(libprof, target.pid, out)
            for rate in RATES:
                short = comparing.attach(libprof, target.pid, 1, rate, out)
                long = comparing.attach(libprof, target.pid, 1 + options.seconds, rate, out)
                # Per sample, times the rate: a run that was kept from its processor did not do all that was asked.
                figure["core_share"][rate] = (long.cpu - short.cpu) / max(1, long.counts.samples - short.counts.samples) * rate
    finally:
        common.end_target(target)
    return figure


def calls_and_bytes(libprof, pid, out):
    """Reads of the target per sample and bytes that they brought, from a short and a longer run under strace at 1 kHz."""
    found = []
    for seconds in (1, 4):
        with tempfile.NamedTemporaryFile() as log:
            if os.path.exists(out):
                os.unlink(out)
            command = ["strace", "-f", "--seccomp-bpf", "-e", "trace=" + ",".join(meters.READS), "-e", "abbrev=all", "-s", "0", "-o", log.name]
            subprocess.run(command + libprof.attach(pid, seconds, 1000, out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, env=common.ENVIRONMENT, check=True)
            results = [int(n) for n in re.findall(r"= (\d+)$", log.read().decode("utf-8", "replace"), re.M)]
        found.append((len(results), sum(results), libprof.counts(out, "").samples))
    calls, read, samples = (found[1][i] - found[0][i] for i in range(3))
    return calls / max(1, samples), read / max(1, samples)
