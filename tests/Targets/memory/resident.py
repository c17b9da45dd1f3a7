"""This process's resident memory, as the kernel says."""
import os

FILE = os.open("/proc/self/statm", os.O_RDONLY)
PAGE = os.sysconf("SC_PAGESIZE") // 1024


def kib():
    return int(os.pread(FILE, 200, 0).split()[1]) * PAGE
