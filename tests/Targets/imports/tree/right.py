from burning import burn

burn(8)
from .deep import other  # imports tree.deep.other
value = other.value
