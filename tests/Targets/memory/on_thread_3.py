"""Takes 3 MiB bit by bit, while another thread imports something else."""
from hold import hold

data = []
for part in range(12):
    data.append(b"x" * (256 << 10))
    hold()
