from burning import burn

from ..left import value as one
burn(5)
value = one + 1
