"""Computed while it is imported, by something that is not needed afterwards."""
from . import maker


def build():
    return [maker.square(n) for n in range(3)]


TABLE = build()
