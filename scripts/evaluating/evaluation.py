"""Measures every sample before and after acting on its findings, judges, and prints."""
import os
import random

from evaluating import acting, coldstarts, figures, samples

# With fewer, it is not for the figures.
FEW_PAIRS = 10
MEASURES = ("init", "cpu", "wall", "memory")


class Result(object):
    """What became of one sample."""

    def __init__(self, sample, work):
        self.sample = sample
        self.answers = work.answers
        self.expected = work.expected
        self.reports = work.reports
        self.first = work.reports[0]
        self.last = work.reports[-1]
        self.pairs = []
        self.faults = []

    def values(self, measure):
        return [(getattr(before, measure), getattr(after, measure)) for before, after in self.pairs]

    def ratio(self, measure):
        return figures.ratio(self.values(measure))

    @property
    def edited(self):
        return [answer for answer in self.answers if answer.outcome == "edited"]

    def promised(self, field):
        """The sum over the findings acted on: each is of the report after acting on those before it."""
        return sum(answer.finding.get(field, 0) for answer in self.edited)

    def promised_share(self):
        """The same as a share of the processor time: each finding's of its own report, in which the program is slower for being followed."""
        left = 1.0
        for answer in self.edited:
            left *= 1 - answer.finding.get("saving_cpu_ms", 0) / self.reports[answer.round - 1]["process"]["cpu_ms"]
        return 1 - left

    def reached(self, measure):
        return figures.median(before - after for before, after in self.values(measure))

    def reached_share(self, measure):
        return figures.median(1 - after / before for before, after in self.values(measure))


def evaluate(sample, place, libprof, pairs, log):
    """Acts on a sample's findings and measures; the figures and the faults."""
    log(sample.name)
    work = acting.Acting(sample, place, libprof, log, starts=1 if pairs < FEW_PAIRS else 3)
    work.run()
    unchanged = work.overlay.unchanged(os.path.join(place, "before"))
    environment = unchanged.environment(sample.environment)
    for _ in range(2):
        coldstarts.start(sample.interpreter, unchanged.application, sample.event, environment)
    result = Result(sample, work)
    order = random.Random(1)
    for _ in range(pairs):
        both = [
            lambda: coldstarts.start(sample.interpreter, unchanged.application, sample.event, environment),
            work.start]
        swap = order.random() < 0.5
        runs = [both[1](), both[0]()][::-1] if swap else [both[0](), both[1]()]
        result.pairs.append(tuple(runs))
    judge(result)
    for fault in result.faults:
        log("  FAULT " + fault)
    return result


def judge(result):
    """What must not be."""
    for before, after in result.pairs:
        if before.status != 0 or after.status != 0 or before.output != after.output:
            result.faults.append("the changed sample does something else: %r, not %r" % (after.output[:80], before.output[:80]))
            break
    answered = {answer.finding["id"]: answer for answer in result.answers}
    for finding in result.last.get("findings", []):
        if finding["id"] not in answered:
            result.faults.append("%s was answered neither by an edit nor by a reason" % finding["id"])
    for answer in result.answers:
        if answer.outcome == "broke" and answer.finding["pattern"] == "unused-library":
            result.faults.append("acting on %s broke the program: %s" % (answer.finding["id"], answer.reason))
        if answer.outcome == "edited" and not answer.places:
            result.faults.append("%s: an edit without a place" % answer.finding["id"])
        if result.sample.is_control and answer.finding.get("library_kind", "distribution") == "distribution" and _is_third_party(result, answer.finding):
            result.faults.append("a finding on a control: %s" % answer.finding["id"])
    loaded = {module["name"] for module in result.first["modules"]}
    for module in result.sample.published.get("expected", []):
        if module in loaded and not any(names(answer.finding, module) for answer in result.answers):
            result.faults.append("%s is not among the findings" % module)


def _is_third_party(result, finding):
    kinds = {library["name"]: library["kind"] for library in result.first["libraries"]}
    return kinds.get(finding["library"]) == "distribution"


