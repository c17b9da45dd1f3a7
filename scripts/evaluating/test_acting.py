"""
Tests of acting.py and evaluation.py with a libprof that finds what a file says: python3 -m unittest discover -s scripts/evaluating.
"""
import json
import os
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from evaluating import acting, evaluation, samples  # noqa: E402

HANDLER = """\
import unused
import library

def handler(event, context):
    return {"sum": library.add(event["a"], 1), "loaded": ["unused", "library.rare"][:library.RESULTS]}
"""
LIBRARY = """\
from library import rare
RESULTS = 1

def add(a, b):
    return a + b

def seldom():
    return rare.f()
"""
# Each report: the findings that forged.json lists and that no edit has answered, as one would see it in the text of the files.
LIBPROF = """\
#!%s
import json, os, sys
out, directory = sys.argv[sys.argv.index("-o") + 1], sys.argv[sys.argv.index("--handler") + 1]
libraries = os.environ["PYTHONPATH"].split(os.pathsep)
find = lambda name: next(os.path.join(p, name) for p in [directory] + libraries if os.path.exists(os.path.join(p, name)))
with open(os.path.join(%r, "forged.json")) as file:
    forged = json.load(file)
left = []
for finding in forged["findings"]:
    for link in finding["import_chain"]:
        link["file"] = find(link["file"])
        with open(link["file"]) as file:
            lines = file.read().splitlines()
    for edit in finding.get("edits", []):
        edit["file"] = find(edit["file"])
    if lines[link["line"] - 1] == finding.pop("while"):
        left.append(finding)
modules = [{"name": name, "file": find(file), "library": name} for name, file in forged["modules"]]
with open(out, "w") as file:
    json.dump({"findings": left, "modules": modules, "libraries": [{"name": "unused", "kind": "distribution"}]}, file)
"""


def finding(pattern, module, file, line, text):
    return {"id": pattern + ":" + module, "pattern": pattern, "library": module.split(".")[0], "module": module, "saving_cpu_ms": 1.0, "saving_kib": 64,
            "import_chain": [{"file": file, "line": line, "imports": module}], "while": text}


class ActingTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.write("sample/handler.py", HANDLER)
        self.write("sample/event.json", '{"a": 4}')
        self.write("site/library/__init__.py", LIBRARY)
        self.write("site/library/rare.py", "def f():\n    return 1\n")
        self.write("site/unused.py", "VALUE = 1\n")
        self.write("libprof", LIBPROF % (sys.executable, self.directory.name))
        os.chmod(self.path("libprof"), stat.S_IRWXU)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)

    def evaluate(self, *findings, **published):
        modules = [["handler", "handler.py"], ["library", "library/__init__.py"], ["library.rare", "library/rare.py"], ["unused", "unused.py"]]
        self.write("forged.json", json.dumps({"findings": findings, "modules": modules}))
        sample = samples.Sample("forged", self.path("sample"), sys.executable, published, {"PYTHONPATH": self.path("site")})
        return evaluation.evaluate(sample, self.path("work"), self.path("libprof"), 2, lambda text: None)

    def test_every_finding_is_acted_on_in_a_copy(self):
        result = self.evaluate(
            finding("unused-library", "unused", "handler.py", 1, "import unused"),
            finding("rarely-used-library", "library.rare", "library/__init__.py", 1, "from library import rare"),
            expected=["unused"])
        self.assertEqual([], result.faults)
        self.assertEqual(["edited", "edited"], [answer.outcome for answer in result.answers])
        self.assertEqual([1, 2], [answer.round for answer in result.answers])
        self.assertEqual('{"sum": 5, "loaded": ["unused"]}\n', result.expected)
        self.assertTrue(result.answers[0].places[0].endswith("handler.py:1"))
        self.assertEqual(2, result.promised("saving_cpu_ms"))
        with open(self.path("sample/handler.py")) as file:
            self.assertEqual(HANDLER, file.read())
        with open(self.path("site/library/__init__.py")) as file:
            self.assertEqual(LIBRARY, file.read())

    def test_a_finding_that_breaks_the_program_is_a_fault_and_undone(self):
        self.write("sample/handler.py", HANDLER.replace("import unused", "import unused\nimport sys").replace("library.RESULTS", "'unused' in sys.modules"))
        result = self.evaluate(finding("unused-library", "unused", "handler.py", 1, "import unused"))
        self.assertEqual(["broke"], [answer.outcome for answer in result.answers])
        self.assertIn("broke the program", result.faults[0])
        self.assertEqual(1, len(result.faults))

    def test_what_cannot_be_deferred_has_a_reason(self):
        result = self.evaluate(
            finding("unused-library", "library", "library/__init__.py", 2, "RESULTS = 1"),
            finding("compiled-at-start", "unused", "handler.py", 1, "import unused"))
        self.assertEqual([], result.faults)
        self.assertIn("no import statement at line 2", result.answers[0].reason)
        self.assertIn("compiled", result.answers[1].reason)

    def test_a_module_that_should_be_found_and_a_control_with_findings_are_faults(self):
        self.assertIn("library is not among", self.evaluate(expected=["library"]).faults[0])
        result = self.evaluate(finding("unused-library", "unused", "handler.py", 1, "import unused"), control=True)
        self.assertIn("on a control", result.faults[0])

    def test_statements_of_one_block_go_together(self):
        self.write("site/library/__init__.py", "try:\n    from library import rare\nexcept ImportError:\n    from library import rare\n" + LIBRARY.partition("\n")[2])
        edits = [{"file": "library/__init__.py", "line": line, "imports": "library.rare"} for line in (2, 4)]
        result = self.evaluate(dict(finding("unused-library", "library.rare", "library/__init__.py", 2, "    from library import rare"), edits=edits))
        self.assertEqual([], result.faults)
        self.assertEqual(["edited"], [answer.outcome for answer in result.answers])

    def test_an_answer_by_hand(self):
        self.write("sample/edits/heavy-library-unused/handler.py", HANDLER.replace("import unused\n", ""))
        result = self.evaluate(finding("heavy-library", "unused", "handler.py", 1, "import unused"))
        self.assertEqual([], result.faults)
        self.assertEqual("edited", result.answers[0].outcome)
        self.assertIn("by hand", result.answers[0].places[0])


if __name__ == "__main__":
    unittest.main()
