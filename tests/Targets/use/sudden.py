"""Imports two modules, uses one of them, and ends at once without a word, as its argument says."""
import os
import sys

import plain
import never

plain.work(3)
if sys.argv[1] == "_exit":
    os._exit(3)
if sys.argv[1] == "exec":
    os.execv("/bin/sh", ["sh", "-c", "exit 4"])
os.kill(os.getpid(), int(sys.argv[1]))
