"""Many short calls under three callers with known shares of the time: a sampler that loses looks at changes gets them wrong."""
import re

from measuring import common
from measuring.sampling import chosen, stacks_of

NAMES = ("often", "sometimes", "seldom")
BOUND = 1.5  # Points.


def measure(options):
    common.heading("Three callers of many short functions, %d s each" % (options.seconds + 1))
    rows, figures = [], []
    for interpreter in chosen(options):
        for rate in ("10000", "max"):
            script = interpreter.place(common.TARGETS) + "/three_parents.py"
            said, found, total = look(interpreter, script, rate, options.seconds + 1)
            error = max(abs(a - b) for a, b in zip(said, found))
            rows.append([interpreter, rate, total] + ["%.2f" % value for value in found] + ["%.2f" % error, "yes" if error <= BOUND else "NO"])
            figures.append({"python": interpreter.version, "interpreter": str(interpreter), "rate_asked": rate, "samples": total,
                            "truth": dict(zip(NAMES, said)), "found": dict(zip(NAMES, found)), "largest_error_points": error})
    common.table(["Python", "asked, Hz", "samples"] + list(NAMES) + ["largest error (points)", "met"], rows)
    return figures


def look(interpreter, script, rate, seconds):
    """The shares that the program measured itself and those of the samples, in percent; the samples under the three."""
    target = common.start_target(interpreter, "three_parents.py")
    try:
        lines, _ = common.profile(["attach", "-r", rate, "-d", str(seconds), str(target.pid)], "collapsed")
    finally:
        rest = common.end_target(target)
    said = [100 * float(value) for value in re.search(r"shares ([\d.]+) ([\d.]+) ([\d.]+)", rest).groups()]
    counts = dict.fromkeys(NAMES, 0)
    for frames, count in stacks_of(lines):
        for name, _ in frames:
            if name in counts:
                counts[name] += count
    total = sum(counts.values()) or 1
    return said, [100.0 * counts[name] / total for name in NAMES], total
