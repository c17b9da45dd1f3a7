from burning import burn

burn(20)
import threaded.only_b  # imports threaded.only_b
import threaded.shared
assert threaded
