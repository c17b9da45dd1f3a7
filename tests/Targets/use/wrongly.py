"""A function that is called with the wrong arguments, so that it does not run."""


def needs(a, b):
    return a + b
