"""Generators: one that is suspended at the end, one that was made and never begun."""


def suspended():
    yield 1
    yield 2


def unbegun():
    yield 1
