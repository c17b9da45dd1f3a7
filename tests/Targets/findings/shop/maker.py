"""Works in the initialisation only; what it made is used."""
# What importing costs here.
for _ in range(300_000):
    pass


def square(n):
    return n * n
