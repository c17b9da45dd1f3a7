"""This process's resident memory, as the kernel says; always 0 where there is no /proc."""
import os

try:
    FILE = os.open("/proc/self/statm", os.O_RDONLY)
except FileNotFoundError:
    FILE = -1
PAGE = os.sysconf("SC_PAGESIZE") // 1024


def kib():
    return 0 if FILE < 0 else int(os.pread(FILE, 200, 0).split()[1]) * PAGE
