"""Tests of leaving.py: python3 -m unittest discover -s scripts/evaluating."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from evaluating import deferring, leaving  # noqa: E402

ASKS = """\
def f(value):
    try:
        from decimal import Decimal, Context
        if isinstance(value, (Decimal, Context)):
            return "number"
    except ImportError:
        pass
    return "other"
"""
DOES = "def f():\n    try:\n        import decimal\n    except ImportError:\n        return None\n    return decimal.Decimal(1)\n"


class LeavingTest(unittest.TestCase):
    def run_without(self, source, call):
        names = {}
        exec(source, names)
        loaded = sys.modules.pop("decimal", None)
        try:
            return eval(call, names), "decimal" in sys.modules
        finally:
            if loaded:
                sys.modules["decimal"] = loaded

    def test_who_only_asks_for_instances_does_not_load(self):
        changed = leaving.leave_out(ASKS, 3, "decimal", "m")
        self.assertEqual(("other", False), self.run_without(changed, "f(1)"))

    def test_what_is_loaded_goes_on_being_asked(self):
        import decimal
        names = {}
        exec(leaving.leave_out(ASKS, 3, "decimal", "m"), names)
        self.assertEqual("number", names["f"](decimal.Decimal(1)))

    def test_who_does_something_with_it_is_told_that_it_is_not_installed_only_if_that_is_wanted(self):
        for source in (DOES, ASKS.replace("Context)", "int)"), ASKS.replace("return \"number\"", "return \"number\"\n        value += 1")):
            with self.assertRaisesRegex(deferring.Refused, "does something"):
                leaving.leave_out(source, 3, "decimal", "m")
        changed = leaving.leave_out(DOES, 3, "decimal", "m", only_instances=False)
        self.assertEqual((None, False), self.run_without(changed, "f()"))

    def test_what_cannot_fail_is_refused(self):
        for source, line in (("def f():\n    import decimal\n", 2), ("import decimal\n", 1),
                             ("def f():\n    try:\n        import decimal\n    except ValueError:\n        pass\n", 3),
                             ("def f():\n    try:\n        import decimal\n    except ImportError:\n        raise OSError\n", 3),
                             ("def f():\n    try:\n        pass\n    except ImportError:\n        import decimal\n", 5)):
            with self.assertRaises(deferring.Refused):
                leaving.leave_out(source, line, "decimal", "m", only_instances=False)


if __name__ == "__main__":
    unittest.main()
