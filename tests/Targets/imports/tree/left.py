from burning import burn

burn(6)
from .deep.leaf import value  # imports tree.deep # imports tree.deep.leaf
