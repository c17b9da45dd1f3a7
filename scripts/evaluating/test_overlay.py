"""Changed copies of libraries, and the same with nothing changed."""
import os
import tempfile
import unittest

from evaluating import overlay


class OverlayTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        for name in ("sample/handler.py", "site/library/__init__.py", "site/library/part.py"):
            path = os.path.join(self.root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self.write(path, "original")

    def write(self, path, text):
        with open(path, "w") as file:
            file.write(text)

    def read(self, path):
        with open(path) as file:
            return file.read()

    def test_twin_has_the_same_tree_with_the_original_texts(self):
        site = os.path.join(self.root, "site")
        after = overlay.Overlay(os.path.join(self.root, "sample"), os.path.join(self.root, "after"))
        self.write(after.own(os.path.join(site, "library", "part.py"), [site]), "edited")
        self.write(after.own("handler.py", [site]), "edited")

        before = after.unchanged(os.path.join(self.root, "before"))
        twin = os.path.join(before.libraries, "library")
        self.assertEqual("original", self.read(os.path.join(twin, "part.py")))
        self.assertFalse(os.path.islink(os.path.join(twin, "part.py")))
        self.assertTrue(os.path.islink(os.path.join(twin, "__init__.py")))
        self.assertEqual("original", self.read(os.path.join(before.application, "handler.py")))
        self.assertEqual("edited", self.read(os.path.join(after.libraries, "library", "part.py")))
        self.assertEqual("original", self.read(os.path.join(site, "library", "part.py")))

    def test_libraries_come_first_on_the_path(self):
        after = overlay.Overlay(os.path.join(self.root, "sample"), os.path.join(self.root, "after"))
        self.assertEqual({"A": "1", "PYTHONPATH": after.libraries + ":x"}, after.environment({"A": "1", "PYTHONPATH": "x"}))
        self.assertEqual({"PYTHONPATH": after.libraries}, after.environment({}))


if __name__ == "__main__":
    unittest.main()
