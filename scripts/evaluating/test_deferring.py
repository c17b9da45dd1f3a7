"""
Tests of deferring.py: python3 -m unittest discover -s scripts/evaluating. Each defers an import of a package made on the spot, and looks
at what is loaded when, and at what the package still does.
"""
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from evaluating import deferring  # noqa: E402

HEAVY = "VALUE = 7\nclass Base(object):\n    kind = 'base'\ndef work(): return VALUE\n"


class DeferringTest(unittest.TestCase):
    def check(self, source, use, line=None, target="pkg.heavy", expected="7", eager=False, is_package=True):
        """Defers, then runs `use` after `import pkg`; heavy must not be loaded before it."""
        source = textwrap.dedent(source)
        line = line or 1 + next(i for i, text in enumerate(source.splitlines()) if "heavy" in text)
        changed = deferring.defer(source, line, target, "pkg" if is_package else "pkg.part", is_package)
        with tempfile.TemporaryDirectory() as directory:
            os.mkdir(os.path.join(directory, "pkg"))
            for name, text in (("__init__", changed if is_package else ""), ("part", "" if is_package else changed), ("heavy", HEAVY), ("other", "X = 1\n")):
                with open(os.path.join(directory, "pkg", name + ".py"), "w") as file:
                    file.write(text)
            program = "import sys\nimport pkg\n%sprint('pkg.heavy' in sys.modules)\nprint(%s)\n" % ("" if is_package else "import pkg.part\n", use)
            done = subprocess.run([sys.executable, "-c", program], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(("%s\n%s\n" % (eager, expected), 0), (done.stdout.decode(), done.returncode), done.stderr.decode() + changed)
        return changed

    def test_a_function_loads_what_it_uses(self):
        self.check("from pkg.heavy import VALUE\ndef f():\n    '''Doc.'''\n    return VALUE\n", "pkg.f()")

    def test_a_function_of_one_line(self):
        self.check("from .heavy import VALUE\ndef f(): return VALUE\n", "pkg.f()")

    def test_others_ask_the_module(self):
        self.check("from pkg.heavy import (\n    VALUE,\n    work)\n", "pkg.VALUE")
        self.check("from pkg.heavy import VALUE\n", "pkg.heavy.VALUE")

    def test_others_import_the_name(self):
        self.check("from pkg.heavy import VALUE\n", "__import__('pkg', fromlist=['VALUE']).VALUE")

    def test_other_names_of_the_statement_stay(self):
        changed = self.check("from pkg import other, heavy\ndef f(): return heavy.VALUE\n", "pkg.f()")
        self.assertIn("from pkg import other\n", changed)

    def test_nested_functions_and_methods(self):
        self.check("""\
            import pkg.heavy as h
            class C:
                @property
                def p(self):
                    def inner():
                        return [h.VALUE for _ in range(1)][0]
                    return inner()
            """, "pkg.C().p")

    def test_a_class_made_of_it_goes_along(self):
        self.check("""\
            from pkg.heavy import Base
            class D(Base):
                def f(self): return 7 if super().__init__() is None else 0
            def make(): return D()
            """, "pkg.make().f()")
        self.check("from pkg.heavy import Base\nclass D(Base):\n    pass\n", "pkg.D.__qualname__", expected="D")

    def test_annotations_become_strings(self):
        self.check("from pkg.heavy import Base\nX: Base = 7\ndef f(a: Base = None) -> Base:\n    return X\n", "pkg.f()")

    def test_a_guarded_import(self):
        self.check("""\
            try:
                from pkg.heavy import VALUE
            except ImportError:
                VALUE = None
            def f():
                return VALUE
            """, "pkg.f()", line=2)

    def test_two_deferrals_of_one_file(self):
        source = "from pkg.heavy import VALUE\nfrom pkg.other import X\ndef f():\n    return VALUE * X\n"
        self.check(deferring.defer(source, 2, "pkg.other", "pkg", True), "pkg.f()", line=1)

    def test_what_a_deferred_class_needs_may_be_deferred_later(self):
        source = "from pkg.other import X\nfrom pkg.heavy import VALUE\nclass D(object):\n    y = X\n    def f(self): return VALUE\n"
        self.check(deferring.defer(source, 1, "pkg.other", "pkg", True), "pkg.D().f()")
        source = "from pkg.heavy import Base\nfrom pkg.other import X\nclass D(Base):\n    y = X + 6\n"
        self.check(deferring.defer(source, 2, "pkg.other", "pkg", True), "pkg.D.y", line=1)

    def test_the_parent_stays_bound(self):
        self.check("import pkg.heavy\nimport pkg.other\nY = pkg.other.X\ndef f():\n    return pkg.heavy.VALUE\n", "pkg.part.f()", is_package=False)

    def test_an_assignment(self):
        changed = self.check("def find():\n    from pkg.heavy import VALUE\n    return VALUE, 1\nv, w = find()\ndef f():\n    return v\n", "pkg.f()", line=4, target=None)
        self.assertEqual([], deferring.calls_when_imported(changed, "find"))

    def test_a_program_drops_what_it_does_not_use(self):
        self.assertEqual("pass\nimport os\n", deferring.defer("import pandas as pd\nimport os\n", 1, "pandas", "handler", drop=True))

    def test_what_a_branch_uses_is_loaded_in_the_branch(self):
        source = """\
            from pkg.heavy import VALUE
            def f(a, go=True):
                if a:
                    return VALUE
                elif VALUE == 8:
                    return 2
                return 3
            def g(a):
                for i in range(a):
                    return VALUE
                try:
                    return 5
                except VALUE:
                    pass
            def h(a):
                if a == 1: return VALUE
                elif a == 2:
                    return VALUE
                return 5
            from sys import modules
            """
        self.check(source, "[pkg.h(0), 'pkg.heavy' in sys.modules, pkg.h(2)]", line=1, expected="[5, False, 7]")
        self.check(source, "[pkg.f(0), pkg.f(1), pkg.g(1)]", line=1, expected="[3, 7, 7]")

    def test_a_function_that_the_module_calls_itself(self):
        self.check("from pkg.heavy import VALUE\ndef f(): return VALUE\nX = f()\n", "pkg.X", eager=True)

    def test_a_method_that_is_an_imported_function(self):
        self.check("from pkg.heavy import work as _work, VALUE\nclass C(object):\n    run = _work\ndel _work, VALUE\n", "type(pkg.C).__name__", expected="type")
        changed = deferring.defer("from m import f as _f\nclass C(object):\n    run = _f\ndel _f\n", 1, "m", "pkg", True)
        self.assertIn("    def run(self, *args, **kwds):\n        _has_deferred_1 or _deferred_1()\n        return _f(self, *args, **kwds)\n", changed)

    def test_class_and_static_methods_that_are_imported_functions(self):
        source = "from pkg.heavy import work, work as _work\nclass C(object):\n    a = staticmethod(_work)\n    b = classmethod(work)\n"
        changed = self.check(source, "pkg.C.a()")
        self.assertIn("    @classmethod\n    def b(cls, *args, **kwds):\n        _has_deferred_1 or _deferred_1()\n        return work(cls, *args, **kwds)\n", changed)

    def test_a_statement_in_a_branch_that_does_more(self):
        source = "import os\nif os.sep:\n    A = len('x')\n    from pkg.heavy import VALUE; B = A\nelse:\n    os.abort()\ndef f():\n    return VALUE * B\n"
        self.check(source, "pkg.f()")
        self.check(source, "pkg.VALUE")

    def test_a_branch_that_is_not_taken_binds_nothing(self):
        source = "if len('x') == 2:\n    str('y')\n    from pkg.heavy import VALUE\ndef f():\n    return VALUE\n"
        self.check(source, "hasattr(pkg, 'VALUE'), [f() for f in [getattr(pkg, 'g', len)] if 0]", expected="False []")

    def test_a_getter_in_a_branch_is_asked_too(self):
        source = "if True:\n    from pkg.heavy import VALUE\n    def __getattr__(name):\n        return 5\n"
        self.check(source, "pkg.VALUE, pkg.other", expected="7 5")

    def test_who_is_imported_further_down_may_ask_for_the_name(self):
        source = "from pkg.heavy import VALUE\nimport sys\nif 'pkg.part' not in sys.modules:\n    X = getattr(sys.modules['pkg'], 'VALUE')\n"
        self.check(source, "pkg.X", eager=True)

    def test_a_with_that_silences_warnings(self):
        self.check("import warnings as _w\nwith _w.catch_warnings():\n    _w.simplefilter('ignore')\n    from pkg.heavy import VALUE\n", "pkg.VALUE", line=4)

    def test_a_handler_may_warn(self):
        self.check("import warnings\ntry:\n    from pkg.heavy import VALUE\nexcept ImportError as e:\n    VALUE = None\n    warnings.warn('no')\n", "pkg.VALUE", line=3)

    def test_other_uses_of_the_parent_are_none_of_the_child(self):
        source = "import pkg\nimport pkg.heavy\nNAME = pkg.__name__\nclass D(pkg.heavy.Base):\n    pass\ndef f(): return NAME, D.kind\n"
        self.check(source, "pkg.part.f()", line=2, is_package=False, expected="('pkg', 'base')")

    def test_what_is_refused(self):
        for source, reason in (
                ("from pkg.heavy import *\n", "star"),
                ("from pkg.heavy import work\nwork()\n", "when the module is imported"),
                ("class C:\n    from pkg.heavy import VALUE\n", "class's body"),
                ("while f():\n    import pkg.heavy\n    pkg.heavy.work()\n", "more than import"),
                ("if True:\n    from pkg.heavy import work\n    work()\n", "when the module is imported"),
                ("if True:\n    from pkg.heavy import work\nelse:\n    def work(): pass\n    f()\n", "another statement"),
                ("import pkg.other # heavy\n", "does not import"),
                ("x = 1 # heavy\n", "no import statement")):
            with self.assertRaisesRegex(deferring.Refused, reason):
                self.check(source, "0")
        with self.assertRaises(deferring.InFunction) as raised:
            self.check("def find():\n    import pkg.heavy\nx = find()\n", "0")
        self.assertEqual("find", raised.exception.function)


if __name__ == "__main__":
    unittest.main()
