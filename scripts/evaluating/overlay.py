"""A directory for sys.path with changed copies of libraries: links to everything that is not changed."""
import os
import shutil
import sys


class Overlay(object):
    """Of the files of a sample (copied whole) and of libraries (a package is laid over as a tree of links)."""

    def __init__(self, sample, place):
        self.application = os.path.join(place, "application")
        self.libraries = os.path.join(place, "libraries")
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(sample, self.application, ignore=shutil.ignore_patterns("__pycache__", "edits"))
        os.makedirs(self.libraries)
        self._sample = sample
        self._originals = {}

    def unchanged(self, place):
        """Another of the same libraries with nothing changed: what a directory more on the path and its links cost is no effect of an edit."""
        twin = Overlay(self._sample, place)
        os.rmdir(twin.libraries)
        shutil.copytree(self.libraries, twin.libraries, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        for path, original in self._originals.items():
            shutil.copyfile(original, os.path.join(twin.libraries, os.path.relpath(path, self.libraries)))
        return twin

    def environment(self, given):
        """Variables under which Python finds these libraries first."""
        paths = [self.libraries] + [path for path in [given.get("PYTHONPATH")] if path]
        return dict(given, PYTHONPATH=os.pathsep.join(paths))

    def is_application(self, path):
        return path.startswith(self.application + os.sep)

    def own(self, path, search_path):
        """The path of a copy of a file that may be changed, and that Python finds instead of the original; None when there can be none."""
        if not os.path.isabs(path):
            path = os.path.join(self.application, path)
        if self.is_application(path):
            return path
        if path.startswith(self.libraries + os.sep):
            relative = os.path.relpath(path, self.libraries)
            root = None
        else:
            # Below the longest entry of the search path: json/ of lib/python3, not of lib.
            roots = [entry for entry in search_path if entry and path.startswith(os.path.join(entry, ""))]
            if not roots:
                return None
            root = max(roots, key=len)
            relative = os.path.relpath(path, root)
        parts = relative.split(os.sep)
        place = self.libraries
        for i, part in enumerate(parts):
            original = os.path.join(root, *parts[:i + 1]) if root else os.path.realpath(os.path.join(place, part))
            place = os.path.join(place, part)
            self._loosen(place, original)
        return place

    def _loosen(self, place, original):
        """Makes a link, or nothing, at place into a directory of links or a copied file."""
        if os.path.lexists(place) and not os.path.islink(place):
            return
        if os.path.islink(place):
            original = os.path.realpath(place)
            os.unlink(place)
        if not os.path.isdir(original):
            shutil.copyfile(original, place)
            self._originals[place] = original
            return
        os.makedirs(place)
        for name in os.listdir(original):
            if name != "__pycache__":
                os.symlink(os.path.join(original, name), os.path.join(place, name))


def search_path(interpreter_path, environment):
    """sys.path of an interpreter."""
    import subprocess
    out = subprocess.run([interpreter_path, "-c", "import sys; print('\\n'.join(sys.path[1:]))"], stdout=subprocess.PIPE, env=environment, check=True)
    return out.stdout.decode(sys.getfilesystemencoding()).splitlines()
