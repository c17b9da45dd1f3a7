"""Maps a file of 5 MiB and reads all of it."""
import mmap
import os

from hold import hold

with open(os.environ["MAPPED_FILE"], "rb") as file:
    data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE)
touched = sum(data[place] for place in range(0, len(data), 4096))
hold()
