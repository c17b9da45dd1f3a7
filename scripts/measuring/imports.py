"""Import times beside python -X importtime, and importers beside the truth."""
import json
import os
import re
import subprocess
import tempfile

from measuring import common

STDLIB = (
    "import argparse, asyncio, concurrent.futures, csv, decimal, difflib, doctest, email.mime.multipart\n"
    "import http.server, json, logging.config, multiprocessing.pool, pdb, pickletools, sqlite3, statistics\n"
    "import tarfile, unittest.mock, urllib.request, xml.dom.minidom, xmlrpc.client, zipfile\n")

# Name, Python version, what must be importable, whether it must be Debian's, the program.
PROGRAMS = [
    ("boto3", "3.11", "boto3", False, "import boto3\nclient = boto3.client('s3', region_name='us-east-1')\n"),
    ("igraph", "3.11", "igraph", True, "import igraph\nigraph.Graph.Barabasi(1000, 2).pagerank()\n"),
    ("scikit-learn", "3.11", "sklearn", True, "from sklearn.ensemble import RandomForestClassifier\nRandomForestClassifier()\n"),
    ("standard library", "3.8", "sqlite3", False, STDLIB),
    ("standard library", "3.13", "sqlite3", False, STDLIB),
    ("standard library", "3.15", "sqlite3", False, STDLIB),
]

LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)$", re.M)
RELEVANT_MS = 2.0
NEVER_MISSING_MS = 5.0


def importtime(interpreter, program):
    """Inclusive milliseconds by module, and the modules that no other module's import contains."""
    done = subprocess.run(
        interpreter.command + ["-X", "importtime", program], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env=common.ENVIRONMENT)
    times, roots = {}, set()
    for _, inclusive, indent, name in LINE.findall(done.stderr.decode()):
        if name not in times:
            times[name] = int(inclusive) / 1000.0
            if not indent:
                roots.add(name)
    return times, roots


def shares(times, roots):
    """Inclusive times as shares of all imports."""
    total = sum(times.get(name, 0.0) for name in roots)
    return {name: value / total for name, value in times.items()}


def medians(runs):
    names = set().union(*runs)
    return {name: common.median(run[name] for run in runs if name in run) for name in names}


def errors(measured, truth, names):
    return [abs(measured[name] - truth[name]) / truth[name] for name in names if name in measured]


def measure_program(interpreter, program, runs):
    """One row: errors, missing modules, wrong importers."""
    path = interpreter.place(program)
    for _ in range(2):
        importtime(interpreter, path)  # Files into the cache, .pyc files onto the disk.
    first, second, ours, totals, statements, report = [], [], [], [], {}, None
    roots = set()
    for _ in range(runs):
        times, roots = importtime(interpreter, path)
        first.append(times)
        report, _ = common.profile(["run", "--"] + interpreter.command + [path], "json")
        ours.append({m["name"]: m["inclusive_ms"] for m in report["modules"] if "inclusive_ms" in m})
        for module in report["modules"]:
            if "import_file" in module:
                statements.setdefault(module["name"], []).append([module["import_file"], module.get("import_line")])
        second.append(importtime(interpreter, path)[0])
        totals.append(report["sampling"])
    common_roots = roots & set(ours[0])
    truth_ms = medians(first)
    truth = medians([shares(run, common_roots) for run in first])
    again = medians([shares(run, common_roots) for run in second])
    mine = medians([shares(run, common_roots) for run in ours])
    relevant = sorted(name for name, value in truth_ms.items() if value >= RELEVANT_MS)
    missing = [name for name in relevant if truth_ms[name] >= NEVER_MISSING_MS and name not in mine]
    own = errors(again, truth, relevant)
    found = errors(mine, truth, relevant)
    right, wrong = check_importers(interpreter, path, statements, [name for name in mine if medians(ours)[name] >= RELEVANT_MS])
    worst = sorted(((abs(mine[n] - truth[n]) / truth[n], n) for n in relevant if n in mine), reverse=True)[:5]
    bound = max(0.10, 1.5 * common.median(own))
    ok = common.median(found) <= bound and not missing and not wrong
    row = [
        "%.1f %%" % (100 * common.median(found)), "%.1f %%" % (100 * common.median(own)), len(relevant),
        "%.0f" % sum(truth_ms[name] for name in common_roots), ", ".join(missing) or "none",
        "%d right, %d wrong" % (right, len(wrong)), "yes" if ok else "NO"]
    notes = ["largest: " + ", ".join("%s %+.0f %%" % (n, 100 * (mine[n] / truth[n] - 1)) for _, n in worst)]
    notes += ["wrong importer: %s: said %s, is %s" % entry for entry in wrong]
    notes.append("samples %d, failed %d, cut %d, missed %d" % tuple(
        common.median(t.get(key, 0) for t in totals) for key in ("samples", "failed", "cut", "missed")))
    return row, notes


def check_importers(interpreter, path, statements, names):
    """How many modules have the right first importer, and which have a wrong one in any run."""
    script = interpreter.place(os.path.join(common.SCRIPTS, "measuring", "truth.py"))
    out = interpreter.place(tempfile.NamedTemporaryFile(delete=False).name)
    common.run(interpreter.command + [script, out, path])
    with open(interpreter.root + out) as file:
        truth = json.load(file)
    os.unlink(interpreter.root + out)
    right, wrong = 0, []
    for name in sorted(names):
        if name not in truth:
            continue  # Imported before the program began.
        said = statements.get(name, [None])
        bad = [s for s in said if s != truth[name]]
        if bad:
            wrong.append((name, bad[0], truth[name]))
        else:
            right += 1
    return right, wrong


def measure(options):
    runs = options.runs or (2 if options.quick else 5)
    common.heading("Import times beside `-X importtime` (%d interleaved runs of each, medians)" % runs)
    rows, remarks = [], []
    with tempfile.TemporaryDirectory() as directory:
        for name, version, needs, debian, text in PROGRAMS:
            if options.only and options.only not in name + " " + version:
                continue
            interpreter = common.find(version, needs, debian)
            if interpreter is None:
                rows.append([name, version, "skipped: no %sCPython %s with %s" % ("Debian " if debian else "", version, needs)] + [""] * 6)
                continue
            program = os.path.join(directory, "program.py")
            with open(program, "w") as file:
                file.write(text)
            row, notes = measure_program(interpreter, program, runs)
            rows.append([name, interpreter] + row)
            remarks += ["- %s %s: %s" % (name, interpreter, note) for note in notes]
    common.table(
        ["program", "Python", "median error", "importtime's own", "modules >= 2 ms", "imports ms", "missing >= 5 ms", "importers", "met"], rows)
    print("\n".join(remarks) + "\n", flush=True)
