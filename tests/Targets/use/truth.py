"""Runs app.py under sys.setprofile; prints for each of its modules which functions ran at all, and which after initialisation."""
import json
import os
import runpy
import sys
import threading

ever = {}
after = {}
state = {"main": False}
here = os.path.dirname(os.path.abspath(__file__))


def watch(frame, event, argument):
    if event != "call":
        return
    code = frame.f_code
    if os.path.dirname(code.co_filename) != here:
        return
    module = os.path.basename(code.co_filename)[:-3]
    if module == "app" and code.co_name == "main":
        state["main"] = True
    if code.co_name == "<module>" or not code.co_flags & 1:
        return
    ever.setdefault(module, []).append(code.co_name)
    if state["main"]:
        after.setdefault(module, []).append(code.co_name)


sys.argv = ["app.py", "return", "0"]
sys.setprofile(watch)
threading.setprofile(watch)
try:
    runpy.run_path(os.path.join(here, "app.py"), run_name="__main__")
finally:
    sys.setprofile(None)
print(json.dumps({"ever": {k: sorted(set(v)) for k, v in ever.items()}, "after": {k: sorted(set(v)) for k, v in after.items()}}))
