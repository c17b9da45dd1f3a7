from burning import burn

import circle.first
burn(6)
assert circle
