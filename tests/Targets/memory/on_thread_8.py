"""Takes 8 MiB bit by bit, while another thread imports something else."""
from hold import hold

data = []
for part in range(16):
    data.append(b"x" * (512 << 10))
    hold()
