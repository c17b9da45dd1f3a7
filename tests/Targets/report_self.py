"""Prints what a launcher could have changed, as one JSON object on standard output, and ends with status 0.

    report_self.py [ANYTHING...]

Needs /proc, which another root directory may lack.
"""
import json
import os
import resource
import sys


def status(*fields):
    found = {}
    with open("/proc/self/status") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name in fields:
                found[name] = value.strip()
    return found


def descriptors():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink("/proc/self/fd/" + name)
        except OSError:
            continue  # The one that listed the directory.
        with open("/proc/self/fdinfo/" + name) as lines:
            flags = [line.split()[1] for line in lines if line.startswith("flags:")][0]
        found[name] = [target, flags]
    return found


def main():
    mask = os.umask(0)
    os.umask(mask)
    report = {
        "argv": sys.argv[1:],
        "environment": dict(os.environ),
        "directory": os.getcwd(),
        "signals": status("SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd"),
        "descriptors": descriptors(),
        "parent": os.getppid(),
        "pid": os.getpid(),
        "group": os.getpgrp(),
        "session": os.getsid(0),
        "terminal": [os.isatty(fd) for fd in (0, 1, 2)],
        "umask": mask,
        "nice": os.nice(0),
        "affinity": sorted(os.sched_getaffinity(0)),
        "limits": [resource.getrlimit(kind) for kind in (resource.RLIMIT_CORE, resource.RLIMIT_NOFILE, resource.RLIMIT_STACK)],
        "other": status("TracerPid", "NoNewPrivs", "Seccomp", "CapEff", "CapBnd", "Groups"),
    }
    print(json.dumps(report, sort_keys=True))


if __name__ == "__main__":
    main()
