"""Takes 1 MiB and keeps it."""
from hold import hold

data = b"x" * (1 << 20)
hold()
