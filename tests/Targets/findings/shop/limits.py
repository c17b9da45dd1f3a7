"""Data only: that it is used leaves no mark."""
# What importing costs here.
for _ in range(300_000):
    pass
LIMIT = 5
