"""Asks for 20 MiB and does not touch it."""
import mmap

from hold import hold

data = mmap.mmap(-1, 20 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
hold()