def names(finding, module):
    """Whether a finding is about a module, or the module would vanish with what it is about."""
    subjects = [finding["id"].partition(":")[2]] + finding.get("modules", [])
    return any(s == module or module.startswith(s + ".") for s in subjects)


def show(results, published):
    """The paper's table, ours beside it, and what was promised."""
    def paper(sample, key, i, base):
        row = sample.published.get(key)
        if not row or row[i] is None or not sample.published.get("before"):
            return ""
        return "%.2f" % (sample.published["before"][i] / row[i] if base else row[i])

    print("## What acting on the findings gives\n")
    print("Times faster or smaller (medians of %d interleaved pairs, 95 %% intervals); beside them the paper's published factors,"
          % min(len(r.pairs) for r in results))
    print("what its authors' changes give on these versions, and what is given when nothing third-party is loaded without need.\n")
    for i, (measure, title) in enumerate((("init", "Initialisation, processor time"), ("cpu", "Cold start to exit, processor time"), ("memory", "Peak memory"))):
        unit = "MiB" if measure == "memory" else "ms"
        rows = []
        for result in results:
            ratio, low, high = result.ratio(measure)
            before, after = (figures.median(v) for v in zip(*result.values(measure)))
            rows.append([
                result.sample.name, paper(result.sample, "published", i, False), paper(result.sample, "authors", i, True),
                paper(result.sample, "third_party", i, True), "**%.2f** (%.2f to %.2f)" % (ratio, low, high), "%.1f" % before, "%.1f" % after])
        means = [r.ratio(measure)[0] for r in results if r.sample.published.get("before")]
        if means:
            rows.append(["geometric mean of the paper's"] + ["%.2f" % published["means"][k][i] for k in ("published", "authors", "third_party")]
                        + ["**%.2f**" % figures.geometric(means), "", ""])
        print("### %s\n" % title)
        figures.table(["sample", "published", "authors", "third-party", "ours", unit + " before", unit + " after"], rows)
    print("### Wall time\n")
    figures.table(["sample", "ours", "ms before", "ms after"], [
        [r.sample.name, "%.2f (%.2f to %.2f)" % r.ratio("wall")] + ["%.1f" % figures.median(v) for v in zip(*r.values("wall"))] for r in results])
    print("### Promised and reached\n")
    rows = []
    for result in results:
        for field, measure, scale, unit in (("saving_cpu_ms", "cpu", 1, "ms"), ("saving_kib", "memory", 1024, "MiB")):
            promised, reached = result.promised(field) / scale, result.reached(measure)
            if result.edited:
                rows.append([result.sample.name, unit, len(result.edited), "%.1f" % promised, "%.1f" % reached,
                             "%+.0f %%" % (100 * (promised / reached - 1)) if reached > 0 else ""])
        if result.edited:
            promised, reached = 100 * result.promised_share(), 100 * result.reached_share("cpu")
            rows.append([result.sample.name, "% of the ms", len(result.edited), "%.1f" % promised, "%.1f" % reached,
                         "%+.0f %%" % (100 * (promised / reached - 1)) if reached > 0 else ""])
    figures.table(["sample", "", "findings acted on", "promised", "reached", "off by"], rows)
    print("### Findings\n")
    figures.table(["sample", "finding", "answer", "where, or why not"], [
        [r.sample.name, a.finding["id"], a.outcome, (", ".join(_short(p) for p in a.places) if a.outcome == "edited" else a.reason).replace("|", "/")]
        for r in results for a in r.answers])
    faults = ["%s: %s" % (r.sample.name, fault) for r in results for fault in r.faults]
    print("%d samples, %d findings acted on, %d faults" % (len(results), sum(len(r.edited) for r in results), len(faults)))
    for fault in faults:
        print("FAULT " + fault)
    return not faults


def _short(place):
    if " " in place:
        return ", ".join(_short(part) for part in place.split(" "))
    for folder in ("libraries", "application"):
        place = place.rpartition(os.sep + folder + os.sep)[2]
    return place
