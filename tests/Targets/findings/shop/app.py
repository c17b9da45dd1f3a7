"""The program: does what it has to do in microseconds, and ends."""
import sys

from shop import faults, idle, limits, plugin, registry, tables, tasks


def main():
    try:
        print(tasks.work(limits.LIMIT), tables.TABLE, [function() for function in registry.plugins])
    except faults.Fault:
        sys.exit(1)


if __name__ == "__main__":
    main()
