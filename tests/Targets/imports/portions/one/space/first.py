from burning import burn

burn(6)
value = 1
