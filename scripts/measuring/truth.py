"""Runs a program and writes which statement caused each module's import first: truth.py OUT PROGRAM [ARGS...]

Wraps importlib._bootstrap._find_and_load, which the interpreter calls for each name that is not in sys.modules, for a parent
package before its child among them; the first call for a name counts, whatever becomes of it. The nearest frame below it that is
not of the import system is the statement. OUT gets {"name": ["file", line], ...}.

The interpreter looks _find_and_load up anew for each import in every version (PyObject_CallMethod on the module up to 3.15), and
_gcd_import and _handle_fromlist find it among their globals, so that assigning it is enough.
"""
import importlib._bootstrap
import json
import os
import sys

SYSTEM = ("<frozen importlib._bootstrap", "/importlib/_bootstrap.py", "/importlib/_bootstrap_external.py", "<frozen zipimport>")
first = {}


def is_system(code):
    if code.co_filename == __file__ and code.co_name == "witness":
        return True
    if code.co_name == "import_module" and code.co_filename.endswith(("/importlib/__init__.py", "<frozen importlib>")):
        return True
    return code.co_filename.startswith(SYSTEM[0]) or code.co_filename.endswith(SYSTEM[1:])


def main():
    out, program = sys.argv[1], sys.argv[2]
    del sys.argv[:2]
    sys.path[0] = os.path.dirname(os.path.abspath(program))
    with open(program) as file:
        code = compile(file.read(), program, "exec")
    original = importlib._bootstrap._find_and_load

    def witness(name, *rest):
        if name not in first:
            frame = sys._getframe(1)
            while frame is not None and is_system(frame.f_code):
                frame = frame.f_back
            if frame is not None:
                first[name] = [frame.f_code.co_filename, frame.f_lineno]
        return original(name, *rest)

    importlib._bootstrap._find_and_load = witness
    names = {"__name__": "__main__", "__file__": program, "__builtins__": __builtins__}
    exec(code, names)
    with open(out, "w") as file:
        json.dump(first, file)


main()
