from burning import burn

burn(5)
value = 2
