"""Takes 20 MiB and gives it back."""
from hold import hold

data = b"x" * (20 << 20)
hold()
del data
hold()
