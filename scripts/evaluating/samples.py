"""The samples: their handlers, events and what the paper says of them."""
import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLACE = os.path.join(ROOT, "samples")


class Sample(object):
    """A directory with a handler.py and an event.json; in another environment, a variant of it."""

    def __init__(self, name, directory, interpreter, published=None, environment=None):
        self.name = name
        self.directory = directory
        self.interpreter = interpreter
        self.published = published or {}
        self.environment = environment or {}
        with open(os.path.join(directory, "event.json")) as file:
            self.event = json.load(file)

    @property
    def is_control(self):
        return bool(self.published.get("control"))

    def answer(self, finding):
        """Files to replace by hand in answer to a finding: those of edits/ID/, with a colon of the ID as a dash."""
        directory = os.path.join(self.directory, "edits", finding.replace(":", "-"))
        texts = {}
        for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                texts[name] = file.read()
        return texts


def load(interpreter, only=()):
    """All samples, or those named."""
    with open(os.path.join(PLACE, "published.json")) as file:
        published = json.load(file)
    found = []
    for name in list(published["samples"]) + sorted(set(os.listdir(PLACE)) - set(published["samples"])):
        directory = os.path.join(PLACE, name)
        if os.path.isfile(os.path.join(directory, "handler.py")):
            found.append(Sample(name, directory, interpreter, published["samples"].get(name)))
            if name.startswith("graph_") and matplotlib():
                found.append(Sample(name + " with matplotlib", directory, interpreter, {}, matplotlib()))
    return [sample for sample in found if not only or sample.name in only], published


def matplotlib():
    """The environment in which scripts/setup's matplotlib is found, which is not installed for everybody; {} without it."""
    root = os.path.join(ROOT, "artifacts", "matplotlib", "root")
    path = os.path.join(root, "usr", "lib", "python3", "dist-packages")
    if not os.path.isdir(os.path.join(path, "matplotlib")):
        return {}
    return {"PYTHONPATH": path, "LD_LIBRARY_PATH": os.path.join(root, "usr", "lib", "x86_64-linux-gnu")}
