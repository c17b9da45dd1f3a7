from burning import burn

burn(4)
value = 1
