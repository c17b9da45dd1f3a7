"""Takes some 6 MiB in small objects, and says how much it was."""
import resident
from hold import hold

before = resident.kib()
hold()
data = [str(number) * 4 for number in range(60000)]
hold()
taken = resident.kib() - before
