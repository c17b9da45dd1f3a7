"""Acts on libprof's findings: an edit of a copy for each, on the places that the finding names, undone where the program then does something else."""
import collections
import json
import os
import subprocess

from evaluating import coldstarts, deferring, leaving, overlay

# What is deferred by moving a statement. Others are answered by hand, or by saying why not.
DEFERRABLE = ("unused-library", "rarely-used-library", "avoidable-library")
REASONS = {
    "heavy-library": "another library is the author's choice",
    "compiled-at-start": "no edit: the compiled files are there from the second start on",
    "duplicate-work": "no edit of an import",
}
MOST_ROUNDS = 40
# A finding that saves less than this share of what the unchanged sample takes is not acted on: shares grow as the sample shrinks.
LEAST_SHARE = 0.01

# finding: as reported. outcome: "edited", "refused" or "broke". places: file:line of each edit. round: of which report.
Answer = collections.namedtuple("Answer", "finding outcome reason places round")


def _subject(finding):
    """What a finding is about: a part of a library may be found in one start, and the whole, by the same name, in the next."""
    return finding["id"], finding["id"].partition(":")[2] in finding.get("modules", [])


class Acting(object):
    """One sample: its copy, and what became of each finding."""

    def __init__(self, sample, place, libprof, log, starts=1):
        self.sample = sample
        self.libprof = libprof
        self.starts = starts
        self.place = place
        self.log = log
        self.overlay = overlay.Overlay(sample.directory, os.path.join(place, "after"))
        self.paths = overlay.search_path(sample.interpreter, dict(coldstarts.ENVIRONMENT, **sample.environment))
        self.answers = []
        self.expected = None
        self.reports = []

    def environment(self):
        """Of the changed sample: its own, and the overlay first on the path."""
        return self.overlay.environment(self.sample.environment)

    def start(self):
        return coldstarts.start(self.sample.interpreter, self.overlay.application, self.sample.event, self.environment())

    def report(self):
        """A report of the changed sample, as libprof makes it for anybody; of a few, the one with the middle processor time, with the middle savings of all."""
        some = sorted((self._one_report(i) for i in range(self.starts)), key=lambda report: report.get("process", {}).get("cpu_ms", 0))
        middle = some[len(some) // 2]
        for finding in middle.get("findings", []):
            same = [other for report in some for other in report.get("findings", []) if other["id"] == finding["id"]]
            for field in ("saving_ms", "saving_cpu_ms", "saving_kib"):
                if field in finding:
                    # What another start does not find saves nothing there.
                    finding[field] = sorted([other.get(field, 0) for other in same] + [0] * (len(some) - len(same)))[len(some) // 2]
        self.reports.append(middle)
        return middle

    def _one_report(self, number):
        path = os.path.join(self.place, "report-%d-%d.json" % (len(self.reports), number))
        done = None
        for _ in range(3):
            # A run that somebody ends by a signal says nothing about the sample.
            done = subprocess.run(
                [self.libprof, "run", "-q", "-f", "json", "-o", path, "--handler", self.overlay.application, "--", self.sample.interpreter],
                env=dict(coldstarts.ENVIRONMENT, **self.environment()), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            if done.returncode == 0 and os.path.exists(path) and os.path.getsize(path) > 0:
                with open(path) as file:
                    return json.load(file)
        raise SystemExit("%s: no report, status %d" % (self.sample.name, done.returncode))

    def run(self):
        """Finding after finding, each of a report that was made after the edits before it, until there is none left to act on."""
        first = self.start()
        if first.status != 0:
            raise SystemExit("%s does not run: %s" % (self.sample.name, first.errors))
        self.expected = first.output
        for _ in range(MOST_ROUNDS):
            report = self.report()
            done = {_subject(answer.finding) for answer in self.answers}
            if not any(self._answer(report, finding) for finding in report.get("findings", []) if _subject(finding) not in done):
                return

    def _answer(self, report, finding):
        """Whether the finding was answered by an edit."""
        outcome, reason, places = self._try(report, finding)
        self.answers.append(Answer(finding, outcome, reason, places, len(self.reports)))
        self.log("  %d. %s: %s %s" % (len(self.reports), finding["id"], outcome, reason or ", ".join(places)))
        return outcome == "edited"

    def _try(self, report, finding):
        by_hand = self.sample.answer(finding["id"])
        if by_hand:
            return self._apply([(os.path.join(self.overlay.application, name), text, "%s, by hand" % name) for name, text in by_hand.items()])
        if finding.get("saving_cpu_ms", 0) < LEAST_SHARE * self.reports[0].get("process", {}).get("cpu_ms", 0):
            return "refused", "saves less than a hundredth of what the unchanged sample takes", []
        if finding["pattern"] not in DEFERRABLE:
            return "refused", REASONS.get(finding["pattern"], "no edit is known for this pattern"), []
        reasons = []
        for places in self._places(finding):
            try:
                outcome = self._apply(self._deferred(report, finding, places))
                if outcome[0] != "refused":
                    return outcome
                reasons.append(outcome[1])
            except deferring.Refused as refusal:
                reasons.append(str(refusal))
        return "refused", "; ".join(dict.fromkeys(reasons)) or "the finding names no statement", []

    @staticmethod
    def _places(finding):
        """Sets of statements to try: those that the finding says to change; where it names none, its import chain from its end upwards."""
        if finding.get("edits"):
            yield finding["edits"]
            return
        for link in reversed(finding.get("import_chain", [])):
            if link.get("line"):
                yield [link]

    def _deferred(self, report, finding, places):
        """Files with their new texts. All of the places, or none; but those in functions that can do nothing about it are left as they are."""
        texts, edits, waiting, done = {}, [], None, set()
        # From the end of each file, so that lines stay where the report says they are.
        for place in sorted(places, key=lambda place: (place["file"], -place["line"])):
            file, line, target = place["file"], place["line"], place["imports"]
            block = (file, self._block(file, line))
            try:
                self._edit(report, texts, edits, file, line, lambda *where: deferring.defer(*where[:2], target, *where[2:4], drop=where[4]))
            except deferring.InFunction as inside:
                try:
                    self._avoid_call(report, finding, texts, edits, file, line, target, inside)
                except deferring.Refused as refusal:
                    # In a function it is put off by itself, if the call does not come to it.
                    waiting = waiting or refusal
            except deferring.NoImport:
                if block not in done:
                    raise
                # It went along with another one of the same block.
            done.add(block)
        if not texts:
            raise waiting
        return [(path, text, " ".join(edit for edit in edits if edit.startswith(path + ":"))) for path, text in texts.items()]

    def _avoid_call(self, report, finding, texts, edits, file, line, target, inside):
        """Of an import in a function: its calls are put off, or it is left out."""
        callers = self._callers(report, file, inside.function)
        try:
            if not callers:
                raise inside
            for path, call in callers:
                self._edit(report, texts, edits, path, call, lambda *where: deferring.defer(*where[:2], None, *where[2:4], drop=where[4]))
        except deferring.Refused as refusal:
            # That it is avoidable is for the user to say, who acts on such a finding: as if it were not installed.
            is_avoidable = finding["pattern"] == "avoidable-library"
            try:
                self._edit(report, texts, edits, file, line, lambda *where: leaving.leave_out(*where[:2], target, *where[2:4], only_instances=not is_avoidable))
            except deferring.Refused as second:
                raise deferring.Refused("%s; %s" % (refusal, second))

    def _edit(self, report, texts, edits, file, line, change):
        """Changes the text of a file: change(text, line, module, is_package, drop)."""
        path = self.overlay.own(file, self.paths)
        if path is None or not os.path.isfile(path):
            raise deferring.Refused("%s is no file of the search path" % file)
        text = texts.get(path)
        if text is None:
            with open(path, encoding="utf-8") as source:
                text = source.read()
        try:
            texts[path] = change(text, line, *self._module(report, file), self.overlay.is_application(path))
        except deferring.InFunction:
            raise
        except deferring.Refused as refusal:
            raise type(refusal)("%s: %s" % (file, refusal))
        edits.append("%s:%d" % (path, line))

    def _block(self, file, line):
        """The statement of the module's body, as it is before any edit, that a line stands in: the number of its first line; None for none."""
        path = self.overlay.own(file, self.paths)
        if path is None or not os.path.isfile(path):
            return None
        with open(path, encoding="utf-8") as source:
            return deferring.block_at(source.read(), line)

    def _module(self, report, file):
        for module in report["modules"]:
            if module.get("file") == file:
                return module["name"], os.path.basename(file) == "__init__.py"
        return os.path.splitext(os.path.basename(file))[0], False

    def _callers(self, report, file, function):
        """Modules of the same package whose own assignments call a function, with the lines, last line first."""
        package = self._module(report, file)[0].split(".")[0]
        found = []
        for module in report["modules"]:
            path = module.get("file", "")
            if module["name"].split(".")[0] == package and path.endswith(".py") and os.path.exists(path):
                with open(path, encoding="utf-8") as source:
                    found += [(path, line) for line in reversed(deferring.calls_when_imported(source.read(), function))]
        return found

    def _apply(self, changes):
        """Writes the texts, and puts the old ones back where the program no longer does the same."""
        before = {}
        for path, text, _ in changes:
            with open(path, encoding="utf-8") as file:
                before[path] = file.read()
            self._write(path, text)
        now = self.start()
        if now.status == 0 and now.output == self.expected:
            self.start()  # compiles what changed
            return "edited", "", [place for _, _, place in changes]
        for path, text in before.items():
            self._write(path, text)
        last = (now.errors.strip().splitlines() or ["another result"])[-1]
        return "broke", last, [place for _, _, place in changes]

    @staticmethod
    def _write(path, text):
        """A new file, so that a compiled one of the same second and size is not taken for its."""
        os.unlink(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        cache = os.path.join(os.path.dirname(path), "__pycache__")
        stem = os.path.splitext(os.path.basename(path))[0] + "."
        for name in os.listdir(cache) if os.path.isdir(cache) else []:
            if name.startswith(stem):
                os.unlink(os.path.join(cache, name))
