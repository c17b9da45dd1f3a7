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
    found = [i for i in common.interpreters() if options.only in str(i)]
    if not options.quick:
        return found
    return [i for i in found if i.version.startswith(("3.8.", "3.11.", "3.13.", "3.15."))]


def measure_split(options):
    seconds = 1 if options.quick else 5
    common.heading("70 : 20 : 10 by construction, 1 kHz, %d s" % seconds)
    rows = []
    for interpreter in chosen(options):
        script = interpreter.place(common.TARGETS) + "/split703010.py"
        lines = common.profile(["run", "-r", "1000", "--"] + interpreter.command + [script, str(seconds)], "collapsed")
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


def attach(interpreter, script, arguments, options, form, rate="1000", seconds=None):
    """Attaches to a target for some seconds and gives what libprof wrote."""
    target = common.start_target(interpreter, script, *arguments)
    try:
        return common.profile(["attach", "-r", rate, "-d", str(seconds or (1 if options.quick else 3)), str(target.pid)], form)
    finally:
        common.end_target(target)


def measure_attach(options):
    common.heading("Attached to a busy loop 20 deep, 1 kHz")
    rows = []
    for interpreter in chosen(options):
        sampling = attach(interpreter, "busy.py", [20], options, "json")["sampling"]
        looks = sampling["samples"] + sampling.get("failed", 0)
        good = 100.0 * (sampling["samples"] - sampling.get("cut", 0)) / max(looks, 1)
        rows.append([interpreter, sampling["samples"], sampling.get("failed", 0), sampling.get("cut", 0), sampling.get("missed", 0),
                     "%.3f %%" % good, "yes" if good >= 99.9 else "NO"])
    common.table(["Python", "samples", "failed", "cut", "missed", "good", "met"], rows)


def measure_stacks(options):
    common.heading("Programs that change their stacks all the time, 5 kHz, not stopped")
    rows = []
    for script in ("busy.py", "churn.py", "updown.py", "nested_generators.py", "short_threads.py"):
        for interpreter in chosen(options):
            target = common.start_target(interpreter, script)
            try:
                seconds = 1 if options.quick else 3
                sampling = common.profile(["attach", "-r", "5000", "-d", str(seconds), str(target.pid)])["sampling"]
                lines = common.profile(["attach", "-r", "5000", "-d", str(seconds), str(target.pid)], "collapsed")
            finally:
                common.end_target(target)
            impossible, shown, example = 0, 0, ""
            for frames, count in stacks_of(lines):
                shown += count
                reason = explain(script, frames)
                if reason:
                    impossible += count
                    example = reason
            looks = sampling["samples"] + sampling.get("failed", 0)
            complete = 100.0 * (sampling["samples"] - sampling.get("cut", 0)) / max(looks, 1)
            rows.append([script, interpreter, shown, impossible, "%.2f %%" % (100.0 * impossible / max(shown, 1)), "%.1f %%" % complete,
                         "yes" if not impossible and complete >= 95 else "NO", example])
    common.table(["program", "Python", "stacks", "impossible", "share", "looks complete to the leaf", "met", "for example"], rows)
