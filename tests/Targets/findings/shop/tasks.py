"""A function that runs for no time at all, as the last thing the program does."""
# What importing costs here.
for _ in range(300_000):
    pass


def work(limit):
    return limit + 1
