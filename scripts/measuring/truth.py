"""Runs a program and writes which statement imported each module first: truth.py OUT PROGRAM [ARGS...]

A finder that finds nothing, put before all others, is asked for each module once it is really looked for; the first frame
below it that is not of the import system is the statement. OUT gets {"name": ["file", line], ...}.
"""
import json
import sys

SYSTEM = ("<frozen importlib._bootstrap", "/importlib/_bootstrap.py", "/importlib/_bootstrap_external.py", "/importlib/__init__.py")
first = {}


class Witness(object):
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in first:
            frame = sys._getframe(1)
            while frame is not None and (frame.f_code.co_filename.startswith(SYSTEM[0]) or frame.f_code.co_filename.endswith(SYSTEM[1:])):
                frame = frame.f_back
            if frame is not None:
                first[name] = [frame.f_code.co_filename, frame.f_lineno]
        return None


def main():
    out, program = sys.argv[1], sys.argv[2]
    del sys.argv[:2]
    with open(program) as file:
        code = compile(file.read(), program, "exec")
    sys.meta_path.insert(0, Witness)
    names = {"__name__": "__main__", "__file__": program, "__builtins__": __builtins__}
    exec(code, names)
    with open(out, "w") as file:
        json.dump(first, file)


main()
