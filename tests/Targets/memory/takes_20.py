"""Takes 20 MiB and keeps it."""
from hold import hold

data = b"x" * (20 << 20)
hold()
