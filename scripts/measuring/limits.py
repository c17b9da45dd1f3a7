"""What the machine itself allows: deadlines that a timer meets which does nothing, and what a busy neighbour costs a program that imports."""
import os
import subprocess
import tempfile

from measuring import common, comparing, peers

RATES = (1000, 10000)
IMPORT = "import sklearn.svm"
# The processor time of all threads of the importing process, in nanoseconds (Documentation/scheduler/sched-stats.rst).
PROGRAM = IMPORT + "\nprint(sum(int(open('/proc/self/task/%s/schedstat' % t).read().split()[0]) for t in __import__('os').listdir('/proc/self/task')))"


def measure(options):
    return {"deadlines": deadlines(options), "neighbours": neighbours(options)}


def deadlines(options):
    """C loops that only sleep, or sleep and read what a look reads, and libprof, beside the same busy program."""
    interpreter = common.find("3.13") or common.interpreters()[-1]
    compiler = common.compiler()
    libprof = peers.LibProf()
    rows, figures = [], []
    target = common.start_target(interpreter, "working.py", 20, 1)
    try:
        with tempfile.TemporaryDirectory() as directory:
            out, sleeper = os.path.join(directory, "out"), os.path.join(directory, "deadlines")
            if compiler:
                source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "deadlines.c")
                subprocess.run([compiler, "-O2", "-o", sleeper, source], check=True)
            loops = {
                "sleeping only": [],
                "the same, real-time priority": ["realtime"],
                "sleeping, and one read of 10 KiB": [str(target.pid), heap(target.pid)],
            } if compiler else {}
            for rate in RATES:
                found = {name: [] for name in list(loops) + ["libprof"]}
                for _ in range(options.repeats):
                    for name, words in loops.items():
                        text = common.run([sleeper, str(rate), str(options.seconds)] + words, stdout=subprocess.PIPE).stdout
                        if text:
                            met, missed, cost = (float(word) for word in text.split())
                            found[name].append((met / (met + missed), cost))
                    short, long = (comparing.attach(libprof, target.pid, seconds, rate, out) for seconds in (1, 1 + options.seconds))
                    met = long.counts.samples - short.counts.samples
                    found["libprof"].append((met / (options.seconds * rate), 1e6 * (long.cpu - short.cpu) / max(1, met)))
                for name, values in found.items():
                    if values:
                        share, cost = (common.median(value[i] for value in values) for i in (0, 1))
                        rows.append(["{:,}".format(rate), name, "%.2f %%" % (100 * share), "%.1f" % cost])
                        figures.append({"rate": rate, "what": name, "met_share": share, "cpu_us": cost})
    finally:
        common.end_target(target)
    common.write("Deadlines, beside a busy program (CPython %s):\n" % interpreter.version)
    common.table(["Hz", "what", "deadlines met", "CPU µs each"], rows)
    return figures


def heap(pid):
    """Where a process has its heap: memory that it uses."""
    with open("/proc/%d/maps" % pid) as file:
        return next(line.split("-")[0] for line in file if line.rstrip().endswith("[heap]"))


def neighbours(options):
    """Processor time of a program that imports, alone, beside an empty loop, and under libprof."""
    interpreter = common.find("3.11", "sklearn.svm", debian=True)
    if not interpreter:
        print("scikit-learn: not found; scripts/setup\n")
        return []
    with tempfile.TemporaryDirectory() as directory:
        return beside(interpreter, os.path.join(directory, "out"), options)


def beside(interpreter, out, options):
    binary = common.binary()
    program = interpreter.command + ["-c", PROGRAM]
    variants = [("alone", []), ("beside an empty loop", [])]
    variants += [("libprof run -r %d%s" % (rate, more), [binary, "run", "-q", "-r", str(rate)] + more.split() + ["-o", out, "--"])
                 for rate, more in ((100, ""), (1000, ""), (1000, " --no-use --no-memory"), (5000, ""))]
    found = {name: [] for name, _ in variants}
    for turn in range(3 * options.repeats + 1):
        for name, words in variants:
            loop = subprocess.Popen(["sh", "-c", "while :; do :; done"]) if "loop" in name else None
            try:
                lines = common.run(words + program, stdout=subprocess.PIPE).stdout.split()
            finally:
                if loop:
                    loop.kill()
                    loop.wait()
            if turn > 0 and lines:
                found[name].append(int(lines[-1]) / 1e6)
    base = common.median(found["alone"])
    common.write("Processor time of `%s` (CPython %s):\n" % (IMPORT, interpreter.version))
    common.table(["", "CPU ms", "more than alone"], [[name, "%.0f" % common.median(values), "%+.1f %%" % (100 * (common.median(values) / base - 1))]
                                                     for name, values in found.items() if values])
    return [{"what": name, "cpu_ms": values} for name, values in found.items()]
