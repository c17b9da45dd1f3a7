"""Spins for a time and books it to the module that asked."""
import sys
import time

burned = {}


def burn(milliseconds):
    """Spins; a module that is executed twice has both times booked."""
    name = sys._getframe(1).f_globals["__name__"]
    start = time.perf_counter()
    end = start + milliseconds / 1000.0
    while time.perf_counter() < end:
        pass
    burned[name] = burned.get(name, 0.0) + (time.perf_counter() - start) * 1000.0
