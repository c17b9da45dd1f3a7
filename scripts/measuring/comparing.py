"""Libprof beside its peers on the same targets, interleaved."""
import os
import re
import subprocess
import tempfile

from measuring import common, meters

# Name, DEPTH and THREADS of working.py.
WORKING = [("depth 20", 20, 1), ("depth 100", 100, 1), ("8 threads", 20, 8)]
RATES = [None, 10000, 1000]
IDLE, START = "idle", "import-heavy start"
TARGETS = [name for name, _, _ in WORKING] + [IDLE, START]
# Seconds that a profiler may take beyond those it was asked to sample.
PATIENCE = 20


class Cell(object):
    """What was found of one profiler on one target at one rate: lists, a value for each repeat."""

    def __init__(self, interpreter, target, profiler, rate):
        self.key = {"python": interpreter.version, "target": target, "profiler": profiler.name, "rate_asked": rate or "max"}
        self.found = {}
        self.is_given_up = False

    def add(self, **figures):
        for name, value in figures.items():
            if value is not None:
                self.found.setdefault(name, []).append(value)

    def median(self, name):
        return common.median(self.found[name]) if self.found.get(name) else None

    def spread(self, name):
        return (min(self.found[name]), max(self.found[name])) if self.found.get(name) else None

    def as_json(self):
        figures = {}
        for name, values in self.found.items():
            figures[name] = {"median": common.median(values), "min": min(values), "max": max(values), "values": values}
        return dict(self.key, figures=figures)


def compare(interpreter, profilers, options):
    """All cells of one interpreter. Each repeat goes through all profilers and rates before the next begins."""
    cells = []
    able = [p for p in profilers if interpreter.version.startswith(p.reads)]
    for name, depth, threads in WORKING:
        if name in options.targets:
            cells += compare_working(interpreter, able, name, depth, threads, options)
    if IDLE in options.targets:
        cells += compare_idle(interpreter, able, options)
    if START in options.targets:
        cells += compare_start(interpreter, able, options)
    return [cell for cell in cells if cell.found]


def pairs(interpreter, profilers, name, rates):
    return [(profiler, rate, Cell(interpreter, name, profiler, rate)) for profiler in profilers for rate in rates]


def compare_working(interpreter, profilers, name, depth, threads, options):
    cells = pairs(interpreter, profilers, name, options.rates)
    target = common.start_target(interpreter, "working.py", depth, threads)
    try:
        with tempfile.TemporaryDirectory() as directory:
            out = os.path.join(directory, "out")
            for _ in range(options.repeats):
                for profiler, rate, cell in cells:
                    if not cell.is_given_up:
                        repeat(profiler, rate, cell, target, threads, out, options.seconds)
            for profiler, rate, cell in cells:
                cell.add(**calls_per_sample(profiler, rate, target.pid, out) if cell.found else {})
    finally:
        common.end_target(target)
    return [cell for _, _, cell in cells]


def repeat(profiler, rate, cell, target, threads, out, seconds):
    """One short and one long run: their difference has no start and no end in it. Before it, the target alone."""
    start = meters.ask(target)
    wait(min(seconds, 2))
    alone = meters.ask(target)
    short = attach(profiler, target.pid, 1, rate, out)
    if not short.counts:
        cell.is_given_up = True
        return
    between = meters.ask(target)
    long = attach(profiler, target.pid, 1 + seconds, rate, out)
    end = meters.ask(target)
    if not long.counts or not long.counts.samples:
        # It cannot read this target.
        cell.is_given_up = True
        return
    samples = long.counts.samples - short.counts.samples
    failed = max(0, long.counts.failed - short.counts.failed)
    looks = max(1, samples + failed)
    slowed = 1 - end.speed_since(between, threads) / alone.speed_since(start, threads)
    cell.add(
        samples_per_s=samples / seconds, cpu_us_per_sample=1e6 * (long.cpu - short.cpu) / max(1, samples),
        peak_rss_mib=long.peak / 1024.0, failed_share=failed / looks, slowdown=slowed,
        cut_share=None if long.counts.cut is None else long.counts.cut / max(1, long.counts.samples),
        reached_share=samples / seconds / rate if rate else None)


def attach(profiler, pid, seconds, rate, out):
    if os.path.exists(out):
        os.unlink(out)
    return meters.measure(profiler, profiler.attach(pid, seconds, rate, out), out, seconds + PATIENCE)


def wait(seconds):
    common.run(["sleep", str(seconds)])


