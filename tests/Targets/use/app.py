"""Imports modules and uses some of them; ends as its first argument says, and works for so many milliseconds as the second."""
import os
import signal
import sys
import threading
import time

import plain
import atinit
import never
import generators
import wrapped
import wrongly
import threads

kept = []


def main(milliseconds):
    end = time.time() + milliseconds / 1000
    while True:
        plain.work(200)
        if time.time() >= end:
            break
    wrapped.inner(1)
    wrapped.Derived().method()
    wrapped.Holder().computed
    wrapped.Holder().cached()
    kept.append(generators.suspended())
    next(kept[0])
    kept.append(generators.unbegun())
    try:
        wrongly.needs(1)
    except TypeError:
        pass
    thread = threading.Thread(target=threads.on_thread, args=(1000,))
    thread.start()
    thread.join()


main(int(sys.argv[2]))
sys.stdout.flush()
if sys.argv[1] == "_exit":
    os._exit(0)
if sys.argv[1] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1] == "exit":
    sys.exit(0)
