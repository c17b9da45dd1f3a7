"""Imported by the program, used by nobody."""
# What importing costs here.
for _ in range(300_000):
    pass


def work():
    return 1
