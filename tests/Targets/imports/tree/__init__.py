from burning import burn

burn(4)
import tree.left  # imports tree.left
from . import right  # imports tree.right
assert tree.left
