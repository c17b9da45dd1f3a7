"""Types only: an exception that is caught, and never raised."""
# What importing costs here.
for _ in range(300_000):
    pass


class Fault(Exception):
    pass
