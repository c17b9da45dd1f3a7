"""Takes 2 MiB before and 3 MiB after an import that takes 5 MiB."""
from hold import hold

before = b"x" * (2 << 20)
hold()
import inner

after = b"x" * (3 << 20)
hold()
