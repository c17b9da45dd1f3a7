"""Takes 5 MiB."""
from hold import hold

data = b"x" * (5 << 20)
hold()