def calls_per_sample(profiler, rate, pid, out):
    """Reads of and writes to the target per sample, from two runs under strace."""
    found = []
    for seconds in (1, 4):
        if os.path.exists(out):
            os.unlink(out)
        # As fast as it can under strace is slow enough to leave no gap between looks.
        calls, counts = meters.count_calls(profiler, profiler.attach(pid, seconds, rate, out), out, seconds + PATIENCE)
        if not counts:
            return {}
        found.append((calls, counts.samples))
    samples = found[1][1] - found[0][1]
    if samples <= 0:
        return {}

    def each(names):
        return (sum(found[1][0].get(n, 0) for n in names) - sum(found[0][0].get(n, 0) for n in names)) / samples

    return {"reads_per_sample": each(meters.READS), "writes_per_sample": each(meters.WRITES)}


def looks(counts):
    """Samples, and looks left out since nothing of the target ran."""
    return counts.samples + counts.idle


def compare_idle(interpreter, profilers, options):
    cells = pairs(interpreter, profilers, IDLE, [1000])
    target = common.start_target(interpreter, "idle.py")
    try:
        with tempfile.TemporaryDirectory() as directory:
            out = os.path.join(directory, "out")
            for _ in range(options.repeats):
                for profiler, rate, cell in cells:
                    short = attach(profiler, target.pid, 1, rate, out)
                    long = attach(profiler, target.pid, 1 + options.seconds, rate, out)
                    if short.counts and long.counts and long.counts.samples:
                        cell.add(
                            samples_per_s=(looks(long.counts) - looks(short.counts)) / options.seconds,
                            cpu_share=(long.cpu - short.cpu) / options.seconds, peak_rss_mib=long.peak / 1024.0)
    finally:
        common.end_target(target)
    return [cell for _, _, cell in cells]


STARTED = re.compile(r"start ([\d.]+) (-?[\d.]+) ([\d.]+)")


def compare_start(interpreter, profilers, options):
    """The whole run of a program that imports much, begin and end of the profiler included."""
    cells = pairs(interpreter, profilers, START, options.rates)
    script = interpreter.place(common.TARGETS) + "/counted_start.py"
    alone = interpreter.command + [script]
    for _ in range(2):
        common.run(alone)
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "out")
        for _ in range(max(options.repeats, 2) * 3):
            for profiler, rate, cell in cells:
                base = STARTED.search(common.run(alone, stdout=subprocess.PIPE).stdout.decode())
                if os.path.exists(out):
                    os.unlink(out)
                used = meters.measure(profiler, profiler.run(interpreter, [script], rate, out), out, PATIENCE)
                found = STARTED.search(used.text)
                if not used.counts or not used.counts.samples or not found:
                    continue
                clock, waits, cpu = (float(value) for value in found.groups())
                own = max(0.0, used.cpu - cpu)
                looks = max(1, used.counts.samples + used.counts.failed)
                cell.add(
                    samples_per_s=used.counts.samples / clock, cpu_us_per_sample=1e6 * own / max(1, used.counts.samples),
                    peak_rss_mib=used.peak / 1024.0, failed_share=used.counts.failed / looks,
                    slowdown=(clock - waits) / (float(base.group(1)) - float(base.group(2))) - 1)
    return [cell for _, _, cell in cells]


def number(value, form, unit=""):
    return "" if value is None else (form % value) + unit


def share(value):
    return "" if value is None else "%.2f %%" % (100 * value) if value < 0.1 else "%.0f %%" % (100 * value)


def row(cell):
    """One row of the table: medians, and the spread of the rate."""
    rate = cell.median("samples_per_s")
    low, high = cell.spread("samples_per_s")
    cost = cell.median("cpu_us_per_sample")
    return [
        cell.key["python"], cell.key["target"], cell.key["profiler"], "{:,}".format(cell.key["rate_asked"]) if cell.key["rate_asked"] != "max" else "max",
        "{:,.0f} ({:,.0f} to {:,.0f})".format(rate, low, high), number(cell.median("reads_per_sample"), "%.2f"), number(cell.median("writes_per_sample"), "%.2f"),
        number(cost, "%.1f") if cost is not None else share(cell.median("cpu_share")) + " of a core",
        number(cell.median("peak_rss_mib"), "%.0f"), share(cell.median("failed_share")), number(cell.median("slowdown"), "%+.1f %%") if cell.median("slowdown") is None
        else "%+.1f %%" % (100 * cell.median("slowdown"))]


HEADER = ["Python", "target", "profiler", "asked, Hz", "samples/s (spread)", "reads a sample", "writes a sample", "CPU µs a sample", "RSS MiB", "failed", "slowdown"]
