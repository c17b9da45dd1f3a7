"""Functions that run on another thread."""


def on_thread(n):
    return sum(i for i in range(n))
