"""Imports modules in every way there is; each burns a known time while it is executed.

    app.py [SCENARIO...]    default: all, in order

A comment "# imports NAME" marks the statement that imports NAME first. Every module calls burn(MILLISECONDS) of burning.py.
At the end it prints one JSON line: {"burned": {"tree.left": 6.01, ...}, "modules": [the names in sys.modules, in order],
"zip": the zip file that was made or null}. A name in "burned" gives the time that the module itself spun, by the clock.
"""
import json
import os
import sys

import burning  # imports burning

HERE = os.path.dirname(os.path.abspath(__file__))
ZIP = []


def nested():
    import tree  # imports tree
    assert tree.right.value == 2


def in_function():
    def function():
        import inner_function  # imports inner_function
        return inner_function

    function()
    function()


def namespace():
    sys.path[1:1] = [os.path.join(HERE, "portions", "one"), os.path.join(HERE, "portions", "two")]
    import space.first  # imports space # imports space.first
    from space import second  # imports space.second
    assert space.first.value + second.value == 3


def by_name():
    import importlib
    importlib.import_module("dynamic")  # imports dynamic
    __import__("dunder")  # imports dunder


def reloaded():
    import importlib
    import again  # imports again
    importlib.reload(again)


def star():
    names = {}
    exec(compile("from starred import *", os.path.join(HERE, "<star>"), "exec"), names)
    assert names["value"] == 1


def failing():
    try:
        import broken  # imports broken
        assert broken
    except ImportError:
        pass
    try:
        import no_such_module_anywhere
        assert no_such_module_anywhere
    except ImportError:
        pass


def circular():
    import circle.first  # imports circle # imports circle.first
    assert circle.first.value == 1


def threads():
    import threading

    def one():
        import threaded.a  # imports threaded.a
        assert threaded.a

    def two():
        import threaded.b  # imports threaded.b
        assert threaded.b

    import threaded  # imports threaded
    both = [threading.Thread(target=one, name="imports-a"), threading.Thread(target=two, name="imports-b")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert threaded


def zipped():
    import shutil
    import tempfile
    import zipfile
    directory = tempfile.mkdtemp(prefix="libprof-zip-")
    try:
        path = os.path.join(directory, "library.zip")
        source = os.path.join(HERE, "zip_source")
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("__init__.py", "inner.py"):
                archive.write(os.path.join(source, "zipped", name), "zipped/" + name)
        ZIP.append(path)
        sys.path.insert(1, path)
        import zipped.inner  # imports zipped # imports zipped.inner
        assert zipped.inner.value == 1
    finally:
        shutil.rmtree(directory)


def extension():
    import _elementtree  # imports _elementtree
    assert _elementtree


SCENARIOS = (nested, in_function, namespace, by_name, reloaded, star, failing, circular, threads, zipped, extension)


def main():
    for scenario in SCENARIOS:
        if not sys.argv[1:] or scenario.__name__ in sys.argv[1:]:
            scenario()
    print(json.dumps({"burned": burning.burned, "modules": list(sys.modules), "zip": ZIP[0] if ZIP else None}))


if __name__ == "__main__":
    main()
