"""What samples say of programs whose behaviour is known."""
import re

from measuring import common
from measuring.possible import explain

FRAME = re.compile(r"^(.*) \((.*?)(?::(\d+))?\)$")


def stacks_of(lines):
    """(frames, count) for each line of a collapsed file; a frame is (name, file)."""
    for line in lines:
        text, _, count = line.rpartition(" ")
        frames = []
        for part in text.split(";"):
            match = FRAME.match(part)
            frames.append((match.group(1), match.group(2)) if match else (part, ""))
        yield frames, int(count)


def chosen(options):
    found = [i for i in common.interpreters() if any(text in str(i) for text in options.only.split(","))]
    if not options.quick:
        return found
    return [i for i in found if i.version.startswith(("3.8.", "3.11.", "3.13.", "3.15."))]


def measure_split(options):
    seconds = 1 if options.quick else 5
    common.heading("70 : 20 : 10 by construction, 1 kHz, %d s" % seconds)
    rows = []
    for interpreter in chosen(options):
        script = interpreter.place(common.TARGETS) + "/split703010.py"
        lines, _ = common.profile(["run", "-r", "1000", "--"] + interpreter.command + [script, str(seconds)], "collapsed")
        counts = {"seventy": 0, "twenty": 0, "ten": 0}
        for frames, count in stacks_of(lines):
            for name, _ in frames:
                if name in counts:
                    counts[name] += count
        total = sum(counts.values()) or 1
        found = [100.0 * counts[name] / total for name in ("seventy", "twenty", "ten")]
        error = max(abs(a - b) for a, b in zip(found, (70, 20, 10)))
        rows.append([interpreter, total] + ["%.2f" % value for value in found] + ["%.2f" % error, "yes" if error <= 1 else "NO"])
    common.table(["Python", "samples", "seventy", "twenty", "ten", "largest error (points)", "met"], rows)


def attach(interpreter, script, arguments, rate, options):
    """Attaches to a target for some seconds; gives the sampling figures, and the lines of collapsed stacks."""
    target = common.start_target(interpreter, script, *arguments)
    seconds = "1" if options.quick else "3"
    try:
        report, lines, _ = common.profile(["attach", "-r", rate, "-d", seconds, str(target.pid)], "json", "collapsed")
    finally:
        common.end_target(target)
    sampling = report["sampling"]
    return [sampling.get(key, 0) for key in ("samples", "failed", "cut", "missed")], lines


def measure_attach(options):
    common.heading("Attached to a busy loop 20 deep, 1 kHz")
    rows = []
    for interpreter in chosen(options):
        counts, _ = attach(interpreter, "busy.py", [20], "1000", options)
        samples, failed, cut, _ = counts
        good = 100.0 * (samples - cut) / max(samples + failed, 1)
        rows.append([interpreter] + counts + ["%.3f %%" % good, "yes" if good >= 99.9 else "NO"])
    common.table(["Python", "samples", "failed", "cut", "missed", "good", "met"], rows)


def measure_stacks(options):
    common.heading("Programs that change their stacks all the time, 5 kHz, not stopped")
    rows = []
    for script in ("busy.py", "churn.py", "updown.py", "nested_generators.py", "short_threads.py"):
        for interpreter in chosen(options):
            (samples, failed, cut, _), lines = attach(interpreter, script, [], "5000", options)
            impossible, shown, example = 0, 0, ""
            for frames, count in stacks_of(lines):
                shown += count
                reason = explain(script, frames)
                if reason:
                    impossible += count
                    example = reason
            complete = 100.0 * (samples - cut) / max(samples, 1)
            rows.append([script, interpreter, shown, impossible, "%.1f %%" % complete, "%.1f %%" % (100.0 * failed / max(samples + failed, 1)),
                         "yes" if shown and not impossible and complete >= 95 else "NO", example])
    common.table(["program", "Python", "stacks", "impossible", "complete to the leaf", "looks failed", "met", "for example"], rows)
