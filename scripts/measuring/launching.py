"""What libprof adds to a trivial script."""
import os
import tempfile

from measuring import common


def measure(options):
    runs = options.runs or (10 if options.quick else 40)
    common.heading("Launching: `python -c pass` alone, under the binary, under scripts/libprof (%d interleaved runs, medians, ms)" % runs)
    rows = []
    wrapper = os.path.join(common.SCRIPTS, "libprof")
    for interpreter in common.interpreters():
        if interpreter.root or options.only not in str(interpreter):
            continue
        with tempfile.TemporaryDirectory() as directory:
            script = interpreter.command + ["-c", "pass"]
            out = os.path.join(directory, "out.libprof")
            kinds = [script] + [[program, "run", "-q", "-o", out, "--"] + script for program in (common.binary(), wrapper)]
            times = [[], [], []]
            for command in kinds:
                common.seconds_of(command)
            for _ in range(runs):
                for command, found in zip(kinds, times):
                    found.append(1000 * common.seconds_of(command))
            alone, native, wrapped = (common.median(found) for found in times)
            rows.append([interpreter, "%.1f" % alone, "%.1f" % native, "%.1f" % wrapped, "%+.1f" % (native - alone), "%+.1f" % (wrapped - native),
                         "yes" if native - alone <= 10 and wrapped - native <= 10 else "NO"])
    common.table(["Python", "alone", "libprof run", "scripts/libprof run", "libprof adds", "the wrapper adds", "met"], rows)
