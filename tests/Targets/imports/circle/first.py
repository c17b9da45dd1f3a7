from burning import burn

burn(4)
value = 1
import circle.second  # imports circle.second
assert circle.second
