"""Functions that run while the module is imported, and then no more."""


def table(n):
    return [i * i for i in range(n)]


TABLE = table(5)
