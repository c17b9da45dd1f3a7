"""Nobody mentions it after its import: it is called by the registry."""
from .registry import add

# What importing costs here.
for _ in range(300_000):
    pass


@add
def hello():
    return "hello"
