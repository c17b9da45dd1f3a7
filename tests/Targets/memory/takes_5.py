"""Takes 5 MiB and keeps it."""
from hold import hold

data = bytearray(b"x" * 64) * (5 << 14)
hold()
