"""Whether a stack is one that a program of tests/Targets can have; the rules are at the top of each program.

The same rules as tests/TestSupport/PossibleStacks.cs, for what a collapsed file shows: frames as (name, file), root first, and with
several threads the thread first.
"""
import re

GENERATED = re.compile(r"^(c\d+_\d+|t\d+_\d+|d\d+|g\d+)$")


def explain(script, frames):
    """Why it cannot exist; None if it can."""
    if frames and not frames[0][1].startswith(("/", "<")) and not frames[0][1].endswith(".py"):
        frames = frames[1:]  # The thread: "name (id)".
    generated = [name for name, _ in frames if GENERATED.match(name)]
    if frames and frames[0][1].endswith("/threading.py"):
        return explain_thread(frames) if script == "short_threads.py" else None
    if not frames or frames[0][0] != "<module>" or not frames[0][1].endswith(script):
        return "generated functions without <module>" if generated else None
    if len(frames) == 1 or frames[1][0] != "main":
        return "generated functions without main" if generated else None
    rest = frames[2:]
    if script == "busy.py":
        names = [name for name, _ in rest]
        levels = names.count("level")
        whole = names == ["level"] * levels or names == ["level"] * levels + ["spin"]
        return None if whole and levels <= 20 else "not level..., spin: %s" % names[-3:]
    if script == "churn.py":
        return explain_churn(rest)
    if script == "short_threads.py":
        return "a thread's function in the main thread" if generated else None
    if rest and rest[0][0] == "make" or not generated:
        return None
    letter, deepest = ("d", 250) if script == "updown.py" else ("g", 20)
    for index, (name, _) in enumerate(rest):
        if name != "%s%d" % (letter, index) or index > deepest:
            return "%s at depth %d" % (name, index)
    return None


def explain_churn(rest):
    names = [name for name, _ in rest]
    if names[:1] == ["make"]:
        return None if names in (["make"], ["make", "<module>"]) else "make called %s" % names[1]
    rounds = set()
    for index, (name, file) in enumerate(rest):
        match = re.match(r"^c(\d+)_(\d+)$", name)
        if not match or int(match.group(2)) != index or index > 7 or file != "<churn %s>" % match.group(1):
            return "%s (%s) at depth %d" % (name, file, index)
        rounds.add(match.group(1))
    return "rounds %s in one stack" % " and ".join(sorted(rounds)) if len(rounds) > 1 else None


def explain_thread(frames):
    rest = list(frames)
    while rest and rest[0][1].endswith("/threading.py"):
        del rest[0]
    kinds = set()
    for index, (name, file) in enumerate(rest):
        match = re.match(r"^t(\d+)_(\d+)$", name)
        if not match:
            return "%s after thread's functions" % name if kinds else None
        if int(match.group(2)) != index or index > 9 or file != "<short %s>" % match.group(1):
            return "%s (%s) at depth %d" % (name, file, index)
        kinds.add(match.group(1))
    return "kinds %s in one stack" % " and ".join(sorted(kinds)) if len(kinds) > 1 else None
