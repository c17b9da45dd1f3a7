from burning import burn

burn(20)
import threaded.only_a  # imports threaded.only_a
import threaded.shared
assert threaded
