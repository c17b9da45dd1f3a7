"""Imports modules that take a known amount of memory each, and says which took what as far as that is known only here."""
import ctypes
import importlib
import mmap
import os
import threading

import hold
import resident

hold.hold()
import takes_1
import takes_5
import gives_back
import takes_20
import never_touched
import maps_file
import in_extension
import many_objects
import outer

hold.hold()
threads = [threading.Thread(target=importlib.import_module, args=(name,)) for name in ("on_thread_8", "on_thread_3")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(many_objects.taken)
