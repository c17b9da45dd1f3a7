"""Programs that change their stacks all the time, never stopped: does any stack appear that cannot exist?"""
import collections
import re
import time

from measuring import common
from measuring.possible import explain
from measuring.sampling import stacks_of

# How many looks may be rejected, as a share.
PROGRAMS = collections.OrderedDict([("churn", 0.05), ("updown", 0.10), ("nested_generators", 0.05), ("short_threads", 0.10)])
# A stack is complete when it reaches from its root into the code that does all the work: main's loop, or what a thread runs.
HOT = re.compile(r"^(main|Thread\._bootstrap|_bootstrap)$")
CUT_BOUND = 0.05
COMPLETE_BOUND = 0.95
RUN_SECONDS = 5


class Tally(object):
    """What all runs of one program under one interpreter gave."""

    def __init__(self):
        self.samples = self.failed = self.cut = self.stacks = self.hot = self.impossible = 0
        self.failures = collections.Counter()
        self.examples = collections.Counter()

    def add(self, script, sampling, lines):
        self.samples += sampling["samples"]
        self.failed += sampling["failed"]
        self.cut += sampling.get("cut", 0)
        self.failures.update(sampling.get("failures", {}))
        for frames, count in stacks_of(lines):
            self.stacks += count
            reason = explain(script, frames)
            if reason:
                self.impossible += count
                self.examples["%s: %s" % (reason, " > ".join("%s (%s)" % frame for frame in shortened(frames)))] += count
            self.hot += count if any(HOT.match(name) for name, _ in frames) else 0


def shortened(frames):
    """The frames, a long row of them without its middle; files without their directories."""
    kept = frames if len(frames) <= 14 else frames[:6] + [("... %d more ..." % (len(frames) - 12), "")] + frames[-6:]
    return [(name, file.rsplit("/", 1)[-1]) for name, file in kept]


def sample(interpreter, name, options):
    """Attaches again and again, as fast as it can, until there are enough samples."""
    tally = Tally()
    target = common.start_target(interpreter, name + ".py")
    seconds = "1" if options.quick else str(RUN_SECONDS)
    begin = time.monotonic()
    try:
        while tally.samples < options.samples and not (options.limit and time.monotonic() - begin > options.limit):
            before = tally.samples
            report, lines, _ = common.profile(["attach", "-r", "max", "-d", seconds, str(target.pid)], "json", "collapsed")
            tally.add(name + ".py", report["sampling"], lines)
            if tally.samples == before:
                break
    finally:
        common.end_target(target)
    return tally


def judge(name, tally, options):
    """Shares of rejected, cut and complete, and whether all is as it should be."""
    rejected = tally.failed / max(1, tally.samples + tally.failed)
    cut = tally.cut / max(1, tally.samples)
    hot = tally.hot / max(1, tally.stacks)
    # Every sample has a stack, and every sample ends in the recording.
    met = not tally.impossible and 0 < tally.samples <= tally.stacks and rejected <= PROGRAMS[name] and cut <= CUT_BOUND and hot >= COMPLETE_BOUND
    return rejected, cut, hot, met


def measure(options):
    common.heading("Programs that change their stacks all the time, as fast as it can, not stopped")
    rows, figures, remarks = [], [], []
    for name in options.targets:
        for interpreter in common.interpreters():
            if options.only not in str(interpreter):
                continue
            tally = sample(interpreter, name, options)
            rejected, cut, hot, met = judge(name, tally, options)
            rows.append([name, interpreter, tally.samples, tally.stacks, tally.impossible, percent(rejected), percent(cut), percent(hot), "yes" if met else "NO"])
            print("  ".join(str(cell) for cell in rows[-1]), dict(tally.failures), flush=True)
            figures.append({
                "program": name, "python": interpreter.version, "interpreter": str(interpreter), "samples": tally.samples, "stacks": tally.stacks,
                "impossible": tally.impossible, "rejected_share": rejected, "cut_share": cut, "complete_share": hot,
                "failures": dict(tally.failures), "examples": dict(tally.examples.most_common(20))})
            for text, count in tally.examples.most_common(5):
                remarks.append("%s, %s, %d times: %s" % (name, interpreter, count, text))
                print("    " + remarks[-1], flush=True)
    print()
    common.table(["program", "Python", "samples", "stacks", "impossible", "rejected", "cut", "complete", "met"], rows)
    for remark in remarks:
        common.write("- " + remark)
    return figures


def percent(value):
    return "%.2f %%" % (100 * value)
