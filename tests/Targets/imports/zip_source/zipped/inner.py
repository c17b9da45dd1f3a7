from burning import burn

burn(8)
value = 1
